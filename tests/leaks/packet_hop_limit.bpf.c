// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: only byte 0, byte 6
/* The hop limit of IPv6: one of few bits that tell visitors apart. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u8 value = 0;

	bpf_skb_load_bytes(skb, 7, &value, 1); /* leak */
	put(value);
	return PASS;
}
