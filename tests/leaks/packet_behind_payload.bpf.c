// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: the checksum, which is computed
/* It goes back from the payload. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), value = 0;

	if (!at)
		return PASS;
	hide(at);
	bpf_skb_load_bytes(skb, at - 4, &value, 4); /* leak */
	put(value);
	return PASS;
}
