/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Gives up every privilege once the programs are attached. What the agent does
 * from then on goes through file descriptors that are open by now.
 */
#ifndef AGENT_CONFINE_CONFINE_H
#define AGENT_CONFINE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct confine_ids {
	uid_t uid;
	gid_t gid;
	gid_t socket_gid; /* supplementary group that is kept; same as gid: none */
};

struct confine_plan {
	struct confine_ids ids;
	const char *const *writable; /* folders of files, sockets and pins; NULL at the end */
	const char *const *readable; /* files to read again; NULL at the end */
};

struct confine_result {
	int landlock_abi; /* 0: this kernel has no Landlock */
	bool kept_cap_bpf; /* kernels before 5.19 ask for it at each bpf() command */
	bool bounding_left; /* no CAP_SETPCAP to empty the bounding set with */
};

/*
 * Look up the agent's user (a name or a number) and the control socket's group
 * (NULL: the user's own). Returns 0, or negative errno with a message that says
 * how to create what is missing.
 */
int confine_find_user(const char *user, const char *socket_group, struct confine_ids *ids,
		      struct error *e);

/*
 * Become the user and give up, for good: capabilities, gaining privileges,
 * core dumps, files outside of the plan's (see landlock.h), and system calls
 * that are not on the list (see seccomp.c). Only one thread may be running.
 * Returns 0, or negative errno with a message; then it may be half done, and
 * the process must end.
 */
int confine_enter(const struct confine_plan *plan, struct confine_result *result, struct error *e);

/* Write what was reached as one line for the log. */
void confine_describe(const struct confine_result *result, char *text, size_t size);

#endif
