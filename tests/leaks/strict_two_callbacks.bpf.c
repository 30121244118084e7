// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_loop, which is not allowed in the reader
/* One of two callbacks, by the length. */
#include "leak.h"

static long odd(__u32 i, __u64 *sum)
{
	*sum += i;
	return 0;
}

static long even(__u32 i, __u64 *sum)
{
	*sum += 2 * i;
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u64 sum = 0;
	void *callback = skb->len & 1 ? (void *)odd : (void *)even;

	hide(callback);
	bpf_loop(4, callback, &sum, 0); /* leak */
	put(sum);
	return PASS;
}
