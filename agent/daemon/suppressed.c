// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Held rows as text in a map: the same lines as in a day's file. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "store/csv.h"
#include "daemon/suppressed.h"
#include "bpf/kernel_text.h"

/* Names are read one behind the other into `names`, which has room for all of them. */
static int line_read(const struct bc_text *text, size_t *at, struct suppressed *suppressed,
		     size_t *used)
{
	struct csv_record record;
	struct row *row = &suppressed->row[suppressed->count];
	const char *reason;
	size_t site, page;
	int n = csv_read(text->text + *at, text->length - *at, &record, &reason);

	if (n < 0)
		return n;
	site = strlen(record.site) + 1;
	page = strlen(record.page) + 1;
	*row = record.row;
	row->site = memcpy(suppressed->names + *used, record.site, site);
	row->page = memcpy(suppressed->names + *used + site, record.page, page);
	*used += site + page;
	*at += n;
	suppressed->count++;
	return 0;
}

static int lines_read(const struct bc_text *text, struct suppressed *suppressed)
{
	size_t lines = 0, at = 0, used = 0;
	int r = 0;

	for (size_t i = 0; i < text->length; i++)
		lines += text->text[i] == '\n';
	/* A line is longer than the names in it, and they have a NUL each for its commas. */
	suppressed->row = calloc(lines + 1, sizeof(*suppressed->row));
	suppressed->names = malloc(text->length + 1);
	if (!suppressed->row || !suppressed->names)
		return -ENOMEM;
	while (at < text->length && !r)
		r = suppressed->count < lines ? line_read(text, &at, suppressed, &used) : -EBADMSG;
	return r;
}

int suppressed_read(int map, struct suppressed *out, struct error *e)
{
	struct suppressed suppressed = {};
	struct bc_text *text;
	int r = kernel_text_read(map, &text, e);

	if (r)
		return r;
	suppressed.day = text->length ? text->day : 0;
	r = lines_read(text, &suppressed);
	explicit_bzero(text->text, text->length);
	free(text);
	if (r) {
		suppressed_free(&suppressed);
		return error_set(e, -r, "the rows held back can't be read: %s", strerror(-r));
	}
	*out = suppressed;
	return 0;
}

int suppressed_write(int map, __u32 day, const struct dayfile_rows *rows, struct error *e)
{
	struct bc_text *text = kernel_text_new(day);
	char date[DAY_TEXT], line[CSV_LINE_MAX];
	int r = text ? 0 : -ENOMEM;

	day_format(day, date);
	for (size_t i = 0; i < rows->count && !r; i++) {
		int n = csv_write(line, date, &rows->row[i]);

		r = n < 0 ? n : kernel_text_append(text, line, n);
	}
	if (!r)
		r = kernel_text_write(map, text, e);
	else
		error_set(e, -r, "cannot hold %zu rows back: %s", rows->count, strerror(-r));
	explicit_bzero(line, sizeof(line));
	if (text)
		explicit_bzero(text->text, text->length);
	free(text);
	return r;
}

void suppressed_free(struct suppressed *suppressed)
{
	free(suppressed->row);
	if (suppressed->names)
		explicit_bzero(suppressed->names, malloc_usable_size(suppressed->names));
	free(suppressed->names);
	memset(suppressed, 0, sizeof(*suppressed));
}
