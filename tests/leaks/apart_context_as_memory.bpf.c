// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: hands the context to function keep
/* The context where memory is declared. */
#include "leak.h"

struct memory {
	__u32 word[40];
};

__noinline int keep(struct memory *m)
{
	put(m ? m->word[10] : 0);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	return keep((void *)skb) ? PASS : PASS; /* leak */
}
