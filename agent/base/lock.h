/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Keeps a second agent away from a folder. */
#ifndef AGENT_BASE_LOCK_H
#define AGENT_BASE_LOCK_H

#include "base/error.h"

/*
 * Lock the file "lock" in an open folder, which is made if it is missing
 * (0640). `path` names the folder in messages. Returns a descriptor that holds the
 * lock until it is closed or the process ends, however it ends; -EWOULDBLOCK
 * if another process holds it.
 */
int lock_folder(int folder, const char *path, struct error *e);

#endif
