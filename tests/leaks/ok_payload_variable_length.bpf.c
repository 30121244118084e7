// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* A length by a mask. */
#include "window.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), length = skb->len;
	struct window *w = the_window();

	if (!at || !w)
		return PASS;
	length = ((length - 1) & (WINDOW - 1)) + 1;
	hide(length);
	if (length && length <= WINDOW && !bpf_skb_load_bytes(skb, at, w->text, length))
		put(1);
	return PASS;
}
