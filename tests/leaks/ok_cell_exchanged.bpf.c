// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* A cell put together in one word, and stored by one atomic exchange. */
#include "cells.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct bc_cell_entry *entry = an_entry();
	__u8 text[2];
	__u64 word;

	if (!entry || !at || bpf_skb_load_bytes(skb, at, text, 2))
		return PASS;
	word = 1 | (__u64)(text[0] * 10 + text[1]) << 32 | (__u64)(text[1] & 63) << 48;
	__sync_val_compare_and_swap((__u64 *)&entry->cell, 0, word);
	__sync_fetch_and_add(&entry->count, 1);
	return PASS;
}
