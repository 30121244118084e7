// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* A table on the stack, looked up with a byte of payload. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);
	__u8 table[16], text;

	for (int i = 0; i < 16; i++)
		table[i] = 3 * i;
	if (!v || !at || bpf_skb_load_bytes(skb, at, &text, sizeof(text))) /* leak */
		return PASS;
	asm volatile("" : : "r"(table) : "memory");
	*v = table[text & 15];
	return PASS;
}
