// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* A 32-bit shift left by 40 is one by 8: the processor cuts the count. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);
	__u64 text;

	if (!v || !at || bpf_skb_load_bytes(skb, at, &text, sizeof(text))) /* leak */
		return PASS;
	asm volatile("r2 = 40\n\tr0 = %0\n\tw0 <<= w2\n\t%0 = r0" : "+r"(text) : : "r0", "r2");
	*v = text;
	return PASS;
}
