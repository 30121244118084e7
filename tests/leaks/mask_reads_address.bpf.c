// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: loads user_ip4 of the context
/* The program that hides addresses looks at them. */
#include "leak.h"

SEC("cgroup/getpeername4")
int program(struct bpf_sock_addr *ctx)
{
	if (ctx->user_ip4 == 0x0100007f) /* leak */
		ctx->user_port = 0;
	return 1;
}
