// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* A hash of payload, which for an address can be reversed. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero), hash = 14695981039346656037ULL;
	__u8 text[16];

	if (!v || !at || bpf_skb_load_bytes(skb, at, text, sizeof(text))) /* leak */
		return PASS;
	for (int i = 0; i < 16; i++)
		hash = (hash ^ text[i]) * 1099511628211ULL;
	*v = hash;
	return PASS;
}
