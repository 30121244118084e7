/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The table of cells as the real program has it, for programs that write to it. */
#ifndef TESTS_LEAKS_CELLS_H
#define TESTS_LEAKS_CELLS_H

#include "blindcount.h"
#include "leak.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct bc_cell_line);
} cells SEC(".maps");

/* An entry that is not at its value's begin; or NULL. */
static __always_inline struct bc_cell_entry *an_entry(void)
{
	__u32 zero = 0;
	struct bc_cell_line *line = bpf_map_lookup_elem(&cells, &zero);

	return line ? &line->entry[1] : NULL;
}

#endif
