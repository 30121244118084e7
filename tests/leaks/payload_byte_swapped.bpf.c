// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* A swap of eight bytes is an operation of the 32-bit class: its upper half is payload, too. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);
	__u64 text;

	if (!v || !at || bpf_skb_load_bytes(skb, at, &text, sizeof(text))) /* leak */
		return PASS;
	*v = __builtin_bswap64(text) >> 32;
	return PASS;
}
