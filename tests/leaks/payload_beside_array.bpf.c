// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: outside of one array of bytes
/* Payload over a number beside the array. */
#include "window.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct window *w = the_window();

	if (!at || !w)
		return PASS;
	bpf_skb_load_bytes(skb, at, &w->length, 4); /* leak */
	return PASS;
}
