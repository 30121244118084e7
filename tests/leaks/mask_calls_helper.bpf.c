// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: calls bpf_get_socket_cookie, which is not allowed
/* The program that hides addresses tells connections apart. */
#include "leak.h"

SEC("cgroup/getpeername4")
int program(struct bpf_sock_addr *ctx)
{
	ctx->user_ip4 = bpf_get_socket_cookie(ctx) ? 0 : 0; /* leak */
	return 1;
}
