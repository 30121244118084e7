// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* A function that is verified apart may have a callback. */
#include "leak.h"

static long turn(__u32 i, __u64 *sum)
{
	*sum += i;
	return 0;
}

__noinline int sum_up(__u32 turns)
{
	__u64 sum = 0;

	bpf_loop(turns & 1023, turn, &sum, 0);
	put(sum);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	sum_up(skb->len);
	return PASS;
}
