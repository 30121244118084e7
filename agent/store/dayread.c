// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads a day's file: gzip stream, header line, sorted rows. */
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

#define INPUT_SIZE (16 << 10)
#define TEXT_SIZE (32 << 10)
#define MARK_PREFIX "blindcount-1-"

struct dayread {
	int fd;
	__u32 day;
	time_t time;
	char path[DAYDIR_PATH];
	z_stream z;
	gz_header header;
	__u64 generation;
	bool header_known;
	bool ended; /* the gzip stream is whole, and nothing follows it */
	char *p, *end; /* text that is not read yet */
	unsigned long line;
	bool has_row;
	unsigned int turn; /* which of the two records is the newest */
	struct csv_record record[2];
	char mark[DAYREAD_MARK];
	unsigned char input[INPUT_SIZE];
	char text[TEXT_SIZE];
};

void dayread_mark(__u64 generation, char mark[DAYREAD_MARK])
{
	int n = snprintf(mark, DAYREAD_MARK, MARK_PREFIX "%llu", (unsigned long long)generation);

	snprintf(mark + n, (size_t)(DAYREAD_MARK - n), "-%08lx",
		 crc32(0, (const unsigned char *)mark, (unsigned int)n));
}

static int damaged(const struct dayread *r, struct error *e, const char *what)
{
	return error_set(e, EBADMSG, "%s is damaged: %s", r->path, what);
}

/* A name that is not ours is a file that was packed again by hand: good, but of no generation. */
static int read_mark(struct dayread *r, struct error *e)
{
	char want[DAYREAD_MARK];
	__u64 generation;

	r->header_known = true;
	r->mark[DAYREAD_MARK - 1] = '\0';
	if (!r->header.name || strncmp(r->mark, MARK_PREFIX, strlen(MARK_PREFIX)))
		return 0;
	generation = strtoull(r->mark + strlen(MARK_PREFIX), NULL, 10);
	dayread_mark(generation, want);
	if (strcmp(r->mark, want))
		return damaged(r, e, "bad generation mark");
	r->generation = generation;
	return 0;
}

/* Read compressed bytes; 0 at the file's end. */
static int fill_input(struct dayread *r, struct error *e)
{
	ssize_t n;

	do
		n = read(r->fd, r->input, sizeof(r->input));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(e, errno, "cannot read %s: %s", r->path, strerror(errno));
	r->z.next_in = r->input;
	r->z.avail_in = (unsigned int)n;
	return n > 0;
}

static int end_stream(struct dayread *r, struct error *e)
{
	int more = r->z.avail_in ? 1 : fill_input(r, e);

	if (more)
		return more < 0 ? more : damaged(r, e, "something follows its end");
	r->ended = true;
	return 0;
}

/* Unpack until there is a whole line's worth of text, or the end. */
static int fill_text(struct dayread *r, struct error *e)
{
	int ret;

	memmove(r->text, r->p, (size_t)(r->end - r->p));
	r->end = r->text + (r->end - r->p);
	r->p = r->text;
	r->z.next_out = (unsigned char *)r->end;
	r->z.avail_out = (unsigned int)(r->text + sizeof(r->text) - r->end);
	while (!r->ended && r->z.avail_out) {
		if (!r->z.avail_in) {
			ret = fill_input(r, e);
			if (ret <= 0)
				return ret < 0 ? ret : damaged(r, e, "it is cut off");
		}
		ret = inflate(&r->z, Z_NO_FLUSH);
		if (ret == Z_MEM_ERROR)
			return error_set(e, ENOMEM, "no memory to read %s", r->path);
		if (ret != Z_OK && ret != Z_STREAM_END)
			return damaged(r, e, r->z.msg ? r->z.msg : "bad gzip stream");
		if (!r->header_known && r->header.done) {
			int bad = read_mark(r, e);

			if (bad)
				return bad;
		}
		if (ret == Z_STREAM_END && (ret = end_stream(r, e)))
			return ret;
	}
	r->end = (char *)r->z.next_out;
	return 0;
}

int dayread_rewind(struct dayread *r, struct error *e)
{
	if (lseek(r->fd, 0, SEEK_SET) < 0)
		return error_set(e, errno, "cannot read %s: %s", r->path, strerror(errno));
	inflateReset(&r->z);
	r->header = (gz_header){.name = (unsigned char *)r->mark, .name_max = DAYREAD_MARK};
	inflateGetHeader(&r->z, &r->header);
	r->z.avail_in = 0;
	r->generation = 0;
	r->header_known = r->ended = r->has_row = false;
	r->p = r->end = r->text;
	r->line = 0;
	r->turn = 0;
	return 0;
}

/* A named pipe must not block us, so do not wait in open(). */
static int open_file(struct dayread *r, int folder, const char *name, struct error *e)
{
	struct stat st;

	r->fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (r->fd < 0) {
		if (errno == ENOENT)
			return -ENOENT;
		if (errno == ELOOP)
			return damaged(r, e, "it is a symbolic link");
		return error_set(e, errno, "cannot open %s: %s", r->path, strerror(errno));
	}
	if (fstat(r->fd, &st))
		return error_set(e, errno, "cannot open %s: %s", r->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return damaged(r, e, "it is not a file");
	r->time = st.st_mtime;
	return 0;
}

int dayread_open(int folder, __u32 day, const char *name, struct dayread **reader, struct error *e)
{
	struct dayread *r = malloc(sizeof(*r));
	int ret;

	if (!r)
		return error_set(e, ENOMEM, "no memory to read a day's file");
	r->fd = -1;
	r->day = day;
	r->z = (z_stream){.zalloc = NULL};
	daydir_path(day, name, r->path);
	if (inflateInit2(&r->z, 15 + 16) != Z_OK) {
		free(r);
		return error_set(e, ENOMEM, "no memory to read a day's file");
	}
	ret = open_file(r, folder, name, e);
	if (!ret)
		ret = dayread_rewind(r, e);
	if (ret) {
		dayread_close(r);
		return ret;
	}
	*reader = r;
	return 0;
}

static int read_header_line(struct dayread *r, struct error *e)
{
	size_t length = strlen(CSV_HEADER);
	int ret = fill_text(r, e);

	if (ret)
		return ret;
	if ((size_t)(r->end - r->p) <= length || memcmp(r->p, CSV_HEADER, length))
		return damaged(r, e, "it has no header line");
	r->p += length;
	if (r->p + 1 < r->end && *r->p == '\r')
		r->p++;
	if (*r->p != '\n')
		return damaged(r, e, "it has no header line");
	r->p++;
	r->line = 1;
	return 0;
}

static int bad_line(const struct dayread *r, struct error *e, const char *what)
{
	return error_set(e, EBADMSG, "%s is damaged: line %lu: %s", r->path, r->line, what);
}

int dayread_next(struct dayread *r, const struct row **row, struct error *e)
{
	struct csv_record *record = &r->record[r->turn ^ 1];
	const char *reason;
	int ret = 0;

	if (!r->line)
		ret = read_header_line(r, e);
	if (!ret && !r->ended && r->end - r->p < CSV_LINE_MAX)
		ret = fill_text(r, e);
	if (ret)
		return ret;
	if (r->p == r->end)
		return 0;
	r->line++;
	ret = csv_read(r->p, (size_t)(r->end - r->p), record, &reason);
	if (ret < 0)
		return bad_line(r, e, reason);
	if (record->day != r->day)
		return bad_line(r, e, "a line of another day");
	if (r->has_row && row_compare(&r->record[r->turn].row, &record->row) >= 0)
		return bad_line(r, e, "out of order");
	r->p += ret;
	r->turn ^= 1;
	r->has_row = true;
	*row = &record->row;
	return 1;
}

int dayread_check(struct dayread *r, struct error *e)
{
	const struct row *row;
	int ret;

	while ((ret = dayread_next(r, &row, e)) > 0)
		;
	return ret ? ret : dayread_rewind(r, e);
}

__u64 dayread_generation(const struct dayread *r)
{
	return r->generation;
}

time_t dayread_time(const struct dayread *r)
{
	return r->time;
}

void dayread_close(struct dayread *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	inflateEnd(&r->z);
	free(r);
}
