// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* A window of payload on the stack, searched for a line's end. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	__u8 text[64];
	__u32 lines = 0;

	if (!at || bpf_skb_load_bytes(skb, at, text, sizeof(text)))
		return PASS;
	for (__u32 i = 0; i < 64; i++)
		if (text[i & 63] == '\n')
			lines++;
	put(lines);
	return PASS;
}
