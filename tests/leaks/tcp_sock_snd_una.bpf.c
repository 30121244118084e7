// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads snd_una of the TCP socket
/* Our sequence number, which starts as a hash of the addresses. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct bpf_tcp_sock *tcp;

	if (!sk)
		return PASS;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return PASS;
	tcp = bpf_tcp_sock(sk);
	if (tcp)
		put(tcp->snd_una); /* leak */
	return PASS;
}
