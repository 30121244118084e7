/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Where a program is attached, and who else is there. */
#ifndef AGENT_VERIFY_RUNNING_HOOK_H
#define AGENT_VERIFY_RUNNING_HOOK_H

#include <linux/bpf.h>

#include "verify/evidence.h"

/*
 * Does the link (a descriptor) keep the program of this number attached to `hook` of a
 * cgroup, and which other programs run there, in the cgroups above and below, or are
 * attached to the program itself? Adds the checks "link" and "neighbours".
 */
void hook_check(int link, __u32 program, enum bpf_attach_type hook, struct evidence *ev);

#endif
