// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_ringbuf_output, which is not allowed
/* Bytes to user space by a ring buffer. */
#include "leak.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 length = skb->len;

	bpf_ringbuf_output(&ring, &length, sizeof(length), 0); /* leak */
	return PASS;
}
