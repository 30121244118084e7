/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* TCP's checksum, for tests that make their own segments. */
#ifndef TESTS_E2E_CHECKSUM_H
#define TESTS_E2E_CHECKSUM_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

static inline uint32_t checksum_add(const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint32_t total = 0;

	for (size_t i = 0; i < length; i++)
		total += i % 2 ? at[i] : at[i] << 8;
	return total;
}

/* RFC 9293, 3.1: over the addresses, the protocol, the length and the segment. In network order. */
static inline uint16_t checksum(const struct sockaddr_in ends[2], const void *segment,
				size_t length)
{
	uint32_t total = IPPROTO_TCP + length + checksum_add(segment, length);

	for (int i = 0; i < 2; i++)
		total += checksum_add(&ends[i].sin_addr, sizeof(ends[i].sin_addr));
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return htons(~total);
}

#endif
