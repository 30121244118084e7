// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls a kernel function
/* A kernel function by its name. */
#include "leak.h"

struct bpf_key;
extern void bpf_key_put(struct bpf_key *key) __ksym;

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	bpf_key_put(NULL); /* leak */
	return PASS;
}
