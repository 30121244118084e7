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
#ifndef AGENT_BPF_MAP_SET_H
#define AGENT_BPF_MAP_SET_H

#include <stdbool.h>

#include <bpf/bpf.h>

#include "blindcount.h"
#include "base/error.h"

#define MAP_SET_LIVE "live"
#define MAP_SET_NEXT "next"

/*
 * The maps by name. The first MAP_COUNTS of them hold what is not yet on disk,
 * the others what the program knows of rules and connections.
 */
enum map_id {
	MAP_RECORD,
	MAP_CELLS, /* these three are of both generations */
	MAP_PAGE_PLACES,
	MAP_PAGE_NAMES,
	MAP_FILL,
	MAP_PAGE_COUNTS,
	MAP_SUPPRESSED_0,
	MAP_SUPPRESSED_1,
	MAP_PAGE_IDS,
	MAP_COUNTS,
	MAP_TOTALS = MAP_COUNTS,
	MAP_CONNECTIONS,
	MAP_ARRIVALS,
	MAP_NAMED_PAGES,
	MAP_RULES_0,
	MAP_RULES_1,
	MAP_RULES, /* names the one of the two that is in force */
	MAP_IDS,
};

struct map_set {
	int map[MAP_IDS]; /* descriptors, or -1 */
	unsigned int max_pages;
};

/* A map's name in the object and among the pins. */
const char *map_set_name(enum map_id map);

int map_set_info(int map, struct bpf_map_info *info);

/* Make a set empty without closing anything. */
void map_set_clear(struct map_set *set);
void map_set_close(struct map_set *set);

/*
 * Open the set pinned in a folder; it is empty if there is no whole one. A map
 * that is not among the pins stays -1. Returns 0 or a negative errno.
 */
int map_set_open(struct map_set *set, const char *bpffs, const char *folder, struct error *e);

/* Is there anything in it? */
static inline bool map_set_whole(const struct map_set *set)
{
	return set->map[MAP_RECORD] >= 0;
}

/* The record of a set's generations, which only the agent writes. */
int map_set_read_record(const struct map_set *set, struct bc_record *record, struct error *e);
int map_set_write_record(const struct map_set *set, const struct bc_record *record,
			 struct error *e);

/* Can the counts in a set be read by this build? */
bool map_set_readable(const struct map_set *set);

/* Do two whole sets hold the same counts? Returns 0 or a negative errno. */
int map_set_same(const struct map_set *a, const struct map_set *b, bool *same, struct error *e);

/* Which map of rules is in force: MAP_RULES_0 or MAP_RULES_1, or a negative errno. */
int map_set_rules_in_force(const struct map_set *set);

/* Wait until no program run that is under way now on any set is left; uses this one for it. */
int map_set_grace(const struct map_set *set, struct error *e);

/* Open one pin. Returns a descriptor or a negative errno. */
int map_set_open_pin(const char *bpffs, const char *folder, const char *name);

/* Pin a program, a set and a link, in this order, in a new folder. `folder` is BPFFS, open. */
int map_set_pin(int folder, const char *bpffs, const char *name, int prog,
		const struct map_set *set, int link, struct error *e);

/* Remove a folder of pins; none there is no error. */
int map_set_unpin(int folder, const char *name, struct error *e);

#endif
