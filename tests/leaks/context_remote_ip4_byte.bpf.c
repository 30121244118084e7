// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_ip4 of the context
/* One byte of the source address. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(*((volatile __u8 *)&skb->remote_ip4 + 3)); /* leak */
	return PASS;
}
