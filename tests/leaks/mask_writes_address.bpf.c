// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: writes to user_ip4 of the context what may not be zero
/* The program that hides addresses makes up others. */
#include "leak.h"

SEC("cgroup/getpeername4")
int program(struct bpf_sock_addr *ctx)
{
	ctx->user_ip4 = 0x0100007f; /* leak */
	return 1;
}
