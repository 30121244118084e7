// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
// also: calls bpf_loop
/* Payload says how often a loop runs, and the last turn keeps its number. */
#include "leak.h"

static long turn(__u32 i, __u32 *last)
{
	*last = i;
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), zero = 0, last = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);
	__u8 byte;

	if (!at || !v || bpf_skb_load_bytes(skb, at, &byte, 1)) /* leak */
		return PASS;
	bpf_loop(byte, turn, &last, 0);
	*v = last;
	return PASS;
}
