// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_get_prandom_u32, which is not allowed
/* Not an address, but nothing that a counter needs. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(bpf_get_prandom_u32()); /* leak */
	return PASS;
}
