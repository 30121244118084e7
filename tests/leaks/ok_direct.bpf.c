// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* Version, next header, sequence number and flags through pointers. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u8 *data = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;
	__u32 transport;

	if (!is_tcp(skb) || data + 8 > end)
		return PASS;
	if (data[0] >> 4 == 6)
		transport = data[6] == IPPROTO_TCP ? 40 : 0;
	else
		transport = data[0] > 0x44 && data[0] < 0x50 ? (data[0] & 15) * 4 : 0;
	if (!transport || transport > 60)
		return PASS;
	hide(transport);
	if (data + transport + 14 > end)
		return PASS;
	put(*(__u32 *)(data + transport + 4) + data[transport + 12] + data[transport + 13]);
	return PASS;
}
