// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could go elsewhere than into a map's array
/* A page's number that is made of its name. */
#include "pages.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), text;
	__u64 *place = a_place();

	if (!place || !at || bpf_skb_load_bytes(skb, at, &text, sizeof(text))) /* leak */
		return PASS;
	__sync_val_compare_and_swap(place, 0, text | (__u64)text << 32);
	return PASS;
}
