/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What programs share that are in two parts, as the real one is: a reader that puts payload
 * into a window, and functions that are given the window.
 */
#ifndef TESTS_LEAKS_WINDOW_H
#define TESTS_LEAKS_WINDOW_H

#include "leak.h"

#define WINDOW 64

struct window {
	__u32 length; /* bytes of `text` that are payload */
	__u8 text[WINDOW];
	__u8 behind[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct window);
} windows SEC(".maps");

static __always_inline struct window *the_window(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&windows, &zero);
}

#endif
