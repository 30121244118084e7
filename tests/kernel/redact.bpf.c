// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The redaction alone, driven as the request parser drives it: everything in a
 * map's value, a bounded bpf_loop() around it.
 */
#include "redact/words.h"

#define TEXT_MAX 1024 /* a power of two */

/* Set and read by the test. */
__u8 text[TEXT_MAX + BC_REDACT_BULK_READ];
__u32 length;
__u32 bytewise;
__u32 redacted;
char name[BC_NAME_MAX + 4];

static struct bc_redact redact;
static __u32 at;

static long step(__u32 i, void *unused)
{
	__u32 here = at & (TEXT_MAX - 1), taken = 0;

	(void)i;
	(void)unused;
	if (at >= length)
		return 1;
	if (!bytewise)
		taken = bc_redact_bulk(&redact, name, text + here, length - at);
	if (!taken) {
		bc_redact_byte(&redact, name, text[here]);
		taken = 1;
	}
	at += taken;
	return 0;
}

SEC("cgroup_skb/ingress")
int redact_text(struct __sk_buff *skb)
{
	(void)skb;
	__builtin_memset(name, 0, sizeof(name));
	bc_redact_start(&redact);
	at = 0;
	bpf_loop(TEXT_MAX, step, NULL, 0);
	redacted = bc_redact_end(&redact, name);
	return 1;
}

char _license[] SEC("license") = "Dual BSD/GPL";
