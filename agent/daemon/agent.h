/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The running agent: all its state is one struct, and what it does is split by
 * concern: start and loop in run.c, the data folder in data.c, flushes in
 * flush.c, rules in ruling.c, lines of the control socket in verbs.c, forgetting
 * in forget.c, `stats` in figures.c, hints in hints.c.
 */
#ifndef AGENT_DAEMON_AGENT_H
#define AGENT_DAEMON_AGENT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "bpf/cgroup.h"
#include "confine/confine.h"
#include "control/control.h"
#include "base/error.h"
#include "daemon/generation.h"
#include "bpf/loader.h"
#include "bpf/mask.h"
#include "rules/page_ids.h"
#include "daemon/options.h"
#include "rules/rules.h"

struct agent_flushes {
	uint64_t done, failed;
	uint64_t us, rows; /* of the last one */
	time_t at; /* the last good one */
	time_t trouble_since; /* 0: none */
	unsigned int delay; /* seconds until the next try, while there is trouble */
	bool told; /* the log knows of the trouble */
	time_t skew; /* what the time of day is ahead of the time since boot */
	time_t trusted_at; /* when that will not have jumped for long enough, since boot */
};

struct warnings {
	uint64_t before[BC_TOTALS]; /* totals at the start */
	time_t since; /* the start, CLOCK_MONOTONIC */
	unsigned int told; /* protocols that the log knows of */
	bool settled; /* whether anything comes has been looked at */
	bool gone; /* the log knows that the cgroup is gone */
};

struct agent {
	struct options options;
	struct loader loader;
	struct cgroup cgroup;
	struct mask mask;
	struct rules rules;
	struct page_ids page_ids;
	unsigned int flushes_since_rules; /* when numbers of old rules may be let go */
	struct bc_ruleset *compiled; /* a workplace: 1.2 MB */
	struct confine_ids ids;
	struct confine_result confined;
	struct control *control;
	struct agent_flushes flushes;
	struct warnings warnings;
	uint64_t map_bytes;
	time_t started;
	time_t attached;
	time_t confined_at;
	int data; /* --data, open */
	int lock;
	int audit;
	int epoll, timer, signals;
	int cgroup_watch; /* inotify */
};

/* run.c */

/* Make files as the agent's user from now on; NULL: as root again. Only before confinement. */
void data_files_as(const struct confine_ids *ids);

/* data.c */

/* Make the data folder if it is missing, open and lock it. */
int data_open(struct agent *a, struct error *e);

/*
 * Does the path still lead to the folder that is open? If another one is there,
 * as after a remount or a restore, go on in that one.
 */
int data_follow(struct agent *a, struct error *e);

void data_close(struct agent *a);

/* settings.c */

/* Log the options that differ from a predecessor's, and record ours for a successor. */
int settings_succeed(const struct agent *a, struct error *e);

/* flush.c */

/* Flush, retry later if that fails, and delete what is too old. Never fatal. */
void flush_due(struct agent *a);

/* Flush now. Returns 0 or a negative errno with counts safe in the kernel. */
int flush_now(struct agent *a, struct error *e);

/* Flush, dropping the rows of a site, or of its pages that match. */
int flush_forgetting(struct agent *a, const char *site, const char *page, uint64_t *rows,
		     struct error *e);

/* Arm the timer: the next flush, or midnight if that comes first. */
int flush_arm(struct agent *a, struct error *e);

/* Write all there is, held rows too, after the program has been detached. */
int flush_last(struct agent *a, struct error *e);

/*
 * Bring to the disk what a predecessor left in maps that nothing counts into any
 * more, and hand its held rows on to the set in use, whose `numbers` these are.
 * The old set can go then.
 */
int flush_drain_old(struct agent *a, const struct page_ids *page_ids, struct error *e);

/* ruling.c */

/*
 * Put `rules` into force, number what they name, and keep them; on failure those
 * in force stay. On success *rules is taken over.
 */
int enforce_rules(struct agent *a, struct rules *rules, struct error *e);

/*
 * The first rules: built in, from the file, and those the socket left behind. -ENOENT if
 * some are in force that the data folder does not have.
 */
int enforce_first_rules(struct agent *a, struct error *e);

/* Note beside the counts, if any rule came by the socket, that the data folder has those. */
int enforce_note_reported(struct agent *a, const struct rules *rules, struct error *e);

/* Read the rules file again, and put it into force with the socket's rules. */
int enforce_rules_file(struct agent *a, struct error *e);

/* Forget numbers that rules no longer use, once nothing is counted under them. */
void enforce_release_ids(struct agent *a);

/* hints.c */

/* From now on watch what comes; then say what is worth saying, at each flush. */
void warnings_begin(struct agent *a);
void warnings_give(struct agent *a);

/* Is the program attached to a cgroup that is still there? */
bool agent_attached(const struct agent *a);

/*
 * Say once that the app's cgroup is gone. Returns whether it has been made again:
 * only an agent that starts has the privileges to attach to it.
 */
bool agent_cgroup_lost(struct agent *a);

/* No longer than `wait`, and in time for the first hint. */
time_t warnings_wait(const struct agent *a, time_t wait);

/* figures.c */

struct metrics;

/* Fill in the agent's figures. Returns 0 or a negative errno. */
int measure_metrics(const struct agent *a, struct metrics *metrics);

/* verbs.c */

/* Answer one line of the control socket; a control_handler. */
int dispatch_line(void *arg, const struct control_peer *peer, const char *line,
		  struct control_reply *reply, struct error *e);

/* forget.c */

struct forget_result {
	uint64_t rows; /* taken out of files: a cell of a day and node is one */
	unsigned int files;
	uint64_t kernel_rows; /* that were counted or held, and not in a file yet */
};

/*
 * Forget a site, or its pages that match `page` (NULL: all), everywhere. One that was
 * begun earlier and not finished comes first. `gone` is filled on success.
 */
int forget(struct agent *a, const char *site, const char *page, struct forget_result *gone,
	   struct error *e);

/* Finish what was begun to be forgotten, by a predecessor or not, if anything. */
int forget_resume(struct agent *a, struct error *e);

#endif
