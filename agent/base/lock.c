// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Folder locks with flock(2), which the kernel drops when their process dies. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/lock.h"

int lock_folder(int folder, const char *path, struct error *e)
{
	int fd = openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640), err;

	if (fd < 0)
		return error_set(e, errno, "cannot open the lock in %s: %s", path, strerror(errno));
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	err = errno;
	close(fd);
	if (err == EWOULDBLOCK)
		return error_set(e, err,
				 "another agent uses folder %s: stop it, or name another folder",
				 path);
	return error_set(e, err, "cannot lock folder %s: %s", path, strerror(err));
}
