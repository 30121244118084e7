/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Attaches the programs that hide visitors' addresses from the app (--mask-peer). */
#ifndef AGENT_BPF_MASK_H
#define AGENT_BPF_MASK_H

#include <linux/types.h>
#include <stddef.h>

#include "base/error.h"

/* File descriptors of the two links (IPv4, IPv6), or -1. */
struct mask {
	int link[2];
};

/*
 * Mask the peers of the n beacon ports (host byte order, 1 to BC_MAX_PORTS of
 * them) in a cgroup, with links pinned as mask4 and mask6 in the folder
 * `bpffs`. Links of a predecessor on the same cgroup are taken over without a
 * gap, others are replaced. Returns 0, or negative errno with a message.
 */
int mask_attach(int cgroup_fd, const __u16 *ports, size_t n, const char *bpffs, struct mask *mask,
		struct error *e);

/*
 * Detach, unpin and close. Works confined for links that are open; where one is
 * -1, what is pinned in `bpffs` is opened (which needs privileges) and removed.
 * Nothing there is no error.
 */
int mask_detach(struct mask *mask, const char *bpffs, struct error *e);

#endif
