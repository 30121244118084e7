// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: of the packet
/* A loop moves a pointer over the address. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u8 *data = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;
	__u32 sum = 0;

	if (data + 32 > end)
		return PASS;
#pragma nounroll
	for (__u32 i = 0; i < 32; i++) {
		hide(sum);
		sum += data[i]; /* leak */
	}
	put(sum);
	return PASS;
}
