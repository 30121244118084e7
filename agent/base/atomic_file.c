// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Replaces small files as a whole: a temporary one is written, synced and renamed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/file.h"

int atomic_file_write(int folder, const char *name, const char *temporary, const char *text,
		      size_t length, mode_t mode)
{
	int fd, err;

	/* What a crash left is in the way; something else there, a pipe say, must not block. */
	if (unlinkat(folder, temporary, 0) && errno != ENOENT)
		return -errno;
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	err = file_write(fd, text, length);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(folder, temporary, folder, name))
		err = -errno;
	if (err) {
		unlinkat(folder, temporary, 0);
		return err;
	}
	return fsync(folder) ? -errno : 0;
}
