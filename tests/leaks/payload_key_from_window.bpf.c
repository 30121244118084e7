// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload back from map windows, text
/* The reader hands payload to a helper as a key. */
#include "window.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct window *w = the_window();
	__u64 one = 1;

	if (!at || !w || bpf_skb_load_bytes(skb, at, w->text, 8))
		return PASS;
	bpf_map_update_elem(&seen, w->text, &one, 0); /* leak */
	return PASS;
}
