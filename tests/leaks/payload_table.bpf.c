// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* A table of all bytes says in other words what the byte was. */
#include "leak.h"

static const __u8 mirror[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);
	__u8 byte;

	if (!v || !at || bpf_skb_load_bytes(skb, at, &byte, 1)) /* leak */
		return PASS;
	*v = mirror[byte & 15];
	return PASS;
}
