// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads rx_queue_mapping of the socket
/* The queue that a hash of the addresses chose, from the socket. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return PASS;
	sk = bpf_sk_fullsock(sk);
	if (sk)
		put(sk->rx_queue_mapping); /* leak */
	return PASS;
}
