// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: refers to an external symbol
/* A function that is verified apart reads a variable of the kernel. */
#include "leak.h"

extern const int bpf_prog_active __ksym;

__noinline int keep(__u32 factor)
{
	put(factor * (__u64)&bpf_prog_active); /* leak */
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	return keep(skb->len) ? PASS : PASS;
}
