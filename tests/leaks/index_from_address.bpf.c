// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_ip4 of the context
/* The address chooses the entry that is counted. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 index = skb->remote_ip4 & 3; /* leak */
	__u64 *v = bpf_map_lookup_elem(&out, &index);

	if (v)
		__sync_fetch_and_add(v, 1);
	return PASS;
}
