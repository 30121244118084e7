// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads queue_mapping of the context
/* The queue, which the network card chose by a hash of the addresses. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(skb->queue_mapping); /* leak */
	return PASS;
}
