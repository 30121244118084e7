// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_probe_read_kernel, which is not allowed
/* Whatever lies in the kernel behind a pointer. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	__u32 word = 0;

	if (!sk)
		return PASS;
	bpf_probe_read_kernel(&word, sizeof(word), sk); /* leak */
	put(word);
	return PASS;
}
