// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Collects the running agent's figures for `stats`. */
#include "daemon/agent.h"
#include "report/metrics.h"

int measure_metrics(const struct agent *a, struct metrics *metrics)
{
	const struct agent_flushes *f = &a->flushes;
	const struct options *o = &a->options;
	struct generation_fill fill;
	int r = loader_totals(&a->loader, metrics->totals, NULL);

	if (!r)
		r = generation_fill(&a->loader.set, &fill, NULL);
	if (r)
		return r;
	metrics->cells = fill.cells;
	metrics->cells_max = o->max_cells;
	metrics->pages = fill.pages;
	metrics->pages_max = o->max_pages;
	metrics->held_rows = fill.held_rows;
	metrics->held_bytes = fill.held_bytes;
	metrics->held_bytes_max = BC_TEXT_BYTES;
	metrics->generation = fill.number;
	metrics->flushes = f->done;
	metrics->flushes_failed = f->failed;
	metrics->flushed_at = f->at;
	metrics->flush_us = f->us;
	metrics->flush_rows = f->rows;
	metrics->trouble_since = f->trouble_since;
	metrics->started_at = a->started;
	metrics->attached_at = a->attached;
	metrics->map_bytes = a->map_bytes;
	for (size_t i = 0; i < a->rules.count; i++)
		if (rules_in_force(&a->rules, &a->rules.list[i]))
			metrics->rules[a->rules.list[i].kind]++;
	for (size_t i = 0; i < o->ports; i++)
		metrics->ports[i] = o->port[i];
	metrics->port_count = o->ports;
	metrics->attached = agent_attached(a);
	metrics->landlock_abi = a->confined.landlock_abi;
	metrics->seccomp = a->confined_at != 0;
	return 0;
}
