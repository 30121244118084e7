// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: a flow label is often computed
/* The offset is a function's argument, good at one call and bad at another. */
#include "leak.h"

static __noinline __u32 word_at(struct __sk_buff *skb, __u32 at)
{
	__u32 value = 0;

	bpf_skb_load_bytes(skb, at, &value, 4); /* leak */
	return value;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(word_at(skb, 0));
	put(word_at(skb, 12));
	return PASS;
}
