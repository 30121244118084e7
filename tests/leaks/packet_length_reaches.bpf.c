// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 4 to 11 of the packet
/* It begins where it may, but is too long. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 value = 0;

	bpf_skb_load_bytes(skb, 4, &value, 8); /* leak */
	put(value);
	return PASS;
}
