/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Runs a program in the kernel on packets that no network sent, and looks for
 * traces of who sent them.
 *
 * A private instance of the program and its maps gets thousands of generated
 * connections (traffic.h), each several times: twins that differ in addresses
 * and all that goes with them, and in nothing else. Before each twin the maps
 * are reset. If each run lets the packet pass and raises the outcome counters that
 * the request must raise, and the dumps of every map are the same byte by byte
 * for all twins, none of these addresses left a trace. That is a test, not a proof: it says nothing about
 * packets that were not sent. It covers payload too, of which the proof says
 * nothing. The socket is a stand-in of the kernel's, with the packet's addresses
 * but without a connection.
 */
#ifndef AGENT_VERIFY_TWINS_DYNAMIC_H
#define AGENT_VERIFY_TWINS_DYNAMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blindcount.h"
#include "base/error.h"

#define DYNAMIC_TWINS 4

struct dynamic_options {
	const void *image; /* the ELF file's content */
	size_t size;
	const char *name; /* what to call it in messages */
	const char *program; /* NULL: the first */
	uint64_t seed;
	unsigned int connections; /* each in DYNAMIC_TWINS twins; fewer where that takes long */
};

struct dynamic_result {
	char program[64];
	uint64_t seed;
	unsigned int connections;
	unsigned long runs; /* of the program */
	/* Requests of one twin by outcome; `counters`: the program has such counters. */
	unsigned long ends[BC_OUTCOMES];
	bool counters;
	/* It read headers by a helper instead of directly, since this kernel needs that in a test. */
	bool by_helper;
	int maps; /* compared */
	char unread[128]; /* maps that cannot be, see mapdump.h */
	bool same;
	char difference[200]; /* where twins differed, or a counter was not raised */
	double seconds;
};

/*
 * Returns 0 when the program was run: look at `same`. -EOPNOTSUPP if this kernel cannot
 * run programs of this type so, -EPERM without the privilege to load it, or
 * another negative errno; always with a message, and *result is then untouched.
 */
int dynamic_run(const struct dynamic_options *options, struct dynamic_result *result,
		struct error *e);

#endif
