// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads napi_id of the context
/* The queue that a hash of the addresses chose, by its other name. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(skb->napi_id); /* leak */
	return PASS;
}
