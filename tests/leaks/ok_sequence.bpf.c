// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* The sequence number of both IP versions. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 transport = transport_of(skb), value = 0;

	if (!transport)
		return PASS;
	hide(transport);
	bpf_skb_load_bytes(skb, transport + 4, &value, 4);
	put(value);
	return PASS;
}
