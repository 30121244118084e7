// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Text in one value of a map, read and replaced as a whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "bpf/kernel_text.h"

int kernel_text_read(int map, struct bc_text **out, struct error *e)
{
	struct bc_text *text = malloc(sizeof(*text));
	__u32 zero = 0;
	int r;

	if (!text)
		return -ENOMEM;
	r = bpf_map_lookup_elem(map, &zero, text);
	if (!r && text->length > BC_TEXT_BYTES)
		r = -EBADMSG;
	if (r) {
		free(text);
		return error_set(e, -r, "cannot read text kept in the kernel: %s", strerror(-r));
	}
	*out = text;
	return 0;
}

struct bc_text *kernel_text_new(__u32 day)
{
	struct bc_text *text = calloc(1, sizeof(*text));

	if (text)
		text->day = day;
	return text;
}

int kernel_text_append(struct bc_text *text, const char *bytes, size_t length)
{
	if (length > BC_TEXT_BYTES - text->length)
		return -ENOSPC;
	memcpy(text->text + text->length, bytes, length);
	text->length += length;
	return 0;
}

int kernel_text_write(int map, const struct bc_text *text, struct error *e)
{
	__u32 zero = 0;
	int r = bpf_map_update_elem(map, &zero, text, BPF_ANY);

	return r ? error_set(e, -r, "cannot keep text in the kernel: %s", strerror(-r)) : 0;
}
