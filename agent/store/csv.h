/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One line of a day's counts as CSV: RFC 4180 with LF at the line's end (CRLF
 * is read too). A name that a spreadsheet would take for a formula, one that
 * begins with '=', '+', '-', '@', tab, CR or LF, gets an apostrophe in front;
 * so does one that begins with an apostrophe, so that each text stands for one
 * name only and what is written is what is read.
 */
#ifndef AGENT_STORE_CSV_H
#define AGENT_STORE_CSV_H

#include <stddef.h>

#include "base/day.h"
#include "store/row.h"

#define CSV_HEADER "date,site,page,event,device,column,row,count"

/* Longest site or page name, in bytes before quoting. */
#define CSV_NAME_MAX 255

/* Longest line with its end: two names, each byte of them doubled, and numbers. */
#define CSV_LINE_MAX 1200

/* A line as read: row.site and row.page point to the texts beside it. */
struct csv_record {
	__u32 day;
	struct row row;
	char site[CSV_NAME_MAX + 1];
	char page[CSV_NAME_MAX + 1];
};

/*
 * Write one line to `out`, which has CSV_LINE_MAX bytes; no NUL is added.
 * Returns its length, or -EINVAL for a row that no file may hold: a name that
 * is empty or too long, or a number out of range.
 */
int csv_write(char *out, const char date[DAY_TEXT], const struct row *row);

/*
 * Read one line from the `length` bytes at `text`, which are the whole rest
 * or at least CSV_LINE_MAX. Returns its length with the line's end, or -EBADMSG
 * with *reason set to a static text that says what is wrong; the record's
 * content is then undefined.
 */
int csv_read(const char *text, size_t length, struct csv_record *record, const char **reason);

#endif
