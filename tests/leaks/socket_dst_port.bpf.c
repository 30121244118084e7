// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads dst_port of the socket
/* The peer's port, from the socket. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return PASS;
	sk = bpf_sk_fullsock(sk);
	if (sk)
		put(sk->dst_port); /* leak */
	return PASS;
}
