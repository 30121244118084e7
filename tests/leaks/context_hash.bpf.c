// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads hash of the context
/* The hash of the flow, of which the address is a part. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(skb->hash); /* leak */
	return PASS;
}
