// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 12 to 15 of the packet
/* The source address is exchanged for a free key, as a cell is. */
#include "cells.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 transport = transport_of(skb), address;
	struct bc_cell_entry *entry = an_entry();

	if (!entry || transport < 20 || transport == 40 ||
	    bpf_skb_load_bytes(skb, 12, &address, sizeof(address))) /* leak */
		return PASS;
	__sync_val_compare_and_swap((__u64 *)&entry->cell, 0, address);
	return PASS;
}
