// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: could return something other than 1
/* It drops long packets. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	return skb->len < 1000; /* leak */
}
