/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* BPF objects as bytes: those inside this binary, and files. */
#ifndef AGENT_VERIFY_IMAGE_H
#define AGENT_VERIFY_IMAGE_H

#include <stddef.h>

#include "base/error.h"

struct image {
	const char *name; /* for messages */
	const void *data;
	size_t size;
	void *owned; /* what image_free() frees */
};

/* The objects inside this binary: the counter, then the programs of --mask-peer. */
#define IMAGE_BUILT_IN 2
void image_built_in(struct image images[IMAGE_BUILT_IN]);

/* Read a file of at most 64 MB; its path stays the caller's. 0 or negative errno with a message. */
int image_read(const char *path, struct image *image, struct error *e);

void image_free(struct image *image);

#endif
