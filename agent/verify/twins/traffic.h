/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Generates connections that send requests to a beacon port, each in several
 * twins. Twins differ in all that tells who sent them (addresses, ports and
 * what is computed from them, in the packet's headers, and wherever a browser,
 * a proxy or an app may write an address into the stream) and in nothing else:
 * same segments, same lengths, same sequence numbers.
 */
#ifndef AGENT_VERIFY_TWINS_TRAFFIC_H
#define AGENT_VERIFY_TWINS_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#include "blindcount.h"

#define TRAFFIC_PORT 8080
#define TRAFFIC_SEGMENT_MAX 2900 /* payload bytes; BPF_PROG_RUN takes less than a page */
#define TRAFFIC_PACKETS 16 /* on one connection */

/* Rules, in the rules file's words, that make each outcome possible. */
extern const char traffic_rules[];

/* An Ethernet frame, and what the kernel would say of the socket it is for. */
struct traffic_packet {
	uint16_t unused __attribute__((aligned(4))); /* so that the network header is aligned */
	unsigned char frame[14 + 60 + 60 + TRAFFIC_SEGMENT_MAX];
	size_t length;
	uint32_t rcv_nxt;
	uint64_t bytes_received;
	uint8_t listening; /* the socket is the listening one */
	uint8_t odd; /* its network header is not one of IP with TCP behind it */
};

struct traffic {
	struct traffic_packet packet[TRAFFIC_PACKETS];
	int packets;
	unsigned int ends[BC_OUTCOMES]; /* requests that end so, under traffic_rules */
};

/* Generate a twin of a connection. The same numbers always give the same bytes. */
void traffic_make(uint64_t seed, uint32_t connection, uint32_t twin, struct traffic *t);

#endif
