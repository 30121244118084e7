// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* Data offset and flags. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 transport = transport_of(skb);
	__u8 flags[2] = {};

	if (!transport)
		return PASS;
	hide(transport);
	bpf_skb_load_bytes(skb, transport + 12, flags, 2);
	put(flags[1]);
	return PASS;
}
