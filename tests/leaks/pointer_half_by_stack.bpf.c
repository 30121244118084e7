// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: that holds a pointer
/* The low half of the socket's address, by way of the stack. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	volatile __u64 slot = (__u64)skb->sk;

	put(*(volatile __u32 *)&slot); /* leak */
	return PASS;
}
