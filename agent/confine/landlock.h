/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Landlock: this process reaches only its own folders, and no network. */
#ifndef AGENT_CONFINE_LANDLOCK_H
#define AGENT_CONFINE_LANDLOCK_H

#include "base/error.h"

/*
 * Make the rules while the paths can still be opened. `writable` lists folders
 * to keep files, sockets and pins in, `readable` files to read again; both end
 * with NULL. A rule belongs to an inode and would be lost when its folder or
 * file is made anew, so it is put on the folder around it, unless that is "/".
 * The zone files that localtime(3) reads are always readable. Returns a file
 * descriptor for landlock_enter, with *abi set; -EOPNOTSUPP (without a
 * message) where the kernel has no Landlock; or negative errno with one.
 */
int landlock_prepare(const char *const *writable, const char *const *readable, int *abi,
		     struct error *e);

/* Restrict this thread for good; closes fd. no_new_privs must be set. */
int landlock_enter(int fd, struct error *e);

#endif
