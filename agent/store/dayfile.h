/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The day's file of this node: a generation's rows are merged into it exactly
 * once. The rename that puts the new file in the old one's place is the
 * commit, and the new file says which generation it holds; so a merge that is
 * tried again after a crash at any point either does it all or finds it done.
 *
 * Minimum count: rows of one site, page and event are written once their day's
 * total reaches min_count, or if the file has such rows already; until then
 * they are held, outside of the file. Special pages are never held. Sums are
 * exact: what goes in is in the file or held (a single count beyond 2^64 - 1
 * stays there).
 */
#ifndef AGENT_STORE_DAYFILE_H
#define AGENT_STORE_DAYFILE_H

#include "store/daydir.h"
#include "store/row.h"

/* Where a node's files are: DATA, open, and the node's valid name. Borrowed. */
struct dayfile_place {
	int data;
	const char *node;
};

struct dayfile_rows {
	const struct row *row; /* in row_compare's order, each row once, no count of 0 */
	size_t count;
};

struct dayfile_merge {
	__u32 day; /* YYYYMMDD */
	time_t start; /* the day's first second, becomes the file's time */
	/*
	 * Not 0, and never the number of another generation of that day, not even
	 * after a reboot: the file remembers the last one only.
	 */
	__u64 generation;
	__u64 min_count; /* 0 and 1 hold nothing back */
	bool fold; /* the day is over: what would be held joins "(rare)" of its site */
	struct dayfile_rows fresh; /* counted in this generation */
	struct dayfile_rows suppressed; /* held back by the last one */
	/*
	 * Called once the new file is durable but not yet in place, with all that
	 * stays held from now on (names borrowed from fresh and held). What it
	 * stores comes into force with the rename: if it fails, nothing changed.
	 * It may be called again for one generation, with the same rows, when a
	 * merge is tried again. NULL: not called.
	 */
	int (*keep)(void *arg, const struct dayfile_rows *suppressed, struct error *e);
	void *arg;
};

struct dayfile_result {
	bool was_done; /* the file held this generation already: nothing was written, or kept */
	__u64 rows; /* rows in the file now; 0 if was_done */
	__u64 suppressed; /* rows held; 0 if was_done */
	/* Where a damaged file was set aside, as a path from DATA; else empty. */
	char set_aside[DAYDIR_PATH];
	struct error damage; /* what was wrong with it */
};

/*
 * Merge a generation. Memory grows with fresh and held, not with the file.
 * Returns 0, or a negative errno with the old file untouched, except that an
 * error of the last step, syncing the folder, leaves the new one there; trying
 * again is right in each case. `result` is filled in both cases.
 */
int dayfile_merge(const struct dayfile_place *place, const struct dayfile_merge *merge,
		  struct dayfile_result *result, struct error *e);

/*
 * Which generation the day's file holds: 0 if there is no file, or if it does
 * not say, or is damaged at its start (which the next merge finds).
 */
int dayfile_generation(const struct dayfile_place *place, __u32 day, __u64 *generation,
		       struct error *e);

/*
 * What follows acts on all nodes' files: the data folder belongs to the agent
 * that holds its lock, and files of other nodes in it are left from an earlier
 * --node or were gathered there. They are under the same promises.
 */

/* Remove temporary files that a crash left behind. */
int dayfile_clean(int data, struct error *e);

/*
 * Delete the files of days more than `days` before `today`, those set aside
 * too, and the folders that are empty then. The clock is trusted. What could
 * not be deleted is named; the rest is deleted all the same.
 */
int dayfile_retain(int data, __u32 today, unsigned int days, struct error *e);

struct dayfile_forgotten {
	__u64 rows; /* taken out */
	unsigned int files; /* written anew */
	unsigned int unreached; /* files that may still hold such rows */
	unsigned int damaged; /* those of them that are damaged, which no other try changes */
};

/*
 * Write all files anew without the rows of a site, or of its pages that match
 * a pattern (NULL: all its pages). Each file is replaced in one step, so that after a crash
 * the same call does the rest. Returns 0, or a negative errno if some file
 * could not be reached, with the first ones named; files that were set aside
 * as damaged never can. `forgotten` is filled in both cases.
 */
int dayfile_forget(int data, const char *site, const char *page,
		   struct dayfile_forgotten *forgotten, struct error *e);

#endif
