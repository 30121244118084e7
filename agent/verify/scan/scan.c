// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Walks files and folders and streams their text past the address finder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "verify/scan/scan.h"

#define WINDOW (64 * 1024)
#define DEPTH_MAX 32

struct scan {
	scan_found_fn *found;
	void *arg;
	struct scan_totals *totals;
	char path[PATH_MAX]; /* of the entry at hand */
	char masked_path[PATH_MAX];
	char raw[WINDOW]; /* as read; decoded into text */
	char text[WINDOW]; /* context of what was judged, then what is to be judged */
};

static void mask_all(char *text)
{
	size_t length = strlen(text), from = 0;
	struct address_match match;

	while (address_find(text, length, from, &match)) {
		from = match.start + match.length;
		address_mask(text, &match);
	}
}

static void report_unreadable(struct scan *s, const char *why)
{
	strcpy(s->masked_path, s->path);
	mask_all(s->masked_path);
	s->totals->unreadable++;
	s->found(&(struct scan_found){.path = s->masked_path, .unreadable = why}, s->arg);
}

static void report_address(struct scan *s, const char *text, const struct address_match *match,
			   uint64_t line)
{
	struct scan_found found = {.path = s->masked_path,
				   .line = line,
				   .family = match->family,
				   .class = match->class};

	strcpy(s->masked_path, s->path);
	mask_all(s->masked_path);
	memcpy(found.masked, text + match->start, match->length);
	address_mask(found.masked, &(struct address_match){.length = match->length});
	s->totals->addresses++;
	s->found(&found, s->arg);
}

static void scan_name(struct scan *s, const char *name)
{
	struct address_match match;
	size_t length = strlen(name);

	for (size_t from = 0; address_find(name, length, from, &match);
	     from = match.start + match.length)
		report_address(s, name, &match, 0);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Append raw[0..n) to the text at `length`, percent-encoded bytes decoded (a
 * control character as a blank, so that lines keep their numbers). An encoded
 * byte that is cut off by the end of raw is left for the next time: *left is
 * how many bytes of raw were not taken. Returns the text's new length.
 */
static size_t decode(const char *raw, size_t n, bool end, char *text, size_t length, size_t *left)
{
	size_t i = 0;

	for (; i < n; i++) {
		if (raw[i] == '%') {
			if (!end && n - i < 3)
				break;
			if (n - i >= 3 && hex_value(raw[i + 1]) >= 0 &&
			    hex_value(raw[i + 2]) >= 0) {
				int c = hex_value(raw[i + 1]) << 4 | hex_value(raw[i + 2]);

				text[length++] = c < ' ' ? ' ' : (char)c;
				i += 2;
				continue;
			}
		}
		text[length++] = raw[i];
	}
	*left = n - i;
	return length;
}

static uint64_t count_lines(const char *text, size_t length)
{
	uint64_t n = 0;

	for (const char *p = text; (p = memchr(p, '\n', text + length - p)); p++)
		n++;
	return n;
}

/* Judge text[from..until); what follows is context. Returns where to go on. */
static size_t scan_window(struct scan *s, size_t length, size_t from, size_t until, uint64_t *line)
{
	struct address_match match;

	while (from < until && address_find(s->text, length, from, &match) && match.start < until) {
		*line += count_lines(s->text + from, match.start - from);
		report_address(s, s->text, &match, *line);
		from = match.start + match.length;
	}
	if (from < until) {
		*line += count_lines(s->text + from, until - from);
		from = until;
	}
	return from;
}

static void scan_stream(struct scan *s, gzFile f)
{
	size_t length = 0, from = 0, left = 0, drop;
	uint64_t line = 1;
	bool end = false;

	while (!end) {
		int n = gzread(f, s->raw + left, WINDOW / 2 - left);

		if (n < 0) {
			report_unreadable(s, "damaged gzip data, or a read error");
			return;
		}
		end = !n;
		s->totals->bytes += n;
		n += left;
		length = decode(s->raw, n, end, s->text, length, &left);
		memmove(s->raw, s->raw + n - left, left);
		if (!end && length < 2 * ADDRESS_CONTEXT)
			continue;
		from = scan_window(s, length, from, end ? length : length - ADDRESS_CONTEXT, &line);
		drop = from > ADDRESS_CONTEXT ? from - ADDRESS_CONTEXT : 0;
		memmove(s->text, s->text + drop, length - drop);
		length -= drop;
		from -= drop;
	}
}

/* A kind of compression that is not read here would hide addresses: name it. */
static const char *other_compression(int fd)
{
	static const struct {
		const char magic[6];
		size_t length;
		const char *why;
	} kinds[] = {
		{"\xfd"
		 "7zXZ",
		 5, "is compressed with xz: unpack it first"},
		{"\x28\xb5\x2f\xfd", 4, "is compressed with zstd: unpack it first"},
		{"BZh", 3, "is compressed with bzip2: unpack it first"},
		{"\x04\x22\x4d\x18", 4, "is compressed with lz4: unpack it first"},
		{"PK\x03\x04", 4, "is a zip archive: unpack it first"},
	};
	char head[6];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (n >= (ssize_t)kinds[i].length && !memcmp(head, kinds[i].magic, kinds[i].length))
			return kinds[i].why;
	return NULL;
}

/* Takes over fd. */
static void scan_file(struct scan *s, int fd)
{
	const char *why = other_compression(fd);
	gzFile f = why ? NULL : gzdopen(fd, "rb");

	if (!f) {
		report_unreadable(s, why ?: "out of memory");
		close(fd);
		return;
	}
	s->totals->files++;
	scan_stream(s, f);
	/* A file that ends in the middle of its gzip data is told here. */
	if (gzclose_r(f) == Z_BUF_ERROR)
		report_unreadable(s, "truncated gzip data");
}

static void scan_entry(struct scan *s, int folder, const char *name, int depth);

/* Takes over fd. */
static void scan_folder(struct scan *s, int fd, int depth)
{
	DIR *dir = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
	size_t used = strlen(s->path);
	const struct dirent *entry;

	if (!dir) {
		report_unreadable(s, depth < DEPTH_MAX ? strerror(errno) : "folders nest too deep");
		close(fd);
		return;
	}
	while ((errno = 0, entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (used + strlen(entry->d_name) + 2 > sizeof(s->path)) {
			report_unreadable(s, "the path of a file in it is too long");
			continue;
		}
		s->path[used] = '/';
		strcpy(s->path + used + 1, entry->d_name);
		scan_entry(s, dirfd(dir), entry->d_name, depth + 1);
		s->path[used] = '\0';
	}
	if (errno)
		report_unreadable(s, strerror(errno));
	closedir(dir);
}

static void scan_entry(struct scan *s, int folder, const char *name, int depth)
{
	struct stat st;
	int fd;

	scan_name(s, name);
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		report_unreadable(s, strerror(errno));
		return;
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return;
	/* O_NONBLOCK: should it have become a pipe meanwhile. */
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		report_unreadable(s, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		scan_folder(s, fd, depth);
	else
		scan_file(s, fd);
}

int scan_path(const char *path, scan_found_fn *found, void *arg, struct scan_totals *totals,
	      struct error *e)
{
	size_t length = strlen(path);
	struct scan *s;
	struct stat st;
	int fd;

	if (!length || length >= sizeof(s->path))
		return error_set(e, EINVAL, "a path to scan is empty or too long");
	s = calloc(1, sizeof(*s));
	if (!s)
		return error_set(e, ENOMEM, "out of memory");
	s->found = found;
	s->arg = arg;
	s->totals = totals;
	strcpy(s->path, path);
	while (length > 1 && s->path[length - 1] == '/')
		s->path[--length] = '\0';
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		report_unreadable(s, strerror(errno));
		if (fd >= 0)
			close(fd);
	} else if (S_ISDIR(st.st_mode)) {
		scan_folder(s, fd, 0);
	} else if (S_ISREG(st.st_mode)) {
		scan_file(s, fd);
	} else {
		report_unreadable(s, "is neither a file nor a folder");
		close(fd);
	}
	free(s);
	return 0;
}
