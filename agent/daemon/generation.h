/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From kernel maps to the day's file, exactly once.
 *
 * The program counts into one of two generations, the current slot. A flush
 *
 *   1  writes the record: the other slot gets the next number and today's date,
 *      and is current from now on.
 *   2  waits until no run is left that read the old record: the retired slot is
 *      quiescent. Reads it, without changing it.
 *   3  merges its rows, and those held so far, into the day's file. What stays
 *      held goes into the held map that is not in force, before the rename; the
 *      rename is the commit, since the new file names the generation.
 *   4  clears the retired slot, and writes the record: the slot has no number
 *      any more, the other held map is in force. Wipes the one that was.
 *
 * Whoever finds a retired slot with a number goes on at step 2: if the day's
 * file names that number already, only step 4 is left. A failure leaves it so,
 * and counts go on gathering in the current slot until a retry succeeds. (Where
 * that takes past midnight they stay with the day before: there is no third slot.)
 *
 * Rows held since an earlier day are merged into that day's file first, under
 * the same number: each file tells for itself what is done.
 *
 * A set that a new program does not count into any more is drained: steps 2 to 4
 * for both slots, then its held rows are carried over. The new set is not flushed
 * before, so both can be done again.
 */
#ifndef AGENT_DAEMON_GENERATION_H
#define AGENT_DAEMON_GENERATION_H

#include "store/dayfile.h"
#include "base/error.h"
#include "bpf/map_set.h"
#include "rules/page_ids.h"

struct generation_plan {
	struct dayfile_place place;
	__u64 min_count;
	const struct page_ids *page_ids; /* of all rules since the last two flushes */
	/* Rows to drop: those of a site, of its pages that match (NULL: all). NULL: none. */
	const char *forget_site;
	const char *forget_page;
	/* A damaged file has been set aside, at a path from DATA; why is no visitor's text. */
	void (*set_aside)(const char *path, const char *why);
};

struct generation_result {
	__u64 cells; /* read from the retired maps */
	__u64 forgotten; /* rows dropped */
	bool crowded; /* more were to be held than fit: they joined (rare) early */
};

/*
 * Before a program counts into a set: begin a generation of this day, the first one in a
 * new set or in one that has been drained. A predecessor's current one is retired; only
 * where it left a retired one besides, the current one goes on, which then is not on disk.
 */
int generation_begin(const struct map_set *set, __u32 day, struct error *e);

/*
 * Flush. `result` is added to, also on failure, so that it tells of a slot that
 * was left over as well. Returns 0, or negative errno with counts safe in the kernel.
 */
int generation_flush(const struct map_set *set, const struct generation_plan *plan, time_t now,
		     struct generation_result *result, struct error *e);

/*
 * Write everything in a set that no new run counts into any more; with `fold`,
 * held rows join (rare).
 */
int generation_drain(const struct map_set *set, const struct generation_plan *plan, bool fold,
		     struct generation_result *result, struct error *e);

/* Carry rows held in a drained set over to its successor, before that is flushed. */
int generation_carry_held(const struct map_set *from, const struct map_set *to, struct error *e);

/* The current generation's number, and how full its maps are. */
struct generation_fill {
	__u64 number;
	__u32 cells; /* in use */
	__u32 pages; /* learnt in it */
	__u32 held_rows;
	__u32 held_bytes;
};

int generation_fill(const struct map_set *set, struct generation_fill *fill, struct error *e);

#endif
