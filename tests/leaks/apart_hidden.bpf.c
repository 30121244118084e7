// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_ip4 of the context
/* A hidden function is not verified apart, whatever its type says: it is given the context. */
#include "leak.h"

__attribute__((visibility("hidden"))) __noinline int keep(struct __sk_buff *skb)
{
	put(skb->remote_ip4); /* leak */
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	return keep(skb) ? PASS : PASS;
}
