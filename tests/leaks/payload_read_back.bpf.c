// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: reads payload back from map windows, text
/* The reader looks at the payload that it has put into the window. */
#include "window.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct window *w = the_window();

	if (!at || !w || bpf_skb_load_bytes(skb, at, w->text, 8))
		return PASS;
	put(w->text[1]); /* leak */
	return PASS;
}
