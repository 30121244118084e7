/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * SHA-1 (FIPS 180-4), only because kernels before 6.18 tag programs with it. It
 * no longer resists someone who wants two programs with one tag.
 */
#ifndef AGENT_VERIFY_SHA1_H
#define AGENT_VERIFY_SHA1_H

#include <stddef.h>

#define SHA1_BYTES 20

void sha1(const void *data, size_t size, unsigned char digest[SHA1_BYTES]);

#endif
