// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads and writes files as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

/* Room for all of a file that says how large it is, and for a good start on one that does not. */
static size_t first_room(int fd, size_t max)
{
	struct stat st;
	size_t room = 4096;

	if (!fstat(fd, &st) && st.st_size > 0 && (size_t)st.st_size >= room)
		room = (size_t)st.st_size + 1;
	return room < max + 1 ? room : max + 1;
}

int file_read(int fd, size_t max, char **text, size_t *length)
{
	_cleanup_(free_memory) char *buffer = NULL;
	size_t room = 0, used = 0;
	ssize_t n = 1;

	while (n > 0) {
		if (used == room) {
			char *more;

			if (room > max)
				return -EFBIG;
			room = !room ? first_room(fd, max) : room < max / 2 ? 2 * room : max + 1;
			more = realloc(buffer, room + 1);
			if (!more)
				return -ENOMEM;
			buffer = more;
		}
		n = read(fd, buffer + used, room - used);
		if (n < 0 && errno != EINTR)
			return -errno;
		used += n > 0 ? (size_t)n : 0;
		n = n < 0 ? 1 : n;
	}
	if (used > max)
		return -EFBIG;
	buffer[used] = '\0';
	*length = used;
	*text = TAKE_PTR(buffer);
	return 0;
}

int file_read_at(int folder, const char *path, size_t max, char **text, size_t *length)
{
	/* A pipe or a device must not make us wait. */
	_cleanup_(close_fd) int fd =
		openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return file_read(fd, max, text, length);
}

int file_write(int fd, const void *bytes, size_t length)
{
	const char *from = bytes;

	while (length) {
		ssize_t n = write(fd, from, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		length -= (size_t)n;
	}
	return 0;
}
