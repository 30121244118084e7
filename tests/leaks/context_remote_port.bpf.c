// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_port of the context
/* The source port. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(skb->remote_port); /* leak */
	return PASS;
}
