// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Writes and reads the lines of the day's files, with hostile files in mind. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "store/csv.h"

static bool starts_formula(char c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r' ||
	       c == '\n' || c == '\'';
}

static char *write_text(char *out, const char *text)
{
	size_t length = strlen(text);

	memcpy(out, text, length);
	return out + length;
}

static char *write_name(char *out, const char *name)
{
	size_t length = strcspn(name, "\",\r\n");
	bool formula = starts_formula(*name);

	if (!name[length]) {
		if (formula)
			*out++ = '\'';
		memcpy(out, name, length);
		return out + length;
	}
	*out++ = '"';
	if (formula)
		*out++ = '\'';
	for (; *name; name++) {
		if (*name == '"')
			*out++ = '"';
		*out++ = *name;
	}
	*out++ = '"';
	return out;
}

static char *write_number(char *out, __u64 number)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (n)
		*out++ = digits[--n];
	return out;
}

static bool cell_valid(__u8 column, __u16 row)
{
	return (column < BC_COLUMNS || column == BC_NO_COLUMN) &&
	       (row <= BC_ROW_MAX || row == BC_NO_ROW);
}

static bool name_valid(const char *name)
{
	size_t length = strnlen(name, CSV_NAME_MAX + 1);

	return length && length <= CSV_NAME_MAX;
}

int csv_write(char *out, const char date[DAY_TEXT], const struct row *row)
{
	char *p = out;

	if (!name_valid(row->site) || !name_valid(row->page) || row->event >= BC_EVENTS ||
	    row->device >= BC_DEVICES || !cell_valid(row->column, row->row) || !row->count)
		return -EINVAL;
	p = write_text(p, date);
	*p++ = ',';
	p = write_name(p, row->site);
	*p++ = ',';
	p = write_name(p, row->page);
	*p++ = ',';
	p = write_text(p, row_event_names[row->event]);
	*p++ = ',';
	p = write_text(p, row_device_names[row->device]);
	*p++ = ',';
	if (row->column != BC_NO_COLUMN)
		p = write_number(p, row->column);
	*p++ = ',';
	if (row->row != BC_NO_ROW)
		p = write_number(p, row->row);
	*p++ = ',';
	p = write_number(p, row->count);
	*p++ = '\n';
	return (int)(p - out);
}

/* What is left of the text, and what was wrong with it, if anything. */
struct reading {
	const char *p, *end;
	const char *reason;
};

static bool fail(struct reading *r, const char *reason)
{
	r->reason = reason;
	return false;
}

static bool read_comma(struct reading *r)
{
	if (r->p == r->end || *r->p != ',')
		return fail(r, "not eight fields");
	r->p++;
	return true;
}

static bool read_day(struct reading *r, __u32 *day)
{
	if (r->end - r->p < DAY_TEXT - 1)
		return fail(r, "bad date");
	*day = day_parse(r->p);
	r->p += DAY_TEXT - 1;
	return *day || fail(r, "bad date");
}

static bool read_plain(struct reading *r, char *name, size_t *length)
{
	const char *start = r->p;

	for (; r->p < r->end && *r->p != ','; r->p++)
		if (*r->p == '"' || *r->p == '\r' || *r->p == '\n' || !*r->p)
			return fail(r, "a byte that needs quotes");
	*length = (size_t)(r->p - start);
	if (*length > CSV_NAME_MAX + 1)
		return fail(r, "name too long");
	memcpy(name, start, *length);
	return true;
}

static bool read_quoted(struct reading *r, char *name, size_t *length)
{
	size_t n = 0;

	for (r->p++; r->p < r->end; r->p++) {
		if (*r->p == '"') {
			if (r->p + 1 == r->end || r->p[1] != '"') {
				r->p++;
				*length = n;
				return true;
			}
			r->p++;
		}
		if (!*r->p)
			return fail(r, "a NUL byte");
		if (n > CSV_NAME_MAX)
			return fail(r, "name too long");
		name[n++] = *r->p;
	}
	return fail(r, "a quote that does not end");
}

/* One byte longer than a name, for the apostrophe. */
static bool read_name(struct reading *r, char *name)
{
	char text[CSV_NAME_MAX + 1];
	size_t length, skip = 0;
	bool quoted = r->p < r->end && *r->p == '"';

	if (!(quoted ? read_quoted(r, text, &length) : read_plain(r, text, &length)))
		return false;
	if (length && *text == '\'') {
		skip = 1;
		if (length == 1 || !starts_formula(text[1]))
			return fail(r, "an apostrophe that guards nothing");
	} else if (length && starts_formula(*text)) {
		return fail(r, "a name that is a formula");
	}
	length -= skip;
	if (!length || length > CSV_NAME_MAX)
		return fail(r, length ? "name too long" : "empty name");
	memcpy(name, text + skip, length);
	name[length] = '\0';
	return true;
}

/* One of a few names; its place in the list. */
static bool read_choice(struct reading *r, const char *const *names, int count, __u8 *choice)
{
	size_t left = (size_t)(r->end - r->p);

	for (int i = 0; i < count; i++) {
		size_t length = strlen(names[i]);

		if (left <= length || r->p[length] != ',' || memcmp(r->p, names[i], length))
			continue;
		r->p += length;
		*choice = (__u8)i;
		return true;
	}
	return fail(r, "no such event or device");
}

static bool read_number(struct reading *r, __u64 limit, __u64 *number)
{
	const char *start = r->p;
	__u64 n = 0;

	for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++) {
		__u64 digit = (__u64)(*r->p - '0');

		if (n > (limit - digit) / 10)
			return fail(r, "number too big");
		n = n * 10 + digit;
	}
	if (r->p == start || (*start == '0' && r->p - start > 1))
		return fail(r, "bad number");
	*number = n;
	return true;
}

static bool read_cell(struct reading *r, struct row *row)
{
	__u64 number;

	row->column = BC_NO_COLUMN;
	row->row = BC_NO_ROW;
	if (r->p < r->end && *r->p != ',') {
		if (!read_number(r, BC_COLUMNS - 1, &number))
			return false;
		row->column = (__u8)number;
	}
	if (!read_comma(r))
		return false;
	if (r->p < r->end && *r->p != ',') {
		if (!read_number(r, BC_ROW_MAX, &number))
			return false;
		row->row = (__u16)number;
	}
	return true;
}

static bool read_end(struct reading *r)
{
	if (r->p < r->end && *r->p == '\r')
		r->p++;
	if (r->p == r->end || *r->p != '\n')
		return fail(r, "bad line end");
	r->p++;
	return true;
}

int csv_read(const char *text, size_t length, struct csv_record *record, const char **reason)
{
	struct reading r = {.p = text, .end = text + length};
	struct row *row = &record->row;

	row->site = record->site;
	row->page = record->page;
	if (read_day(&r, &record->day) && read_comma(&r) && read_name(&r, record->site) &&
	    read_comma(&r) && read_name(&r, record->page) && read_comma(&r) &&
	    read_choice(&r, row_event_names, BC_EVENTS, &row->event) && read_comma(&r) &&
	    read_choice(&r, row_device_names, BC_DEVICES, &row->device) && read_comma(&r) &&
	    read_cell(&r, row) && read_comma(&r) && read_number(&r, ~0ULL, &row->count) &&
	    read_end(&r)) {
		if (row->count)
			return (int)(r.p - text);
		r.reason = "a count of 0";
	}
	*reason = r.reason;
	return -EBADMSG;
}
