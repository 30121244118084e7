// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* A page's number is the upper half of a word whose lower half is a hash of its name. */
#include "cells.h"
#include "pages.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct bc_cell_entry *entry = an_entry();
	__u64 *place = a_place(), word;
	__u32 text;

	if (!entry || !place || !at || bpf_skb_load_bytes(skb, at, &text, sizeof(text)))
		return PASS;
	word = __sync_val_compare_and_swap(place, 0, text | 4352ULL << 32);
	entry->cell.page = word >> 32;
	return PASS;
}
