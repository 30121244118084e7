// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: hands a socket to function keep
/* The socket's address as a number. */
#include "leak.h"

__noinline int keep(__u64 what)
{
	put(what);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	return keep((__u64)skb->sk) ? PASS : PASS; /* leak */
}
