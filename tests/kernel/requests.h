/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Kinds of packets whose cost is watched: what each holds, what it counts as, and
 * how many map operations it takes. The bench measures their time, a test holds them
 * to the operations.
 */
#ifndef TESTS_KERNEL_REQUESTS_H
#define TESTS_KERNEL_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>

#include "ruleset.h"

#define PORT 8080
#define PACKET_MAX 3500 /* BPF_PROG_RUN takes less than a page */

struct request_kind {
	const char *name;
	const char *request; /* NULL: no payload */
	enum bc_outcome outcome; /* BC_OUTCOMES: it ends no request */
	unsigned int operations; /* on maps, once its page and cell are known */
	size_t pad; /* bytes put in for %PAD% */
	const char *rule; /* besides the built-in ones: a line, in which %s differs each time */
	unsigned int rules; /* how many of it */
	__u16 port; /* 0: PORT */
	bool split; /* the first half of a head only */
};

struct packet {
	unsigned char bytes[PACKET_MAX];
	size_t length, at; /* of the payload */
};

extern const struct request_kind request_kinds[];
extern const size_t request_kinds_count;

/* Make a kind's packet. */
void request_packet(const struct request_kind *kind, struct packet *packet);

/* What the program is told of the socket that a kind's packet arrives on. */
struct bc_socket request_socket(const struct request_kind *kind);

/*
 * Compile a kind's rules, and put the pages that they list into the map `listed`.
 * *compiled is about 1.4 MB and the caller's. Returns 0 or -1 with a message printed.
 */
int request_rules(const struct request_kind *kind, struct bc_ruleset *compiled, int listed);

#endif
