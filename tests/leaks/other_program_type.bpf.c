// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: there are no rules for programs of its type
/* A program at another hook. */
#include "leak.h"

SEC("sockops")
int program(struct bpf_sock_ops *ctx)
{
	return 1; /* leak */
}
