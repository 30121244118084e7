// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: that holds a pointer
/* The socket in a structure on the stack, for a function that is verified apart. */
#include "leak.h"

struct box {
	__u64 what;
};

__noinline int keep(struct box *b)
{
	put(b ? b->what : 0);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct box box = {};

	*(struct bpf_sock **)&box.what = skb->sk;
	return keep(&box) ? PASS : PASS; /* leak */
}
