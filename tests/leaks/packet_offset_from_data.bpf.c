// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: by an offset that does not follow from checked header lengths
/* The offset lies in data that may be written, whatever the section is called. */
#include "leak.h"

__u32 at SEC(".data.rodata") = 0;

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u8 byte = 0;

	at = 12;
	asm volatile("" ::: "memory");
	bpf_skb_load_bytes(skb, at, &byte, 1); /* leak */
	put(byte);
	return PASS;
}
