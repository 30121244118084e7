// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: a tag gives it or a parameter another meaning
// also: keep could be given more than numbers and memory
/* A tag makes memory the context. */
#include "leak.h"

struct memory {
	__u32 word[40];
};

__noinline int keep(struct memory *m __attribute__((btf_decl_tag("arg:ctx"))))
{
	put(((struct __sk_buff *)m)->remote_ip4);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	return keep((void *)skb) ? PASS : PASS; /* leak */
}
