/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A generation's tables as the kernel has them, in the agent's own memory: to be read
 * and cleared in one go, without a system call for each entry. Mapped only while that
 * is done, and only looked at where no program runs: a retired generation.
 */
#ifndef AGENT_KERNEL_TABLE_H
#define AGENT_KERNEL_TABLE_H

#include <stddef.h>

#include "blindcount.h"
#include "error.h"
#include "kernel_set.h"

/* The half of a map that is one generation's. */
struct kernel_table {
	union {
		struct bc_cell_line *line; /* of KERNEL_CELLS */
		struct bc_page *name; /* of KERNEL_PAGE_NAMES */
		void *first;
	};
	size_t count, bytes;
	void *map; /* of both generations */
};

/*
 * Map a slot's table. On success kernel_table_unmap() must follow. Returns 0 or a
 * negative errno.
 */
int kernel_table_map(const struct kernel_set *set, enum kernel_map which, __u32 slot,
		     struct kernel_table *table, struct error *e);
void kernel_table_unmap(struct kernel_table *table);

/* Zero a slot's table. Returns 0 or a negative errno. */
int kernel_table_clear(const struct kernel_set *set, enum kernel_map which, __u32 slot,
		       struct error *e);

#endif
