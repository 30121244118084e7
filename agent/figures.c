// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Collects the running agent's figures for `stats`. */
#include "agent.h"
#include "stats.h"

int agent_stats(const struct agent *a, struct stats *stats)
{
	const struct agent_flushes *f = &a->flushes;
	const struct options *o = &a->options;
	struct generation_fill fill;
	int r = kernel_totals(&a->kernel, stats->totals, NULL);

	if (!r)
		r = generation_fill(&a->kernel.set, &fill, NULL);
	if (r)
		return r;
	stats->cells = fill.cells;
	stats->cells_max = o->max_cells;
	stats->pages = fill.pages;
	stats->pages_max = o->max_pages;
	stats->held_rows = fill.held_rows;
	stats->held_bytes = fill.held_bytes;
	stats->held_bytes_max = BC_TEXT_BYTES;
	stats->generation = fill.number;
	stats->flushes = f->done;
	stats->flushes_failed = f->failed;
	stats->flushed_at = f->at;
	stats->flush_us = f->us;
	stats->flush_rows = f->rows;
	stats->trouble_since = f->trouble_since;
	stats->started_at = a->started;
	stats->attached_at = a->attached;
	stats->map_bytes = a->map_bytes;
	for (size_t i = 0; i < a->rules.count; i++)
		if (rules_in_force(&a->rules, &a->rules.list[i]))
			stats->rules[a->rules.list[i].kind]++;
	for (size_t i = 0; i < o->ports; i++)
		stats->ports[i] = o->port[i];
	stats->port_count = o->ports;
	stats->attached = agent_attached(a);
	stats->landlock_abi = a->confined.landlock_abi;
	stats->seccomp = a->confined_at != 0;
	return 0;
}
