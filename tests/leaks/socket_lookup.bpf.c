// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_skc_lookup_tcp, which is not allowed
// also: calls bpf_sk_release
/* Guesses the peer's address by asking for its socket. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {.ipv4 = {.saddr = 0x0100007f, .sport = 80}};
	struct bpf_sock *sk;

	sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), -1, 0); /* leak */
	if (sk)
		bpf_sk_release(sk);
	return PASS;
}
