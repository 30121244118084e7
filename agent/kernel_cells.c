// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Maps the table of cells. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel_cells.h"

static size_t bytes_of_both(size_t lines)
{
	return 2 * lines * sizeof(struct bc_cell_line);
}

int kernel_cells_map(const struct kernel_set *set, __u32 slot, struct kernel_cells *cells,
		     struct error *e)
{
	size_t lines = set->cell_lines;
	void *map = mmap(NULL, bytes_of_both(lines), PROT_READ | PROT_WRITE, MAP_SHARED,
			 set->map[KERNEL_CELLS], 0);

	if (map == MAP_FAILED)
		return error_set(e, errno, "cannot map the cells: %s", strerror(errno));
	*cells = (struct kernel_cells){
		.line = (struct bc_cell_line *)map + slot * lines,
		.lines = lines,
		.map = map,
	};
	return 0;
}

void kernel_cells_unmap(struct kernel_cells *cells)
{
	munmap(cells->map, bytes_of_both(cells->lines));
	memset(cells, 0, sizeof(*cells));
}
