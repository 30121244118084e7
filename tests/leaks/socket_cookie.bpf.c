// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_get_socket_cookie, which is not allowed
/* A number by which connections can be told apart. */
#include "leak.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	put(bpf_get_socket_cookie(skb)); /* leak */
	return PASS;
}
