// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_loop, which is not allowed in the reader
/* Payload through the context of a bpf_loop. */
#include "leak.h"

struct walk {
	struct __sk_buff *skb;
	__u64 word;
	__u32 at;
};

static long turn(__u32 i, struct walk *walk)
{
	__u8 byte = 0;

	if (walk->at > PACKET_MAX || bpf_skb_load_bytes(walk->skb, walk->at, &byte, 1))
		return 1;
	walk->word = walk->word << 8 | byte;
	walk->at++;
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct walk walk = {.skb = skb, .at = payload_of(skb)};
	__u32 zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);

	if (!v || !walk.at)
		return PASS;
	bpf_loop(8, turn, &walk, 0); /* leak */
	*v = walk.word;
	return PASS;
}
