// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: outside of one array of bytes
/* A length that could be greater than the array has bytes. */
#include "window.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), n = (skb->len & 63) + 9;
	struct window *w = the_window();

	if (!at || !w)
		return PASS;
	hide(n);
	bpf_skb_load_bytes(skb, at, w->text, n); /* leak */
	return PASS;
}
