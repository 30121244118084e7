// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: rewritten when it is loaded
/* The kernel's types decide at load time which field is read. */
#include "leak.h"

struct __sk_buff___here {
	__u32 len;
} __attribute__((preserve_access_index));

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(((struct __sk_buff___here *)skb)->len); /* leak */
	return PASS;
}
