// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_loop, which is not allowed in the reader
/* An offset that a bpf_loop carries in its context. */
#include "leak.h"

struct walk {
	struct __sk_buff *skb;
	__u64 sum;
	__u32 at;
};

static long turn(__u32 i, struct walk *walk)
{
	__u8 byte = 0;

	bpf_skb_load_bytes(walk->skb, walk->at, &byte, 1);
	walk->sum += byte;
	walk->at++;
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct walk walk = {.skb = skb};

	bpf_loop(24, turn, &walk, 0); /* leak */
	put(walk.sum);
	return PASS;
}
