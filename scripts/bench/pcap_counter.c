// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A peer for comparison: counts heatmap beacons as a small libpcap program would,
 * from captured packets, with libhttp-parser, in a table of this process. It
 * honours DNT, Sec-GPC and the opt-out cookie, and does no more than that: no
 * streams are put together, and page names are counted as they come.
 *
 * Usage: pcap_counter INTERFACE PORT; prints the number of beacons at SIGTERM.
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <http_parser.h>
#include <pcap/pcap.h>

#define BUFFER (32 << 20)
#define TIMEOUT_MS 100
#define SLOTS (1 << 18) /* a power of two */
#define NAME_MAX_LENGTH 120

struct cell {
	char page[NAME_MAX_LENGTH];
	unsigned int x, y;
	uint64_t count;
};

struct request {
	const char *url, *name;
	size_t url_length, name_length;
	bool opted_out;
};

static struct {
	struct cell *cells;
	uint64_t beacons, dropped;
	pcap_t *capture;
} counter;

static void stop(int signal)
{
	(void)signal;
	pcap_breakloop(counter.capture);
}

static int on_url(http_parser *parser, const char *at, size_t length)
{
	struct request *r = parser->data;

	r->url = at;
	r->url_length = length;
	return 0;
}

static int on_name(http_parser *parser, const char *at, size_t length)
{
	struct request *r = parser->data;

	r->name = at;
	r->name_length = length;
	return 0;
}

static bool is_named(const struct request *r, const char *name)
{
	return r->name_length == strlen(name) && !strncasecmp(r->name, name, r->name_length);
}

static int on_value(http_parser *parser, const char *at, size_t length)
{
	struct request *r = parser->data;

	if (is_named(r, "DNT") || is_named(r, "Sec-GPC"))
		r->opted_out |= length && *at == '1';
	else if (is_named(r, "Cookie"))
		r->opted_out |= memmem(at, length, "blindcount_optout", 17) != NULL;
	return 0;
}

/* One parameter of a query; false where there is none of this name. */
static bool parameter(const char *query, const char *end, char name, const char **value,
		      size_t *length)
{
	while (query < end) {
		const char *next = memchr(query, '&', (size_t)(end - query));

		next = next ? next : end;
		if (next - query > 2 && query[0] == name && query[1] == '=') {
			*value = query + 2;
			*length = (size_t)(next - query) - 2;
			return true;
		}
		query = next + 1;
	}
	return false;
}

static unsigned int number(const char *query, const char *end, char name)
{
	unsigned int n = 0;
	const char *value;
	size_t length;

	if (!parameter(query, end, name, &value, &length))
		return 0;
	for (size_t i = 0; i < length && value[i] >= '0' && value[i] <= '9'; i++)
		n = n * 10 + (unsigned int)(value[i] - '0');
	return n;
}

static uint32_t hash(const struct cell *cell)
{
	uint32_t h = 2166136261U ^ cell->x ^ cell->y << 8;

	for (const char *c = cell->page; *c; c++)
		h = (h ^ (unsigned char)*c) * 16777619U;
	return h;
}

static void count(const struct cell *cell)
{
	uint32_t at = hash(cell);

	for (unsigned int probe = 0; probe < 64; probe++) {
		struct cell *c = &counter.cells[(at + probe) & (SLOTS - 1)];

		if (!c->count)
			*c = *cell;
		if (c->x == cell->x && c->y == cell->y && !strcmp(c->page, cell->page)) {
			c->count++;
			return;
		}
	}
	counter.dropped++;
}

static void beacon(const struct request *r)
{
	const char *end = r->url + r->url_length, *query = memchr(r->url, '?', r->url_length);
	struct cell cell = {};
	const char *page;
	unsigned int width;
	size_t length;

	if (!query || query - r->url != 3 || memcmp(r->url, "/hm", 3) || r->opted_out)
		return;
	query++;
	if (parameter(query, end, 'p', &page, &length) && length < sizeof(cell.page))
		memcpy(cell.page, page, length);
	width = number(query, end, 'w');
	cell.x = width ? number(query, end, 'x') * 64 / width : 0;
	cell.y = number(query, end, 'y') / 16;
	count(&cell);
	counter.beacons++;
}

static void on_packet(unsigned char *unused, const struct pcap_pkthdr *header,
		      const unsigned char *bytes)
{
	static const http_parser_settings settings = {
		.on_url = on_url, .on_header_field = on_name, .on_header_value = on_value};
	const struct iphdr *ip = (const struct iphdr *)(bytes + ETHER_HDR_LEN);
	const unsigned char *end = bytes + header->caplen;
	const struct tcphdr *tcp;
	const char *at;
	size_t left;

	(void)unused;
	if (bytes + ETHER_HDR_LEN + sizeof(*ip) + sizeof(*tcp) > end || ip->version != 4)
		return;
	tcp = (const struct tcphdr *)((const unsigned char *)ip + ip->ihl * 4);
	at = (const char *)tcp + tcp->doff * 4;
	if ((const unsigned char *)at >= end)
		return;
	for (left = (size_t)((const char *)end - at); left;) {
		struct request r = {};
		http_parser parser;
		const char *head = memmem(at, left, "\r\n\r\n", 4);
		size_t n = head ? (size_t)(head - at) + 4 : left;

		http_parser_init(&parser, HTTP_REQUEST);
		parser.data = &r;
		if (http_parser_execute(&parser, &settings, at, n) == n && r.url)
			beacon(&r);
		at += n;
		left -= n;
	}
}

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE] = "", filter[64];
	struct bpf_program program;
	struct pcap_stat stat = {};
	pcap_t *p;

	if (argc != 3) {
		fprintf(stderr, "Usage: pcap_counter INTERFACE PORT\n");
		return 2;
	}
	snprintf(filter, sizeof(filter), "tcp dst port %d", atoi(argv[2]));
	counter.cells = calloc(SLOTS, sizeof(*counter.cells));
	p = counter.capture = pcap_create(argv[1], error);
	if (!counter.cells || !p || pcap_set_snaplen(p, 65535) || pcap_set_buffer_size(p, BUFFER) ||
	    pcap_set_timeout(p, TIMEOUT_MS) || pcap_activate(p) < 0 ||
	    pcap_compile(p, &program, filter, 1, PCAP_NETMASK_UNKNOWN) ||
	    pcap_setfilter(p, &program)) {
		fprintf(stderr, "pcap_counter: %s: %s\n", argv[1], p ? pcap_geterr(p) : error);
		return 1;
	}
	signal(SIGTERM, stop);
	puts("ready");
	fflush(stdout);
	pcap_loop(p, -1, on_packet, NULL);
	pcap_stats(p, &stat);
	printf("beacons %lu\nmissed %u\n", counter.beacons,
	       stat.ps_drop + (unsigned int)counter.dropped);
	pcap_close(p);
	return 0;
}
