// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Counts beacons on the app's ports at cgroup_skb/ingress; always passes the packet. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "blindcount.h"
#include "ruleset.h"

SEC("cgroup_skb/ingress")
int blindcount(struct __sk_buff *skb)
{
	(void)skb;
	return 1;
}

char _license[] SEC("license") = "Dual BSD/GPL";
