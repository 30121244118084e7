/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The tag by which the kernel tells what program is loaded, computed from the
 * object. It is a digest of all instructions as libbpf hands them over, with
 * what names maps taken out; it covers neither maps nor constants.
 */
#ifndef AGENT_VERIFY_TAG_H
#define AGENT_VERIFY_TAG_H

#include "verify/proof/object.h"

#define TAG_BYTES 8
#define TAG_TEXT (2 * TAG_BYTES + 1)

struct tags {
	int instructions;
	char sha256[TAG_TEXT]; /* Linux 6.18 and later */
	char sha1[TAG_TEXT]; /* before */
};

/*
 * Compute the tags of one program of an object. Returns 0, or -ENOENT if there is no
 * such program, -EINVAL if it refers to what is not in the object, -ENOMEM.
 */
int tag_compute(const struct object *object, const char *program, struct tags *tags);

/* A tag as the kernel gives it, in hexadecimal digits. */
void tag_text(const unsigned char tag[TAG_BYTES], char text[TAG_TEXT]);

#endif
