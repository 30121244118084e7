// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_perf_event_output, which is not allowed
/* The packet itself to user space. */
#include "leak.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 nothing = 0;

	bpf_perf_event_output(skb, &events, 64ULL << 32 | BPF_F_CURRENT_CPU, &nothing,
			      8); /* leak */
	return PASS;
}
