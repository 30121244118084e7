// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* Bytes 0 to 7 of the network header may be read. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 value = 0;

	bpf_skb_load_bytes(skb, 0, &value, 8);
	put(value);
	return PASS;
}
