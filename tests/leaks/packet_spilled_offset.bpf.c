// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: by an offset that does not follow
/* The offset lay on the stack when something wrote next to it. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 offsets[4] = {0, 1, 2, 3}, which = skb->len, value = 0;

	offsets[which & 3] = which;
	bpf_skb_load_bytes(skb, offsets[1], &value, 1); /* leak */
	put(value);
	return PASS;
}
