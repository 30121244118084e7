// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 0 to 1 from the TCP header on: the source port
/* The source port, directly. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u8 *data = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;
	__u32 offset;

	if (!is_tcp(skb) || data + 20 > end || data[0] < 0x45 || data[0] > 0x4f)
		return PASS;
	offset = (data[0] & 15) * 4;
	if (data + offset + 20 > end)
		return PASS;
	put(*(__u16 *)(data + offset)); /* leak */
	return PASS;
}
