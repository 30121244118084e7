// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: functions call each other in a circle
/* Two functions that call each other. */
#include "leak.h"

static __noinline __u32 ping(__u32 n);

static __noinline __u32 pong(__u32 n)
{
	return n & 1 ? ping(n / 2) + 1 : 3; /* leak */
}

static __noinline __u32 ping(__u32 n)
{
	return n & 2 ? pong(n / 2) + 2 : 5;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(ping(skb->len));
	return PASS;
}
