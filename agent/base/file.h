/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reads and writes files as a whole. To replace one that is there, see atomic_file.h. */
#ifndef AGENT_BASE_FILE_H
#define AGENT_BASE_FILE_H

#include <stddef.h>

/*
 * Read all that a descriptor has from where it stands, at most `max` bytes, into memory that the
 * caller frees. A NUL follows that is not counted in *length. Files without a size, as those
 * of /proc, are read too. Returns 0, -EFBIG if there is more, or another negative errno; then
 * *text and *length are untouched.
 */
int file_read(int fd, size_t max, char **text, size_t *length);

/* The same for a regular file below an open folder (AT_FDCWD: a path); -EINVAL if it is no such. */
int file_read_at(int folder, const char *path, size_t max, char **text, size_t *length);

/* Write it all. Returns 0 or a negative errno. */
int file_write(int fd, const void *bytes, size_t length);

#endif
