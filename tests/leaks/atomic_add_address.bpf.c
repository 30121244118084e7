// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_ip4 of the context
/* The address through an atomic operation. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);

	if (v)
		__sync_fetch_and_add(v, skb->remote_ip4); /* leak */
	return PASS;
}
