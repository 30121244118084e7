// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * --mask-peer: accept() and getpeername() tell the app 0.0.0.0:0 or [::]:0 for
 * connections to the beacon ports. The real address is overwritten, not loaded.
 */
#include <linux/bpf.h>
#include <linux/in.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "blindcount.h"

/* Beacon ports in host byte order; 0 ends the list. Set before loading. */
const volatile __u16 ports[BC_MAX_PORTS];

/*
 * A connection that came in on a beacon port has it as its local port. One that
 * goes out does not: the kernel gives out no port that a listener holds.
 */
static bool is_masked(const struct bpf_sock_addr *ctx)
{
	const struct bpf_sock *sk = ctx->sk;
	__u32 port;

	if (!sk || (sk->protocol != IPPROTO_TCP && sk->protocol != IPPROTO_MPTCP))
		return false;
	port = sk->src_port;
	for (int i = 0; i < BC_MAX_PORTS && ports[i]; i++)
		if (ports[i] == port)
			return true;
	return false;
}

SEC("cgroup/getpeername4")
int mask4(struct bpf_sock_addr *ctx)
{
	if (is_masked(ctx)) {
		ctx->user_ip4 = 0;
		ctx->user_port = 0;
	}
	return 1;
}

/* Also for IPv4 peers of dual-stack listeners, which show as ::ffff:a.b.c.d. */
SEC("cgroup/getpeername6")
int mask6(struct bpf_sock_addr *ctx)
{
	if (is_masked(ctx)) {
		ctx->user_ip6[0] = 0;
		ctx->user_ip6[1] = 0;
		ctx->user_ip6[2] = 0;
		ctx->user_ip6[3] = 0;
		ctx->user_port = 0;
	}
	return 1;
}

char _license[] SEC("license") = "Dual BSD/GPL";
