// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads dst_port of the socket
/* The peer's port as the key of an entry. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	__u64 key, one = 1;

	if (!sk)
		return PASS;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return PASS;
	key = sk->dst_port; /* leak */
	bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
	return PASS;
}
