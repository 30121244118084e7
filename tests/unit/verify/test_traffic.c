// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Generated twins differ in who sends, everywhere, and in nothing else. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "verify/twins/traffic.h"

#define CONNECTIONS 2000

static struct traffic one, other;

/* A frame taken apart; `source` is compared as the peer's address. */
struct parts {
	const unsigned char *source, *payload;
	size_t address, length;
	const struct tcphdr *tcp;
};

static struct parts take_apart(const struct traffic_packet *p)
{
	const struct ethhdr *ether = (const void *)p->frame;
	bool ipv6 = ether->h_proto == htons(ETH_P_IPV6);
	const struct iphdr *ip4 = (const void *)(ether + 1);
	const struct ipv6hdr *ip6 = (const void *)(ether + 1);
	struct parts parts = {.address = ipv6 ? 16 : 4};

	assert_int_equal(ipv6 ? ip6->version : ip4->version, ipv6 ? 6 : 4);
	assert_int_equal(ipv6 ? ip6->nexthdr : ip4->protocol, IPPROTO_TCP);
	parts.source = ipv6 ? ip6->saddr.s6_addr : (const unsigned char *)&ip4->saddr;
	parts.tcp = (const void *)((const unsigned char *)ip4 + (ipv6 ? 40 : ip4->ihl * 4));
	parts.payload = (const unsigned char *)parts.tcp + parts.tcp->doff * 4;
	parts.length = p->frame + p->length - parts.payload;
	assert_int_equal(ipv6 ? ntohs(ip6->payload_len) + 40 : ntohs(ip4->tot_len),
			 p->length - sizeof(*ether));
	assert_int_equal(ntohs(parts.tcp->dest), TRAFFIC_PORT);
	return parts;
}

static void compare_packets(const struct traffic_packet *a, const struct traffic_packet *b)
{
	struct parts x, y;

	assert_int_equal(a->length, b->length);
	assert_int_equal(a->rcv_nxt, b->rcv_nxt);
	assert_int_equal(a->bytes_received, b->bytes_received);
	assert_int_equal(a->listening, b->listening);
	assert_int_equal(a->odd, b->odd);
	if (a->odd)
		return;
	x = take_apart(a);
	y = take_apart(b);
	assert_int_equal(x.length, y.length);
	assert_int_equal(x.tcp->seq, y.tcp->seq);
	assert_int_equal(x.tcp->doff, y.tcp->doff);
	assert_memory_not_equal(x.source, y.source, x.address);
	assert_int_not_equal(x.tcp->ack_seq, y.tcp->ack_seq);
}

static void test_twins(void **state)
{
	unsigned int ports = 0, packets = 0;

	(void)state;
	for (uint32_t c = 0; c < CONNECTIONS; c++) {
		traffic_make(7, c, 0, &one);
		traffic_make(7, c, 1, &other);
		assert_in_range(one.packets, 1, TRAFFIC_PACKETS);
		assert_int_equal(one.packets, other.packets);
		assert_memory_equal(one.ends, other.ends, sizeof(one.ends));
		for (int i = 0; i < one.packets; i++) {
			compare_packets(&one.packet[i], &other.packet[i]);
			if (one.packet[i].odd)
				continue;
			ports += take_apart(&one.packet[i]).tcp->source !=
				 take_apart(&other.packet[i]).tcp->source;
			packets++;
		}
	}
	assert_true(ports > packets * 9 / 10);
}

static void test_same_numbers_same_bytes(void **state)
{
	(void)state;
	memset(&one, 0, sizeof(one));
	memset(&other, 0, sizeof(other));
	traffic_make(1, 2, 3, &one);
	traffic_make(1, 2, 3, &other);
	assert_memory_equal(&one, &other, sizeof(one));
	traffic_make(2, 2, 3, &other);
	assert_memory_not_equal(&one, &other, sizeof(one));
}

static void test_all_sorts_are_there(void **state)
{
	unsigned int ends[BC_OUTCOMES] = {0}, listening = 0, early = 0, again = 0, ipv6 = 0,
		     odd = 0;

	(void)state;
	for (uint32_t c = 0; c < CONNECTIONS; c++) {
		traffic_make(8, c, 0, &one);
		for (int i = 0; i < BC_OUTCOMES; i++)
			ends[i] += one.ends[i];
		for (int i = 0; i < one.packets; i++) {
			struct parts parts;
			int32_t ahead;

			odd += one.packet[i].odd;
			if (one.packet[i].odd)
				continue;
			parts = take_apart(&one.packet[i]);
			ahead = ntohl(parts.tcp->seq) - one.packet[i].rcv_nxt;
			listening += one.packet[i].listening;
			early += !one.packet[i].listening && ahead > 0;
			again += !one.packet[i].listening && ahead < 0;
			ipv6 += parts.address == 16;
		}
	}
	for (int i = 0; i < BC_OUTCOMES; i++)
		assert_int_equal(!ends[i], i == BC_UNDECIDED);
	assert_true(listening > 100 && early > 100 && again > 100 && ipv6 > 100 && odd > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_same_numbers_same_bytes),
		cmocka_unit_test(test_all_sorts_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
