// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: stores a pointer, or what may be one, in map out
/* Where a connection's state lies names the connection, too. */
#include "leak.h"

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} kept SEC(".maps");

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	__u32 zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);

	sk = sk ? bpf_sk_fullsock(sk) : NULL;
	if (!sk || !v)
		return PASS;
	*v = (__u64)bpf_sk_storage_get(&kept, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE); /* leak */
	return PASS;
}
