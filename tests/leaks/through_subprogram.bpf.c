// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_ip4 of the context
/* A function of its own loads the address. */
#include "leak.h"

static __noinline __u32 address_of(struct __sk_buff *skb)
{
	return skb->remote_ip4; /* leak */
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(address_of(skb));
	return PASS;
}
