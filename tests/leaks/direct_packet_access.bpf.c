// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 12 to 15 of the packet
/* The source address through a pointer into the packet. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (data + 20 > end)
		return PASS;
	put(*(__u32 *)(data + 12)); /* leak */
	return PASS;
}
