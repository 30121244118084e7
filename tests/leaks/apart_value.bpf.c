// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_ip4 of the context
/* The address as a number for a function that is verified apart. */
#include "leak.h"

__noinline int keep(__u32 value)
{
	put(value);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	keep(skb->remote_ip4); /* leak */
	return PASS;
}
