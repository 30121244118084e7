// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* A coordinate as part of a key, made in a function that is verified apart. */
#include "window.h"
#include "blindcount.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct bc_cell);
	__type(value, __u64);
} cells SEC(".maps");

__noinline int count(struct window *w)
{
	struct bc_cell cell = {.page = 1};
	__u64 one = 1;

	if (!w)
		return 0;
	cell.row = w->text[0] * 10 + w->text[1];
	cell.column = w->text[1] & 63;
	bpf_map_update_elem(&cells, &cell, &one, BPF_NOEXIST);
	return 0;
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb);
	struct window *w = the_window();

	if (!at || !w || bpf_skb_load_bytes(skb, at, w->text, 2))
		return PASS;
	count(w);
	return PASS;
}
