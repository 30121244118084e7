// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <arpa/inet.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/ethernet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "rules/compile.h"
#include "kernel/harness.h"

#define PACKET_MAX 3400 /* BPF_PROG_RUN takes less than a page */
#define CPUS_MAX 256

static struct {
	struct blindcount_bpf *skel;
	struct bc_cell_line *cells;
	struct bc_ruleset compiled;
	struct page_ids page_ids;
	__u32 epoch;
	__u32 slot;
	__u32 connections;
	__u64 runs; /* with payload, since the last totals */
	__u64 before[BC_TOTALS];
} harness;

static const char *const total_names[BC_TOTALS] = {
	[BC_COUNTED] = "counted",
	[BC_OPTED_OUT] = "opted_out",
	[BC_EXCLUDED] = "excluded",
	[BC_IGNORED] = "ignored",
	[BC_UNDECIDED] = "undecided",
	[BC_MALFORMED] = "malformed",
	[BC_OVERSIZE] = "oversize",
	[BC_TOTAL_SEEN] = "seen",
	[BC_TOTAL_TLS] = "tls",
	[BC_TOTAL_HTTP2] = "http2",
	[BC_TOTAL_UPGRADE] = "upgrade",
	[BC_TOTAL_GAP] = "gap",
	[BC_TOTAL_DUPLICATE] = "duplicate",
	[BC_TOTAL_EARLY] = "early",
	[BC_TOTAL_RESYNC] = "resync",
	[BC_TOTAL_SUBFLOW] = "subflow",
	[BC_TOTAL_FALLBACK] = "fallback",
	[BC_TOTAL_CELLS_DROPPED] = "cells dropped",
	[BC_TOTAL_PAGES_DROPPED] = "pages dropped",
	[BC_TOTAL_SEGMENTS] = "segments",
};

static void read_totals(__u64 sum[BC_TOTALS])
{
	static __u64 copies[CPUS_MAX][BC_TOTALS];
	int cpus = libbpf_num_possible_cpus();
	__u32 zero = 0;

	assert_in_range(cpus, 1, CPUS_MAX);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(harness.skel->maps.totals), &zero, copies),
			 0);
	memset(sum, 0, BC_TOTALS * sizeof(*sum));
	for (int cpu = 0; cpu < cpus; cpu++)
		for (int i = 0; i < BC_TOTALS; i++)
			sum[i] += copies[cpu][i];
}

static size_t cells_bytes(void)
{
	return bpf_map__max_entries(harness.skel->maps.cells) * sizeof(struct bc_cell_line);
}

static void map_cells(void)
{
	harness.cells = mmap(NULL, cells_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED,
			     bpf_map__fd(harness.skel->maps.cells), 0);
	assert_ptr_not_equal(harness.cells, MAP_FAILED);
}

void harness_open(const struct harness_options *o)
{
	struct blindcount_bpf *skel = blindcount_bpf__open();

	assert_non_null(skel);
	harness.skel = skel;
	harness.slot = 0;
	skel->rodata->testing = true;
	skel->rodata->testing_by_helper = true;
	skel->rodata->ports[0] = 80;
	skel->rodata->ports[1] = PORT;
	skel->rodata->port_count = 2;
	if (o->max_cells) {
		skel->rodata->max_cells = o->max_cells;
		bpf_map__set_max_entries(skel->maps.cells, 2 * BC_CELL_LINES(o->max_cells));
	}
	if (o->max_pages) {
		skel->rodata->max_pages = o->max_pages;
		bpf_map__set_max_entries(skel->maps.page_places, 2 * BC_PAGE_PLACES(o->max_pages));
		bpf_map__set_max_entries(skel->maps.page_names, 2 * o->max_pages);
		bpf_map__set_max_entries(skel->maps.page_counts,
					 2 * (BC_PAGE_DISCOVERED + o->max_pages));
	}
	assert_int_equal(blindcount_bpf__load(skel), 0);
	map_cells();
	harness_rules(o->rules ? o->rules : "");
	harness_generation(0, 1);
	read_totals(harness.before);
}

void harness_close(void)
{
	if (harness.cells)
		munmap(harness.cells, cells_bytes());
	blindcount_bpf__destroy(harness.skel);
	page_ids_free(&harness.page_ids);
	memset(&harness, 0, sizeof(harness));
}

static void list_pages(void)
{
	int map = bpf_map__fd(harness.skel->maps.listed);

	for (size_t i = 0; i < harness.page_ids.pages; i++) {
		const struct page_ids_page *page = &harness.page_ids.page[i];
		struct bc_page key = {.site = page->site};

		memcpy(key.name, page->name, strlen(page->name));
		if (!page->pattern && !page->retired)
			assert_int_equal(bpf_map_update_elem(map, &key, &page->page, BPF_ANY), 0);
	}
}

void harness_rules(const char *text)
{
	struct rules rules = {};
	struct page_ids page_ids = {};
	struct error e = {};
	__u32 zero = 0;

	if (rules_add_builtin(&rules, &e) || rules_read(&rules, text, strlen(text), &e) ||
	    page_ids_assign(&rules, &harness.page_ids, &page_ids, &e) ||
	    compile_ruleset(&rules, &page_ids, &harness.compiled, &e))
		fail_msg("%s", e.text);
	harness.compiled.epoch = ++harness.epoch;
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(harness.skel->maps.rules_0), &zero,
					     &harness.compiled, BPF_ANY),
			 0);
	page_ids_free(&harness.page_ids);
	harness.page_ids = page_ids;
	rules_free(&rules);
	list_pages();
}

void harness_generation(__u32 slot, __u64 number)
{
	struct bc_record record = {.current = slot};
	__u32 zero = 0;

	harness.slot = slot;
	record.slot[slot].number = number;
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(harness.skel->maps.record), &zero, &record,
					     BPF_ANY),
			 0);
}

/* Where addresses and ports would be: bytes that no result may depend on. */
static void scramble(void *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((unsigned char *)at)[i] = rand();
}

static size_t put_network(unsigned char *at, const struct headers *h, size_t transport)
{
	struct iphdr *ip4 = (struct iphdr *)at;
	struct ipv6hdr *ip6 = (struct ipv6hdr *)at;
	size_t length = sizeof(*ip4) + h->ip_options;

	if (h->version == 6) {
		scramble(ip6, sizeof(*ip6));
		ip6->version = h->odd_version ? 7 : 6;
		ip6->payload_len = htons(transport);
		ip6->nexthdr = h->next ? h->next : IPPROTO_TCP;
		return sizeof(*ip6);
	}
	scramble(ip4, length);
	ip4->version = h->odd_version ? 5 : 4;
	ip4->ihl = h->ihl ? h->ihl : length / 4;
	ip4->tot_len = htons(length + transport);
	ip4->protocol = IPPROTO_TCP;
	return length;
}

static size_t put_packet(unsigned char *packet, const struct headers *h, __u32 seq,
			 const void *payload, size_t length)
{
	size_t tcp_length = sizeof(struct tcphdr) + h->tcp_options, at = ETHER_HDR_LEN;
	struct ether_header *ether = (struct ether_header *)packet;
	struct tcphdr *tcp;

	memset(ether, 0, sizeof(*ether));
	ether->ether_type = htons(h->version == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	at += put_network(packet + at, h, tcp_length + length);
	tcp = (struct tcphdr *)(packet + at);
	scramble(tcp, tcp_length);
	tcp->seq = htonl(seq);
	tcp->doff = h->doff ? h->doff : tcp_length / 4;
	((__u8 *)tcp)[13] = h->flags | ACK;
	if (h->cut)
		return at + 13;
	assert_true(at + tcp_length + length <= PACKET_MAX);
	memcpy(packet + at + tcp_length, payload, length);
	return at + tcp_length + length;
}

static void run(const struct bc_socket *facts, const struct headers *h, __u32 seq,
		const void *payload, size_t length)
{
	unsigned char packet[PACKET_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet,
		    .data_size_in = put_packet(packet, h, seq, payload, length));
	__u32 zero = 0;

	assert_int_equal(bpf_map__value_size(harness.skel->maps.test_socket), sizeof(*facts));
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(harness.skel->maps.test_socket), &zero,
					     facts, BPF_ANY),
			 0);
	assert_int_equal(
		bpf_prog_test_run_opts(bpf_program__fd(harness.skel->progs.blindcount), &options),
		0);
	assert_int_equal(options.retval, 1); /* always passed */
}

void harness_run(const struct bc_socket *facts, const struct headers *headers, __u32 seq,
		 const void *payload, size_t length)
{
	run(facts, headers, seq, payload, length);
	/* Tests may run packets on several processors. */
	__atomic_fetch_add(&harness.runs, length && !(headers->flags & RST), __ATOMIC_RELAXED);
}

void harness_ignored(const struct bc_socket *facts, const struct headers *headers)
{
	static const char text[] = "GET /ignored HTTP/1.1\r\nHost: a\r\n\r\n";

	run(facts, headers, facts->rcv_nxt, text, sizeof(text) - 1);
	harness_expect((const __u64[BC_TOTALS]){0}, "a packet to be ignored");
}

struct connection stream_open(__u32 first)
{
	return (struct connection){
		.first = first, .rcv_nxt = first, .id = harness.connections++ % 16};
}

void stream_segment(struct connection *c, __u32 at, const void *payload, size_t length)
{
	struct bc_socket facts = {
		.rcv_nxt = c->rcv_nxt,
		.connection = c->id,
		.bytes_received = c->older ? 1000 : c->rcv_nxt - c->first,
		.port = PORT,
		.protocol = IPPROTO_TCP,
		.state = ESTABLISHED,
		.fresh = !c->known,
	};

	c->known = true;
	/* The data on a SYN comes after it. */
	harness_run(&facts, &c->headers, c->first + at - !!(c->headers.flags & SYN), payload,
		    length);
}

void stream_send(struct connection *c, const void *payload, size_t length)
{
	const char *at = payload;

	do {
		size_t n = length > 3000 ? 3000 : length;

		stream_segment(c, c->sent, at, n);
		c->sent += n;
		c->rcv_nxt = c->first + c->sent;
		at += n;
		length -= n;
	} while (length);
}

void stream_text(struct connection *c, const char *text)
{
	stream_send(c, text, strlen(text));
}

void harness_risen(__u64 risen[BC_TOTALS])
{
	__u64 now[BC_TOTALS];

	read_totals(now);
	for (int i = 0; i < BC_TOTALS; i++)
		risen[i] = now[i] - harness.before[i];
	memcpy(harness.before, now, sizeof(now));
	if (risen[BC_TOTAL_SEGMENTS] != harness.runs)
		fail_msg("%llu segments run, %llu looked at", harness.runs,
			 risen[BC_TOTAL_SEGMENTS]);
	risen[BC_TOTAL_SEGMENTS] = 0;
	harness.runs = 0;
}

bool harness_matches(const __u64 expected[BC_TOTALS], const char *what)
{
	__u64 risen[BC_TOTALS];
	bool matches = true;

	harness_risen(risen);
	for (int i = 0; i < BC_TOTALS; i++) {
		if (risen[i] == expected[i])
			continue;
		print_error("%s%s: %llu, not %llu", matches ? "" : ", ", total_names[i], risen[i],
			    expected[i]);
		matches = false;
	}
	if (!matches)
		print_error(": %s\n", what);
	return matches;
}

void harness_expect(const __u64 expected[BC_TOTALS], const char *what)
{
	if (!harness_matches(expected, what))
		fail_msg("%s", what);
}

/* The current slot's entries; returns how many. */
static size_t entries(struct bc_cell_entry **first)
{
	size_t lines = bpf_map__max_entries(harness.skel->maps.cells) / 2;

	*first = harness.cells[harness.slot * lines].entry;
	return lines * BC_CELL_LINE;
}

__u64 harness_cell(__u32 page, __u16 row, __u8 column, __u8 kind)
{
	struct bc_cell cell = {
		.page = page, .row = row, .column = column, .kind = kind | BC_KIND_USED};
	struct bc_cell_entry *entry;
	size_t n = entries(&entry);

	for (; n; n--, entry++)
		if (!memcmp(&entry->cell, &cell, sizeof(cell)))
			return entry->count;
	return 0;
}

__u64 harness_cells_sum(void)
{
	struct bc_cell_entry *entry;
	size_t n = entries(&entry);
	__u64 sum = 0;

	for (; n; n--, entry++)
		sum += entry->count;
	return sum;
}

unsigned int harness_cells(void)
{
	struct bc_cell_entry *entry;
	size_t n = entries(&entry);
	unsigned int used = 0;

	for (; n; n--, entry++)
		used += entry->cell.kind != 0;
	return used;
}

void harness_forget_cells(void)
{
	struct bc_fill learnt;
	struct bc_cell_entry *entry;
	size_t n = entries(&entry);
	int map = bpf_map__fd(harness.skel->maps.learnt);

	memset(entry, 0, n * sizeof(*entry));
	assert_int_equal(bpf_map_lookup_elem(map, &harness.slot, &learnt), 0);
	learnt.cells = 0;
	assert_int_equal(bpf_map_update_elem(map, &harness.slot, &learnt, BPF_ANY), 0);
}

__u64 harness_page_count(__u32 page, enum bc_event event)
{
	struct bpf_map *map = harness.skel->maps.page_counts;
	__u32 place = harness.slot * (bpf_map__max_entries(map) / 2) + page;
	struct bc_page_counts counts;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(map), &place, &counts), 0);
	return counts.count[event];
}

__u32 harness_page(__u32 site, const char *name)
{
	struct bpf_map *map = harness.skel->maps.page_names;
	__u32 half = bpf_map__max_entries(map) / 2;
	struct bc_page page = {.site = site}, is;
	struct bc_fill learnt;

	memcpy(page.name, name, strlen(name));
	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(harness.skel->maps.learnt), &harness.slot, &learnt),
		0);
	for (__u32 i = 0; i < learnt.pages && i < half; i++) {
		__u32 at = harness.slot * half + i;

		assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(map), &at, &is), 0);
		if (!memcmp(&is, &page, sizeof(is)))
			return BC_PAGE_DISCOVERED + i;
	}
	return 0;
}

__u32 harness_listed(const char *site, const char *name)
{
	const struct page_ids_page *page =
		page_ids_find(&harness.page_ids, page_ids_site(&harness.page_ids, site), name);

	assert_non_null(page);
	return page->page;
}

void harness_anew(void)
{
	for (__u32 slot = 2; slot--;) {
		harness_generation(slot, 1);
		harness_forget_cells();
	}
	harness_rules("");
}

__u64 harness_clicks(const char *page)
{
	return harness_cell(harness_page(0, page), 0, 0,
			    BC_KIND(BC_DEVICE_UNKNOWN, BC_EVENT_CLICK));
}
