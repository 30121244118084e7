// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: the source address lies in 8 to 23
/* Of two sections of constants only the one that is not the first holds the offset. */
#include "leak.h"

const __u32 first[4] = {0, 0, 0, 0};
const __u32 second[4] SEC(".rodata.more") = {12, 12, 12, 12};

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 i = skb->len & 3;
	__u8 byte = 0;

	hide(i);
	bpf_skb_load_bytes(skb, first[i] + second[i], &byte, 1); /* leak */
	put(byte);
	return PASS;
}
