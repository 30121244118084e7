// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads local_ip4 of the context
/* The local address, which is not allowed either. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(skb->local_ip4); /* leak */
	return PASS;
}
