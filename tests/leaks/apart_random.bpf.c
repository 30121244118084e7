// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_get_prandom_u32, which is not allowed in a function that is verified apart
/* A static function that a function calls which is verified apart. */
#include "leak.h"

static __noinline int draw(__u32 times)
{
	return bpf_get_prandom_u32() * times; /* leak */
}

__noinline int keep(__u32 times)
{
	put(draw(times));
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	return keep(skb->len) ? PASS : PASS;
}
