// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* It leaves out a part of the payload that a map tells, within a bound. */
#include "window.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 zero = 0, at = payload_of(skb), skip;
	__u64 *told = bpf_map_lookup_elem(&out, &zero);
	struct window *w = the_window();

	if (!at || !told || !w)
		return PASS;
	skip = *told;
	hide(skip);
	if (skip > PACKET_MAX || bpf_skb_load_bytes(skb, at + skip, w->text, 1))
		return PASS;
	put(1);
	return PASS;
}
