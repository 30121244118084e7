// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: outside of one array of bytes
/* Where in the array is not certain to leave room. */
#include "window.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), place = skb->len;
	struct window *w = the_window();

	if (!at || !w)
		return PASS;
	place &= WINDOW - 1;
	bpf_skb_load_bytes(skb, at, w->text + place, 4); /* leak */
	return PASS;
}
