/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A set of the counting program's maps, and the folders below BPFFS that sets are
 * pinned in so that they outlive the agent:
 *
 *   BPFFS/live/{link,prog,MAP…}    what counts
 *   BPFFS/next/                    a set being made, or one to be drained
 *
 * Of a set's maps the record is pinned last and unpinned first: a folder with a
 * record holds a whole set, one without holds nothing that is worth keeping.
 */
#ifndef AGENT_KERNEL_SET_H
#define AGENT_KERNEL_SET_H

#include <stdbool.h>

#include <bpf/bpf.h>

#include "blindcount.h"
#include "error.h"

#define KERNEL_LIVE "live"
#define KERNEL_NEXT "next"

/*
 * The maps by name. The first KERNEL_COUNTS of them hold what is not yet on disk,
 * the others what the program knows of rules and connections.
 */
enum kernel_map {
	KERNEL_RECORD,
	KERNEL_CELLS, /* these three are of both generations */
	KERNEL_PAGE_PLACES,
	KERNEL_PAGE_NAMES,
	KERNEL_LEARNT,
	KERNEL_PAGE_COUNTS,
	KERNEL_HELD_0,
	KERNEL_HELD_1,
	KERNEL_NUMBERING,
	KERNEL_COUNTS,
	KERNEL_TOTALS = KERNEL_COUNTS,
	KERNEL_CONNS,
	KERNEL_ARRIVALS,
	KERNEL_LISTED,
	KERNEL_RULES_0,
	KERNEL_RULES_1,
	KERNEL_RULES, /* names the one of the two that is in force */
	KERNEL_MAPS,
};

struct kernel_set {
	int map[KERNEL_MAPS]; /* descriptors, or -1 */
	unsigned int max_pages;
};

/* A map's name in the object and among the pins. */
const char *kernel_map_name(enum kernel_map map);

int kernel_map_info(int map, struct bpf_map_info *info);

/* Make a set empty without closing anything. */
void kernel_set_clear(struct kernel_set *set);
void kernel_set_close(struct kernel_set *set);

/*
 * Open the set pinned in a folder; it is empty if there is no whole one. A map
 * that is not among the pins stays -1. Returns 0 or a negative errno.
 */
int kernel_set_open(struct kernel_set *set, const char *bpffs, const char *folder, struct error *e);

/* Is there anything in it? */
static inline bool kernel_set_whole(const struct kernel_set *set)
{
	return set->map[KERNEL_RECORD] >= 0;
}

/* The record of a set's generations, which only the agent writes. */
int kernel_record_read(const struct kernel_set *set, struct bc_record *record, struct error *e);
int kernel_record_write(const struct kernel_set *set, const struct bc_record *record,
			struct error *e);

/* Can the counts in a set be read by this build? */
bool kernel_set_readable(const struct kernel_set *set);

/* Do two whole sets hold the same counts? Returns 0 or a negative errno. */
int kernel_set_same(const struct kernel_set *a, const struct kernel_set *b, bool *same,
		    struct error *e);

/* Which map of rules is in force: KERNEL_RULES_0 or KERNEL_RULES_1, or a negative errno. */
int kernel_rules_in_force(const struct kernel_set *set);

/* Wait until no program run that is under way now on any set is left; uses this one for it. */
int kernel_set_grace(const struct kernel_set *set, struct error *e);

/* Open one pin. Returns a descriptor or a negative errno. */
int kernel_pin_open(const char *bpffs, const char *folder, const char *name);

/* Pin a program, a set and a link, in this order, in a new folder. `folder` is BPFFS, open. */
int kernel_pin_all(int folder, const char *bpffs, const char *name, int prog,
		   const struct kernel_set *set, int link, struct error *e);

/* Remove a folder of pins; none there is no error. */
int kernel_pins_remove(int folder, const char *name, struct error *e);

#endif
