// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* Ones in places of the stack that payload chooses tell which they are. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);
	__u8 table[16] = {}, text;

	if (!v || !at || bpf_skb_load_bytes(skb, at, &text, sizeof(text))) /* leak */
		return PASS;
	asm volatile("" : : "r"(table) : "memory");
	table[text & 15] = 1;
	asm volatile("" : : "r"(table) : "memory");
	*v = table[0] | table[1] << 1 | table[2] << 2 | table[3] << 3;
	return PASS;
}
