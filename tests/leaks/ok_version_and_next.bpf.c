// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* Byte 0 and byte 6 of the network header may be read. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u8 version = 0, next = 0;

	bpf_skb_load_bytes(skb, 0, &version, 1);
	bpf_skb_load_bytes(skb, 6, &next, 1);
	put(version + next);
	return PASS;
}
