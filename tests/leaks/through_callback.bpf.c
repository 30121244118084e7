// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_loop, which is not allowed in the reader
/* The callback of a bpf_loop loads the address. */
#include "leak.h"

struct walk {
	struct __sk_buff *skb;
	__u64 sum;
};

static long turn(__u32 i, struct walk *walk)
{
	if (i == 2)
		walk->sum += walk->skb->remote_ip4;
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct walk walk = {.skb = skb};

	bpf_loop(4, turn, &walk, 0); /* leak */
	put(walk.sum);
	return PASS;
}
