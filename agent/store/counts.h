/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reads what is stored: all days in order, all nodes of a day summed, in
 * memory that grows with the number of nodes only. Needs no lock: a day's file
 * is replaced in one step, and a reader keeps the one it opened.
 */
#ifndef AGENT_STORE_COUNTS_H
#define AGENT_STORE_COUNTS_H

#include <stdbool.h>

#include "base/day.h"
#include "base/error.h"
#include "store/row.h"

struct counts_query {
	int data; /* DATA, open */
	__u32 from, to; /* first and last day; 0: no bound */
	const char *site; /* NULL: all sites */
	const char *page; /* a page pattern; NULL: all pages */

	/* Called for each row, in order of day and row. The row and its names are gone afterwards. */
	int (*row)(void *arg, __u32 day, const struct row *row);
	/*
	 * Called for each file that had to be left out, with why, those that were set aside
	 * too; none of its rows is passed on.
	 */
	void (*damaged)(void *arg, const char *why);
	/* Called now and then: days done, days in all. NULL: not called. */
	void (*progress)(void *arg, size_t done, size_t days);
	void *arg;
};

/*
 * Read all that the query asks for. Returns 0, the error of row() that ended
 * it, -EBADMSG if it went to its end but damaged files were left out, or
 * another negative errno with a message.
 */
int counts_read(const struct counts_query *query, struct error *e);

/*
 * Raise this process's limit of open files as far as it may go: each node of a
 * day takes one, and the usual limit is 1024.
 */
void counts_allow_many_nodes(void);

#endif
