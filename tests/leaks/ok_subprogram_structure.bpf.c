// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* A function fills in a structure on its caller's stack. */
#include "window.h"

struct found {
	__u32 length;
	__u32 payload;
};

static __noinline int find(struct __sk_buff *skb, struct found *found)
{
	__u32 at = payload_of(skb);

	if (!at)
		return -1;
	found->length = skb->len;
	found->payload = at;
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct found found = {};
	struct window *w = the_window();

	if (!w || find(skb, &found) || bpf_skb_load_bytes(skb, found.payload, w->text, 1))
		return PASS;
	put(found.length);
	return PASS;
}
