/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the kernel tells in /proc of the privileges of a process. */
#ifndef AGENT_VERIFY_RUNNING_CONFINED_H
#define AGENT_VERIFY_RUNNING_CONFINED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "verify/evidence.h"

struct confined {
	unsigned int uid[4], gid[4]; /* real, effective, saved, of files */
	/* Capabilities: inheritable, permitted, effective, bounding, ambient; bit n is number n. */
	uint64_t capabilities[5];
	unsigned int no_new_privs;
	unsigned int seccomp; /* 2: a filter */
	unsigned int threads;
	bool core_dumps; /* the limit allows them */
	bool dumpable; /* others of its user may read its memory */
};

/*
 * Read the texts of /proc/PID/status and /proc/PID/limits. False if they lack
 * what is asked for. `dumpable` is left as it is.
 */
bool confined_parse(const char *status, const char *limits, struct confined *confined);

/* Read what /proc tells of a process. 0, or negative errno with a message. */
int confined_read(pid_t pid, struct confined *confined, struct error *e);

/* Hold it against what the agent promises, as a check called "confinement". */
void confined_judge(const struct confined *confined, pid_t pid, struct evidence *ev);

#endif
