// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_ip4 of the context
/* The address into a global variable. */
#include "leak.h"

__u32 last;

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	last = skb->remote_ip4; /* leak */
	return PASS;
}
