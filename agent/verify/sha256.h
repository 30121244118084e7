/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* SHA-256 (FIPS 180-4), for fingerprints of files and for program tags. */
#ifndef AGENT_VERIFY_SHA256_H
#define AGENT_VERIFY_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32
#define SHA256_TEXT (2 * SHA256_BYTES + 1)

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes so far */
	unsigned char block[64];
};

void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t size);
void sha256_end(struct sha256 *s, unsigned char digest[SHA256_BYTES]);

/* The digest of `size` bytes as hexadecimal digits. */
void sha256_text(const void *data, size_t size, char text[SHA256_TEXT]);

#endif
