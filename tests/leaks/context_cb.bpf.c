// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads cb of the context
/* What programs before this one left: they may have seen addresses. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(skb->cb[1]); /* leak */
	return PASS;
}
