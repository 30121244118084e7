/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The agent's figures as OpenMetrics text. They are sums over all visitors; no
 * label holds anything that a visitor sent.
 */
#ifndef AGENT_REPORT_METRICS_H
#define AGENT_REPORT_METRICS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "blindcount.h"
#include "base/error.h"
#include "rules/rule.h"

/* Times are seconds since 1970, 0 for never. */
struct metrics {
	uint64_t totals[BC_TOTALS]; /* by enum bc_outcome and enum bc_total */
	uint64_t cells, cells_max; /* of the generation that is counted into */
	uint64_t pages, pages_max; /* learnt from beacons */
	uint64_t held_rows, held_bytes, held_bytes_max; /* below the minimum count */
	uint64_t generation;
	uint64_t flushes, flushes_failed; /* since the agent started */
	uint64_t flushed_at; /* the last flush that succeeded: its end, ... */
	uint64_t flush_us, flush_rows; /* ... microseconds that it took, rows that it read */
	uint64_t trouble_since; /* since when each flush has failed; 0: it has not */
	uint64_t started_at; /* the agent */
	uint64_t attached_at; /* the program, perhaps by an agent before this one */
	uint64_t map_bytes; /* kernel memory of all maps */
	uint64_t rules[RULE_KINDS]; /* in force, by kind */
	uint16_t ports[BC_MAX_PORTS];
	unsigned int port_count;
	unsigned int landlock_abi; /* 0: not confined by Landlock */
	bool attached; /* false: the cgroup has been removed, nothing is counted */
	bool seccomp; /* confined to its list of system calls */
};

/*
 * Write them all, ended by "# EOF" (OpenMetrics 1.0). Each family's TYPE comes
 * first. Returns 0, or -EIO if `out` failed.
 */
int metrics_write(FILE *out, const struct metrics *metrics);

/*
 * Turn OpenMetrics text, line by line, into Prometheus's older text format,
 * which node_exporter's textfile collector reads: there a counter's family bears
 * the name of its samples, and UNIT and EOF are unknown. *counter is where
 * metrics_textfile_line() remembers the family at hand; zero it at first.
 */
void metrics_textfile_line(FILE *out, const char *line, bool *counter);

#endif
