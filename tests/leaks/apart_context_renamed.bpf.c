// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: a parameter is neither a number nor a pointer to a plain struct
// also: function keep could be given
/* The context under another name. */
#include "leak.h"

typedef const struct __sk_buff packet_of_mine;

__noinline int keep(packet_of_mine *skb)
{
	put(skb->remote_ip4);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	return keep(skb) ? PASS : PASS; /* leak */
}
