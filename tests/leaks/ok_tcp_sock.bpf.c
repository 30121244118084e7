// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* What TCP has received; a TCP socket is proof of TCP, too. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct bpf_tcp_sock *tcp;
	__u32 value = 0;
	__u8 first;

	if (!sk)
		return PASS;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return PASS;
	tcp = bpf_tcp_sock(sk);
	if (!tcp || bpf_skb_load_bytes(skb, 0, &first, 1) || first != 0x45)
		return PASS;
	bpf_skb_load_bytes(skb, 24, &value, 4);
	put(tcp->rcv_nxt - value + tcp->bytes_received);
	return PASS;
}
