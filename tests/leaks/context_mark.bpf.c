// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads mark of the context
/* A mark that a firewall may have set by address. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(skb->mark); /* leak */
	return PASS;
}
