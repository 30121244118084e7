/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The counting program, as the agent holds it: loaded, attached and pinned so
 * that counting goes on while the agent is away, and succeeding a predecessor's
 * whose counts are adopted where they fit, else drained.
 *
 * A set is pinned in `next` before its program is put in place, and takes the
 * name `live` after that, so at each moment what counts can be found. What is
 * in `next` then is the predecessor's, and stays until its counts are on disk.
 */
#ifndef AGENT_BPF_LOADER_H
#define AGENT_BPF_LOADER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "blindcount.h"
#include "base/error.h"
#include "bpf/map_set.h"
#include "ruleset.h"

struct loader_options {
	const __u16 *port;
	size_t ports;
	unsigned int max_cells;
	unsigned int max_pages;
	const char *bpffs;
	int cgroup; /* the app's folder, open */
};

struct loader {
	struct map_set set; /* counts go here; a predecessor's until loader_load() */
	struct map_set old; /* a predecessor's that is to be drained, or empty */
	int link;
	int folder; /* BPFFS, locked */
	bool succeeds; /* a predecessor's program or counts are in the kernel */
	bool adopted; /* counts of a predecessor are in `set` */
	unsigned int cpus; /* possible ones: copies of a per-CPU value */
	__u32 epoch; /* of the rules last put into force */
	struct blindcount_bpf *skel; /* from loader_load() to loader_attach() */
};

/*
 * Open and lock BPFFS (made if missing), and the sets that a predecessor left
 * there. Returns 0 or a negative errno with a message, -EPROTO if they are of a
 * version that this build cannot read; loader_close() cleans up in both cases,
 * here and below.
 */
int loader_open(struct loader *k, const char *bpffs, struct error *e);

/*
 * Load the program on a predecessor's maps where they fit; counts that do not
 * are in `old` afterwards. `old` must be empty before. Nothing runs yet: what
 * ran goes on running.
 */
int loader_load(struct loader *k, const struct loader_options *options, struct error *e);

/*
 * Attach the program, or put it in the place of a predecessor's, and pin it all.
 * Runs of the predecessor's may still be under way when this returns.
 */
int loader_attach(struct loader *k, const struct loader_options *options, struct error *e);

/* Let the agent's user remove the pins later. */
int loader_give(const struct loader *k, uid_t uid, gid_t gid, struct error *e);

/*
 * Put rules into force; on return no run uses others. `rules` gets its epoch here,
 * that of the rules in force if they are the same.
 */
int loader_put_rules(struct loader *k, struct bc_ruleset *rules, struct error *e);

/* Sum up the totals of all processors. */
int loader_totals(const struct loader *k, uint64_t totals[BC_TOTALS], struct error *e);

/* Is the program still attached? Not if its cgroup has been removed. */
bool loader_attached(const struct loader *k);

/* Detach the program from the cgroup. Runs may still be under way when this returns. */
int loader_detach(struct loader *k, struct error *e);

/* Remove the pins of `live`. */
int loader_unpin(const struct loader *k, struct error *e);

/* The counts in `old` are on disk: let go of it and remove its pins. */
int loader_drop_old(struct loader *k, struct error *e);

/* Bytes of kernel memory that the maps take, by the kernel's own account. */
uint64_t loader_memory(const struct loader *k);

void loader_close(struct loader *k);

/*
 * `blindcount detach`: remove what a dead agent left in BPFFS, counts that are not on
 * disk included. Returns 1 if there was something, 0 if not, or negative errno;
 * -EBUSY while an agent runs.
 */
int loader_detach_dead(const char *bpffs, struct error *e);

#endif
