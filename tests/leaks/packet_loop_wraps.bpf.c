// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: packet bytes that are not allowed could be read:
/* The offset grows by what a function says, without a bound: it could wrap. */
#include "window.h"

__noinline __u32 parse(struct window *w)
{
	return w ? w->length : 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct window *w = the_window();

	if (!at || !w)
		return PASS;
	for (int i = 0; i < 20; i++) {
		if (bpf_skb_load_bytes(skb, at, w->text, 1)) /* leak */
			break;
		at += parse(w);
	}
	return PASS;
}
