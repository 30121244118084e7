// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* Payload takes the place of a page's number, in the word that is exchanged for a free key. */
#include "cells.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct bc_cell_entry *entry = an_entry();
	__u8 text[4];
	__u64 word;

	if (!entry || !at || bpf_skb_load_bytes(skb, at, text, sizeof(text))) /* leak */
		return PASS;
	word = (__u64)text[1] << 32 | text[0];
	__sync_val_compare_and_swap((__u64 *)&entry->cell, 0, word);
	return PASS;
}
