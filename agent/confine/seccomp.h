/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The system calls that the agent needs once it counts; any other kills it. */
#ifndef AGENT_CONFINE_SECCOMP_H
#define AGENT_CONFINE_SECCOMP_H

#include "base/error.h"

/*
 * Install the filter on this thread, for good. no_new_privs must be set.
 * Returns 0 or negative errno with a message.
 */
int seccomp_enter(struct error *e);

#endif
