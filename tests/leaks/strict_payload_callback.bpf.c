// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_loop, which is not allowed in the reader
/* A bpf_loop moves over the payload within a bound. */
#include "leak.h"

struct walk {
	struct __sk_buff *skb;
	__u64 lines;
	__u32 at;
};

static long turn(__u32 i, struct walk *walk)
{
	__u8 byte = 0;

	if (walk->at > PACKET_MAX || bpf_skb_load_bytes(walk->skb, walk->at, &byte, 1))
		return 1;
	if (byte == '\n')
		walk->lines++;
	walk->at++;
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct walk walk = {.skb = skb, .at = payload_of(skb)};

	if (!walk.at)
		return PASS;
	bpf_loop(4096, turn, &walk, 0); /* leak */
	put(walk.lines);
	return PASS;
}
