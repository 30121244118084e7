// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_ktime_get_ns, which is not allowed
/* A time finer than a day. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(bpf_ktime_get_ns()); /* leak */
	return PASS;
}
