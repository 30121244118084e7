// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* A cell is put together from payload, and exchanged, in a function that is verified apart. */
#include "window.h"
#include "cells.h"

__noinline int count(struct window *w)
{
	struct bc_cell_entry *entry = an_entry();
	__u64 word;

	if (!w || !entry)
		return 0;
	word = 1 | (__u64)(w->text[0] * 10 + w->text[1]) << 32 | (__u64)(w->text[1] & 63) << 48;
	if (!__sync_val_compare_and_swap((__u64 *)&entry->cell, 0, word))
		__sync_fetch_and_add(&entry->count, 1);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct window *w = the_window();

	if (!at || !w || bpf_skb_load_bytes(skb, at, w->text, 2))
		return PASS;
	count(w);
	return PASS;
}
