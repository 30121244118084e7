/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From kernel maps to the day's file, exactly once.
 *
 * The program counts into one of two generations, the current slot. A flush
 *
 *   1  writes the record: the other slot gets the next number and today's date,
 *      and is current from now on; then waits until no run is left that read the
 *      old record. The retired slot is quiescent.
 *   2  reads the retired slot, without changing it.
 *   3  merges its rows, and those held so far, into the day's file. What stays
 *      held goes into the held map that is not in force, before the rename; the
 *      rename is the commit, since the new file names the generation.
 *   4  clears the retired slot, and writes the record: the slot has no number
 *      any more, the other held map is in force.
 *
 * Whoever finds a retired slot with a number goes on at step 2: if the day's
 * file names that number already, only step 4 is left. A failure leaves it so,
 * and counts go on gathering in the current slot until a retry succeeds.
 *
 * A rule's change leaves its mark here too: names of numbers that rules no
 * longer use are kept until two flushes have passed.
 */
#ifndef AGENT_GENERATION_H
#define AGENT_GENERATION_H

#include "dayfile.h"
#include "error.h"
#include "kernel.h"
#include "numbers.h"

struct generation_plan {
	struct dayfile_place place;
	__u64 min_count;
	const struct numbers *numbers; /* of all rules since the last two flushes */
	/* Rows to drop: those of a site, of its pages that match (NULL: all). NULL: none. */
	const char *forget_site;
	const char *forget_page;
};

struct generation_result {
	__u64 counted; /* beacons merged or held */
	size_t cells; /* entries in the retired maps */
	size_t pages;
	__u64 held; /* rows held now */
	__u64 forgotten; /* rows dropped */
	bool crowded; /* more were to be held than fit: they joined (rare) early */
	struct dayfile_result file; /* of the last merge */
};

/* Begin counting in a new set of maps, on this day. */
int generation_begin(const struct kernel_set *set, __u32 day, struct error *e);

/*
 * Flush. `result` is added to, so that it tells of a slot that was left over as
 * well. Returns 0, or negative errno with counts safe in the kernel.
 */
int generation_flush(const struct kernel *k, const struct generation_plan *plan, time_t now,
		     struct generation_result *result, struct error *e);

/*
 * Write everything in a set that nothing counts into any more; with `fold`,
 * held rows join (rare). The plan's numbers must be the set's.
 */
int generation_drain(const struct kernel_set *set, const struct generation_plan *plan, bool fold,
		     struct generation_result *result, struct error *e);

/* Carry rows held in a drained set over to its successor, before that is flushed. */
int generation_carry_held(const struct kernel_set *from, const struct kernel_set *to,
			  struct error *e);

/* The current generation's number, and how full its maps are. */
struct generation_fill {
	__u64 number;
	__u32 cells; /* in use */
	__u32 pages; /* learnt in it */
	__u32 held_bytes;
};

int generation_fill(const struct kernel_set *set, struct generation_fill *fill, struct error *e);

#endif
