// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: compares what may be a pointer
/* Where the socket lies, bit by bit. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 sk = (__u64)skb->sk;

	hide(sk);
	if (sk > 0xffff800000000000ULL) /* leak */
		put(1);
	return PASS;
}
