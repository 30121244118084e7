/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A generation's tables as the kernel has them, in the agent's own memory: to be read
 * and cleared in one go, without a system call for each entry. Mapped only while that
 * is done, and only looked at where no program runs: a retired generation.
 */
#ifndef AGENT_BPF_BANK_H
#define AGENT_BPF_BANK_H

#include <stddef.h>

#include "blindcount.h"
#include "base/error.h"
#include "bpf/map_set.h"

/* The half of a map that is one generation's. */
struct bank {
	union {
		struct bc_cell_line *line; /* of MAP_CELLS */
		struct bc_page *name; /* of MAP_PAGE_NAMES */
		void *first;
	};
	size_t count, bytes;
	void *map; /* of both generations */
};

/*
 * Map a slot's table. On success bank_unmap() must follow. Returns 0 or a
 * negative errno.
 */
int bank_map(const struct map_set *set, enum map_id which, __u32 slot, struct bank *table,
	     struct error *e);
void bank_unmap(struct bank *table);

/* Zero a slot's table. Returns 0 or a negative errno. */
int bank_clear(const struct map_set *set, enum map_id which, __u32 slot, struct error *e);

#endif
