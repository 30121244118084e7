// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Writes a day's file and commits it by renaming. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "store/csv.h"
#include "store/dayread.h"
#include "store/daywrite.h"

#define TEXT_SIZE (64 << 10)
#define OUTPUT_SIZE (32 << 10)

/*
 * Levels 2 and 3 save nothing on such rows; 4 saves an eighth of the bytes for two
 * fifths more time (`make bench-dayfile`), and each flush writes the file anew.
 */
#define LEVEL 1

struct daywrite {
	int folder;
	int fd;
	bool temporary; /* the temporary name exists */
	char date[DAY_TEXT];
	char name[DAYDIR_NAME];
	char temporary_name[DAYDIR_NAME + 8];
	char path[DAYDIR_PATH];
	char mark[DAYREAD_MARK];
	z_stream z;
	gz_header header;
	size_t used; /* bytes of text */
	char text[TEXT_SIZE];
	unsigned char output[OUTPUT_SIZE];
};

static int fail(const struct daywrite *w, struct error *e, const char *what)
{
	int err = errno;

	return error_set(e, err, "cannot %s %s: %s", what, w->path, strerror(err));
}

static int write_all(struct daywrite *w, const unsigned char *p, size_t length, struct error *e)
{
	while (length) {
		ssize_t n = write(w->fd, p, length);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return fail(w, e, "write");
		}
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Pack the text that is there; with Z_FINISH, end the stream. */
static int pack(struct daywrite *w, int flush, struct error *e)
{
	int state, ret;

	w->z.next_in = (unsigned char *)w->text;
	w->z.avail_in = (unsigned int)w->used;
	do {
		w->z.next_out = w->output;
		w->z.avail_out = OUTPUT_SIZE;
		state = deflate(&w->z, flush);
		ret = write_all(w, w->output, OUTPUT_SIZE - w->z.avail_out, e);
		if (ret)
			return ret;
	} while (flush == Z_FINISH ? state != Z_STREAM_END : w->z.avail_in > 0);
	w->used = 0;
	return 0;
}

static int create_temporary(struct daywrite *w, struct error *e)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	if (unlinkat(w->folder, w->temporary_name, 0) && errno != ENOENT)
		return fail(w, e, "remove the temporary file of");
	w->fd = openat(w->folder, w->temporary_name, flags, 0640);
	if (w->fd < 0)
		return fail(w, e, "create");
	w->temporary = true;
	/* Whatever the umask: the group reads the counts, nobody else. */
	if (fchmod(w->fd, 0640))
		return fail(w, e, "set the mode of");
	return 0;
}

int daywrite_open(int folder, __u32 day, const char *name, __u64 generation,
		  struct daywrite **writer, struct error *e)
{
	struct daywrite *w = malloc(sizeof(*w));
	int ret;

	if (!w)
		return error_set(e, ENOMEM, "no memory to write a day's file");
	w->folder = folder;
	w->fd = -1;
	w->temporary = false;
	w->z = (z_stream){.zalloc = NULL};
	day_format(day, w->date);
	snprintf(w->name, sizeof(w->name), "%s", name);
	snprintf(w->temporary_name, sizeof(w->temporary_name), ".%s.tmp", w->name);
	daydir_path(day, w->name, w->path);
	dayread_mark(generation, w->mark);
	if (deflateInit2(&w->z, LEVEL, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(w);
		return error_set(e, ENOMEM, "no memory to write a day's file");
	}
	w->header = (gz_header){.name = (unsigned char *)w->mark, .os = 3};
	deflateSetHeader(&w->z, &w->header);
	memcpy(w->text, CSV_HEADER "\n", sizeof(CSV_HEADER));
	w->used = sizeof(CSV_HEADER);
	ret = create_temporary(w, e);
	if (ret) {
		daywrite_close(w);
		return ret;
	}
	*writer = w;
	return 0;
}

int daywrite_row(struct daywrite *w, const struct row *row, struct error *e)
{
	int ret = 0;

	if (sizeof(w->text) - w->used < CSV_LINE_MAX)
		ret = pack(w, Z_NO_FLUSH, e);
	if (ret)
		return ret;
	ret = csv_write(w->text + w->used, w->date, row);
	if (ret < 0)
		return error_set(e, -ret, "%s cannot hold such a row", w->path);
	w->used += (size_t)ret;
	return 0;
}

int daywrite_finish(struct daywrite *w, time_t time, struct error *e)
{
	struct timespec times[2] = {{.tv_sec = time}, {.tv_sec = time}};
	int ret = pack(w, Z_FINISH, e);

	if (ret)
		return ret;
	if (futimens(w->fd, times))
		return fail(w, e, "set the time of");
	if (fsync(w->fd))
		return fail(w, e, "sync");
	return 0;
}

int daywrite_commit(struct daywrite *w, bool *renamed, struct error *e)
{
	*renamed = false;
	if (renameat(w->folder, w->temporary_name, w->folder, w->name))
		return fail(w, e, "rename");
	*renamed = true;
	w->temporary = false;
	if (fsync(w->folder))
		return fail(w, e, "sync the folder of");
	return 0;
}

void daywrite_close(struct daywrite *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	if (w->temporary)
		unlinkat(w->folder, w->temporary_name, 0);
	deflateEnd(&w->z);
	free(w);
}
