/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Text that outlives the agent in kernel memory (struct bc_text). */
#ifndef AGENT_BPF_KERNEL_TEXT_H
#define AGENT_BPF_KERNEL_TEXT_H

#include "blindcount.h"
#include "base/error.h"

/* Read a map's text. On success the caller frees *text, a length is in it. */
int kernel_text_read(int map, struct bc_text **text, struct error *e);

/* An empty text to append to and write; the caller frees it. NULL: no memory. */
struct bc_text *kernel_text_new(__u32 day);

/* Append; -ENOSPC if it does not fit, and then nothing is. */
int kernel_text_append(struct bc_text *text, const char *bytes, size_t length);

int kernel_text_write(int map, const struct bc_text *text, struct error *e);

#endif
