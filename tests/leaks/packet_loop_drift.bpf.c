// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: the offset could reach back from the payload
/* Each turn of a loop reads a little further ahead of the payload. */
#include "window.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct window *w = the_window();

	if (!at || !w)
		return PASS;
	for (int i = 0; i < 20; i++) {
		hide(i);
		if (bpf_skb_load_bytes(skb, at, w->text, 1)) /* leak */
			break;
		at -= 2;
		hide(at);
	}
	return PASS;
}
