// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: IHL was not checked
/* The length of the network header is not checked, directly. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u8 *data = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;
	__u32 offset;

	if (!is_tcp(skb) || data + 20 > end || data[0] >> 4 != 4)
		return PASS;
	offset = (data[0] & 15) * 4;
	if (data + offset + 8 > end)
		return PASS;
	put(data[offset + 4]); /* leak */
	return PASS;
}
