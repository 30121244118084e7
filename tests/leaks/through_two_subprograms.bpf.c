// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_port of the context
/* The context goes through two functions and a structure. */
#include "leak.h"

struct box {
	struct __sk_buff *skb;
	__u64 value;
};

static __noinline int inner(struct box *box)
{
	box->value = box->skb->remote_port; /* leak */
	return 0;
}

static __noinline int outer(struct box *box)
{
	return inner(box) + 1;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct box box = {.skb = skb};

	outer(&box);
	put(box.value);
	return PASS;
}
