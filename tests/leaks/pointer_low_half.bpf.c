// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: computes a number from what may be a pointer
/* The low half of the socket's address. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 low;

	if (!skb->sk)
		return PASS;
	asm volatile("r1 = %1; w1 = w1; %0 = r1" : "=r"(low) : "r"(skb->sk) : "r1"); /* leak */
	put(low);
	return PASS;
}
