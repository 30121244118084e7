// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: hands a pointer into the packet to function keep
/* A pointer into the packet for a function that is verified apart. */
#include "leak.h"

struct header {
	__u8 byte[20];
};

__noinline int keep(struct header *h)
{
	put(h ? h->byte[12] : 0);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u8 *data = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;

	if (data + sizeof(struct header) > end)
		return PASS;
	return keep((void *)data) ? PASS : PASS; /* leak */
}
