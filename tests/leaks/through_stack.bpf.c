// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads remote_ip6 of the context
/* The address through an array on the stack. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 words[4];
	__u64 key = 0;

	for (int i = 0; i < 4; i++)
		words[i] = skb->remote_ip6[i]; /* leak */
	hide(key);
	put(words[key & 3] ^ words[1] ^ words[2] ^ words[3]);
	return PASS;
}
