/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reads one day's file of one node, row by row, in memory that does not depend
 * on the file's size. A file is good if its gzip stream (RFC 1952) is whole,
 * with CRC and length, and nothing after it, its first line is the header,
 * and its lines are of that day, in order and without repetition. Damage may show only at
 * the end: who must not act on half a file calls dayread_check first.
 */
#ifndef AGENT_STORE_DAYREAD_H
#define AGENT_STORE_DAYREAD_H

#include "store/daydir.h"
#include "store/row.h"

struct dayread;

/*
 * Open a file in a day's folder. Returns -ENOENT without a message if there
 * is none, -EBADMSG if it is no such file at all.
 */
int dayread_open(int folder, __u32 day, const char *name, struct dayread **reader, struct error *e);

/*
 * Get the next row, which stays valid until the call after the next one.
 * Returns 1, or 0 at the end of a good file, or -EBADMSG for a damaged one,
 * named in the message, or the errno of a failed read.
 */
int dayread_next(struct dayread *reader, const struct row **row, struct error *e);

/* Go back to the file's start. */
int dayread_rewind(struct dayread *reader, struct error *e);

/* Read the file to its end to know that it is good, then go back to its start. */
int dayread_check(struct dayread *reader, struct error *e);

/* Generation that wrote the file; 0 if it does not say. Valid from the first row or the end on. */
__u64 dayread_generation(const struct dayread *reader);

/* The file's time of last change, which is its day's start. */
time_t dayread_time(const struct dayread *reader);

void dayread_close(struct dayread *reader);

/*
 * The generation stands in the gzip header as the original file's name, with
 * a checksum of its own (a comment would keep DuckDB from reading the file).
 */
#define DAYREAD_MARK 64
void dayread_mark(__u64 generation, char mark[DAYREAD_MARK]);

#endif
