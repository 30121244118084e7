// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_ip6 of the context
/* One word of an IPv6 source address. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(skb->remote_ip6[2]); /* leak */
	return PASS;
}
