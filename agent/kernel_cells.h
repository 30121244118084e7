/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The table of cells as the kernel has it, in the agent's own memory: to be read and
 * cleared in one go, without a system call for each line. Mapped only while that is
 * done, and only looked at where no program runs: a retired generation.
 */
#ifndef AGENT_KERNEL_CELLS_H
#define AGENT_KERNEL_CELLS_H

#include <stddef.h>

#include "blindcount.h"
#include "error.h"
#include "kernel_set.h"

struct kernel_cells {
	struct bc_cell_line *line; /* of one generation */
	size_t lines;
	void *map; /* of both generations */
};

/* Map a slot's table. On success kernel_cells_unmap() must follow. Returns 0 or a negative errno. */
int kernel_cells_map(const struct kernel_set *set, __u32 slot, struct kernel_cells *cells,
		     struct error *e);
void kernel_cells_unmap(struct kernel_cells *cells);

#endif
