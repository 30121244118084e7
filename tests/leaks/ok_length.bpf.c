// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* It adds up lengths. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(skb->len);
	return PASS;
}
