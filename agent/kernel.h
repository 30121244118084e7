/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The counting program and its maps, as the agent holds them: loaded, attached
 * and pinned so that counting goes on while the agent is away, and adopted from
 * a predecessor where they fit.
 *
 *   BPFFS/live/{link,prog,MAP…}    what counts
 *   BPFFS/next/                    a set being made, or one being drained
 *
 * A set is pinned in `next` before its program is put in place, and takes the
 * name `live` after that, so at each moment what counts can be found.
 */
#ifndef AGENT_KERNEL_H
#define AGENT_KERNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "blindcount.h"
#include "error.h"
#include "ruleset.h"

/* The maps by name; the first KERNEL_COUNTS of them hold what is not yet on disk. */
enum kernel_map {
	KERNEL_RECORD,
	KERNEL_CELLS_0,
	KERNEL_CELLS_1,
	KERNEL_PAGES_0,
	KERNEL_PAGES_1,
	KERNEL_LEARNT,
	KERNEL_PAGE_COUNTS,
	KERNEL_HELD_0,
	KERNEL_HELD_1,
	KERNEL_NUMBERING,
	KERNEL_CELLS, /* the slots of the two generations */
	KERNEL_PAGES,
	KERNEL_COUNTS,
	KERNEL_TOTALS = KERNEL_COUNTS,
	KERNEL_CONNS,
	KERNEL_ARRIVALS,
	KERNEL_LISTED,
	KERNEL_RULES_0,
	KERNEL_RULES_1,
	KERNEL_RULES,
	KERNEL_MAPS,
};

struct kernel_options {
	const __u16 *port;
	size_t ports;
	unsigned int max_cells;
	unsigned int max_pages;
	const char *bpffs;
	int cgroup; /* the app's folder, open */
};

struct kernel_set {
	int map[KERNEL_MAPS]; /* descriptors, or -1 */
	unsigned int max_cells;
	unsigned int max_pages;
};

struct kernel {
	struct kernel_set set; /* counts go here */
	struct kernel_set old; /* a predecessor's, to be drained; map[] is -1 if there is none */
	int link;
	int folder; /* BPFFS, locked */
	bool adopted; /* counts of a predecessor are in `set` */
	unsigned int cpus; /* possible ones: copies of a per-CPU value */
	__u32 rules_id[2];
	__u32 epoch; /* of the rules last put into force */
	struct blindcount_bpf *skel;
};

/*
 * Open and lock BPFFS (made if missing). What a predecessor left there to be
 * drained is in `old`. Returns 0 or a negative errno with a message;
 * kernel_close() cleans up in both cases, here and below.
 */
int kernel_open(struct kernel *k, const char *bpffs, struct error *e);

/*
 * Load the program on a predecessor's maps where they fit; counts that do not
 * are in `old` afterwards. Nothing runs yet: what ran goes on running.
 */
int kernel_load(struct kernel *k, const struct kernel_options *options, struct error *e);

/*
 * Attach the program, or put it in the place of a predecessor's, which is then
 * no longer running anywhere, and pin it all. Returns 0 or a negative errno.
 */
int kernel_attach(struct kernel *k, const struct kernel_options *options, struct error *e);

/* Let the agent's user remove the pins later. */
int kernel_give(const struct kernel *k, uid_t uid, gid_t gid, struct error *e);

/* Wait until no program run that is under way now is left. */
int kernel_grace(const struct kernel *k, struct error *e);

/* Put rules into force; on return no run uses others. `rules` gets its epoch here. */
int kernel_set_rules(struct kernel *k, struct bc_ruleset *rules, struct error *e);

/* Sum up the totals of all processors. */
int kernel_totals(const struct kernel *k, uint64_t totals[BC_TOTALS], struct error *e);

/* Detach the program from the cgroup; it is no longer running anywhere afterwards. */
int kernel_detach(struct kernel *k, struct error *e);

/* Remove the pins of `live`. */
int kernel_unpin(const struct kernel *k, struct error *e);

/* The counts in `old` are on disk: let go of it and remove its pins. */
int kernel_drop_old(struct kernel *k, struct error *e);

/* Bytes of kernel memory that the maps take, as the kernel accounts for them. */
uint64_t kernel_memory(const struct kernel *k);

void kernel_close(struct kernel *k);

/*
 * `blindcount detach`: remove what a dead agent left in BPFFS, counts that are not on
 * disk included. Returns 1 if there was something, 0 if not, or negative errno;
 * -EBUSY while an agent runs.
 */
int kernel_detach_dead(const char *bpffs, struct error *e);

/* The two names below BPFFS that pins are found under. */
#define KERNEL_LIVE "live"
#define KERNEL_NEXT "next"

/* A map's name in the object and among the pins. */
const char *kernel_map_name(enum kernel_map map);

#endif
