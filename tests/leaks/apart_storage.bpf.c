// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_sk_storage_get, which is not allowed in a function that is verified apart
// also: uses map kept
/* A function that is verified apart asks for what is kept with a socket. */
#include "leak.h"

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} kept SEC(".maps");

__noinline int keep(__u64 sk)
{
	__u64 *v = bpf_sk_storage_get(&kept, (void *)sk, NULL, 0); /* leak */

	if (v)
		put(*v);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	return keep(skb->len) ? PASS : PASS;
}
