// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: no rules for programs of its type (cgroup_skb/egress)
/* The sequence number of packets that leave: at first it is a hash of the addresses. */
#include "leak.h"

SEC("cgroup_skb/egress")
int program(struct __sk_buff *skb) /* leak */
{
	__u32 transport = transport_of(skb), value = 0;

	if (!transport)
		return PASS;
	hide(transport);
	bpf_skb_load_bytes(skb, transport + 4, &value, 4);
	put(value);
	return PASS;
}
