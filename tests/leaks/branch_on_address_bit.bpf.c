// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_ip4 of the context
/* One bit of the address, by the way that is taken. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	if (skb->remote_ip4 & 1) /* leak */
		put(1);
	return PASS;
}
