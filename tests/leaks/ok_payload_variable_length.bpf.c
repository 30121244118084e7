// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* A length by a mask, into a buffer that was cleared. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), length = skb->len;
	__u8 text[64] = {};

	if (!at)
		return PASS;
	length = ((length - 1) & 63) + 1;
	if (bpf_skb_load_bytes(skb, at, text, length))
		return PASS;
	put(text[5] == 'x');
	return PASS;
}
