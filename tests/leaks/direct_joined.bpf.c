// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 4 to 12 of the packet
/* One of two pointers, by the length. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u8 *data = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;
	__u8 *at;

	if (data + 20 > end)
		return PASS;
	at = skb->len & 1 ? data + 4 : data + 12;
	hide(at);
	put(*at); /* leak */
	return PASS;
}
