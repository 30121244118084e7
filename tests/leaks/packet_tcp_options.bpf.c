// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: TCP options
/* TCP options: a fast open cookie is computed from the address. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 value = 0;
	__u32 transport = transport_of(skb);

	if (!transport)
		return PASS;
	hide(transport);
	bpf_skb_load_bytes(skb, transport + 20, &value, 8); /* leak */
	put(value);
	return PASS;
}
