/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Replaces small files as a whole. */
#ifndef AGENT_BASE_ATOMIC_FILE_H
#define AGENT_BASE_ATOMIC_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Replace the file `name` in a folder by `text`, by way of the name `temporary`, and
 * return once that is durable. Returns 0 or a negative errno. On failure, after a crash
 * as well, the file holds what it held or the new text, and no part of that stays
 * behind under the temporary name but by a crash.
 */
int atomic_file_write(int folder, const char *name, const char *temporary, const char *text,
		      size_t length, mode_t mode);

#endif
