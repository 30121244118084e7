// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* The socket's own port, protocol and state. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return PASS;
	sk = bpf_sk_fullsock(sk);
	if (!sk || sk->protocol != IPPROTO_TCP)
		return PASS;
	put(sk->src_port + sk->state);
	return PASS;
}
