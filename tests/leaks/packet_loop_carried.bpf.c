// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: by an offset that does not follow
/* An offset that a loop moves over the address. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 sum = 0;

#pragma nounroll
	for (__u32 at = 0; at < 16; at++) {
		__u8 byte = 0;

		hide(at);
		bpf_skb_load_bytes(skb, at, &byte, 1); /* leak */
		sum += byte;
	}
	put(sum);
	return PASS;
}
