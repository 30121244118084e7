// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: bytes 8 to 15 of the packet
/* Half of an IPv6 source address, directly. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u8 *data = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;

	if (data + 40 > end || data[0] >> 4 != 6)
		return PASS;
	put(*(__u64 *)(data + 8)); /* leak */
	return PASS;
}
