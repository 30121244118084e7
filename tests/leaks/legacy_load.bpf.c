// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: legacy instruction
/* The oldest way to load from a packet. */
#include "leak.h"

unsigned long long load_word(void *skb, unsigned long long off) asm("llvm.bpf.load.word");

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(load_word(skb, 12)); /* leak */
	return PASS;
}
