// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: writes to mark of the context
/* It hands something to programs that come later. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	skb->mark = 7; /* leak */
	return PASS;
}
