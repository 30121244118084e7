// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_ip4 of the context
/* The address as the number of turns of a loop. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 turns = skb->remote_ip4 & 255; /* leak */

	for (__u32 i = 0; i < turns; i++)
		put(1);
	return PASS;
}
