/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a report is about, so that it can be told from others: machine, binary, objects, programs. */
#ifndef AGENT_VERIFY_IDENTITY_H
#define AGENT_VERIFY_IDENTITY_H

#include <stdio.h>

#include "verify/image.h"

/* This binary, the kernel and the time. */
void identity_print_text(FILE *out);
/* The same as members of a JSON object, without braces around them. */
void identity_print_json(FILE *out);

/*
 * Digest of an object, and its programs with the tags that the kernel will know
 * them by.
 */
void identity_print_object_text(FILE *out, const struct image *image);
/* One JSON object. */
void identity_print_object_json(FILE *out, const struct image *image);

#endif
