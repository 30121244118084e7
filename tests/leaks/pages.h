/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The table of learnt pages as the real program has it, for programs that write to it. */
#ifndef TESTS_LEAKS_PAGES_H
#define TESTS_LEAKS_PAGES_H

#include "blindcount.h"
#include "leak.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct bc_page_place);
} page_places SEC(".maps");

/* A place as the word that it is exchanged as; or NULL. */
static __always_inline __u64 *a_place(void)
{
	__u32 one = 1;

	return bpf_map_lookup_elem(&page_places, &one);
}

#endif
