// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads tstamp of the context
/* The time of arrival: finer than a day. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(skb->tstamp); /* leak */
	return PASS;
}
