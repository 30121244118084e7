// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: a parameter is neither a number nor a pointer to a plain struct
// also: function keep could be given
/* A function that is verified apart is given the context. */
#include "leak.h"

__noinline int keep(struct __sk_buff *skb)
{
	put(skb->remote_ip4);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	return keep(skb) ? PASS : PASS; /* leak */
}
