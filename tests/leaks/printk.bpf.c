// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_trace_printk, which is not allowed
/* A line in the kernel's trace. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	bpf_printk("%d", skb->len); /* leak */
	return PASS;
}
