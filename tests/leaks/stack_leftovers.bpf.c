// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: reads stack that may never have been written
/* What the kernel left on the stack. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 value;

	asm volatile("%0 = *(u64 *)(r10 - 400)" : "=r"(value)); /* leak */
	put(value);
	return PASS;
}
