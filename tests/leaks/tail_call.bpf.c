// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_tail_call, which is not allowed
/* Another program goes on: it is not this object's. */
#include "leak.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4);
} programs SEC(".maps");

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &programs, 0); /* leak */
	return PASS;
}
