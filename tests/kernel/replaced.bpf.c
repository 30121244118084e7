// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A program, one that runs instead of it, and one that watches it: for test_hook.c. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define PASS 1

SEC("cgroup_skb/ingress")
int original(struct __sk_buff *skb)
{
	(void)skb;
	return PASS;
}

SEC("freplace")
int replacement(struct __sk_buff *skb)
{
	return skb->len ? PASS : PASS;
}

SEC("fexit")
int watcher(void *context)
{
	(void)context;
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
