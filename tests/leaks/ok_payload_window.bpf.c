// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* A window of payload, from within the payload on. */
#include "window.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct window *w = the_window();

	if (!at || !w || bpf_skb_load_bytes(skb, at + 3, w->text, sizeof(w->text)))
		return PASS;
	put(1);
	return PASS;
}
