// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* SHA-1 as FIPS 180-4 writes it down, section 6.1. */
#include <stdint.h>
#include <string.h>

#include "verify/sha1.h"

static uint32_t rotate(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

/* The standard's function f and constant K of a round. */
static uint32_t mix(int round, uint32_t b, uint32_t c, uint32_t d)
{
	if (round < 20)
		return ((b & c) ^ (~b & d)) + 0x5a827999;
	if (round < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (round < 60)
		return ((b & c) ^ (b & d) ^ (c & d)) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

/* v[0] to v[4] are the standard's a to e. */
static void take_block(uint32_t state[5], const unsigned char block[64])
{
	uint32_t w[80], v[5];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 |
		       block[4 * i + 2] << 8 | block[4 * i + 3];
	for (int i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	memcpy(v, state, sizeof(v));
	for (int i = 0; i < 80; i++) {
		uint32_t next = rotate(v[0], 5) + mix(i, v[1], v[2], v[3]) + v[4] + w[i];

		memmove(v + 1, v, 4 * sizeof(*v));
		v[2] = rotate(v[2], 30);
		v[0] = next;
	}
	for (int i = 0; i < 5; i++)
		state[i] += v[i];
}

void sha1(const void *data, size_t size, unsigned char digest[SHA1_BYTES])
{
	uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	size_t left = size % 64, whole = size - left;
	unsigned char last[128] = {0};
	uint64_t bits = (uint64_t)size * 8;

	for (size_t i = 0; i < whole; i += 64)
		take_block(state, (const unsigned char *)data + i);
	if (left)
		memcpy(last, (const unsigned char *)data + whole, left);
	last[left] = 0x80;
	for (int i = 0; i < 8; i++)
		last[(left < 56 ? 56 : 120) + i] = bits >> (56 - 8 * i);
	take_block(state, last);
	if (left >= 56)
		take_block(state, last + 64);
	for (int i = 0; i < SHA1_BYTES; i++)
		digest[i] = state[i / 4] >> (24 - i % 4 * 8);
}
