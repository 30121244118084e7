// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: proven
/* A reader that loads payload window by window, and a parser that tells how far to go. */
#include "window.h"

struct facts {
	__u32 length;
	__u32 port;
};

/* Count lines; how many bytes are to be left out behind the window. It is weak, so that the
 * compiler does not take the reader's check of the result away.
 */
__weak __noinline __u32 parse(struct window *w, struct facts *f)
{
	__u32 length;

	if (!w || !f)
		return 0;
	length = w->length;
	for (__u32 i = 0; i < WINDOW && i < length; i++)
		if (w->text[i] == '\n')
			put(f->port);
	return w->text[0];
}

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	__u32 at = payload_of(skb), left;
	struct facts facts = {.length = skb->len};
	struct window *w = the_window();

	if (!at || !w || skb->len <= at)
		return PASS;
	facts.port = skb->sk ? 80 : 0;
	left = skb->len - at;
	for (int i = 0; i < 32; i++) {
		__u32 n = left < WINDOW ? left : WINDOW, skip;

		n = ((n - 1) & (WINDOW - 1)) + 1;
		if (at > PACKET_MAX || bpf_skb_load_bytes(skb, at, w->text, n))
			break;
		w->length = n;
		skip = parse(w, &facts);
		if (skip > 255)
			break;
		at += n + skip;
		if (left <= n + skip)
			break;
		left -= n + skip;
	}
	return PASS;
}
