// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: there are no rules for programs of its type (cgroup/skb)
/* A program of this section may be attached where packets leave. */
#include "leak.h"

SEC("cgroup/skb")
int program(struct __sk_buff *skb)
{ /* leak */
	__u32 transport = transport_of(skb), value = 0;

	if (!transport)
		return PASS;
	hide(transport);
	bpf_skb_load_bytes(skb, transport + 4, &value, 4);
	put(value);
	return PASS;
}
