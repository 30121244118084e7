// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: could return something other than 1
/* It drops packets by their length. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 length = skb->len;

	return length != 77; /* leak */
}
