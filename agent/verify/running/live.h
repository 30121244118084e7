/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Is what runs now what was proved? Finds the agent's pins and its process, and
 * holds the loaded programs, their place, and the agent's privileges against what
 * this binary has built in.
 */
#ifndef AGENT_VERIFY_RUNNING_LIVE_H
#define AGENT_VERIFY_RUNNING_LIVE_H

#include <stdbool.h>
#include <linux/types.h>

#include "verify/evidence.h"

struct live_options {
	const char *run; /* folder of the control socket */
	const char *bpffs; /* folder of the pins */
	bool asked; /* someone said that an agent runs: it fails if there is none */
};

/* Check all that runs. */
void live_check(const struct live_options *options, struct evidence *ev);

/* Only compare the loaded program of this number with the built-in ones. */
void live_check_program(__u32 id, struct evidence *ev);

#endif
