// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: stores a pointer, or what may be one, in map out
/* The socket's address names the connection as well as a cookie does. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);

	if (v)
		*v = (__u64)skb->sk; /* leak */
	return PASS;
}
