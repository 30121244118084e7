// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Generates requests and packets that differ only in who sends them. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "verify/twins/traffic.h"

#define STREAM_MAX 20480
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char traffic_rules[] = "beacon /matomo.php preset=matomo\n"
			     "optout query optout=1\n"
			     "page (any) /product/*\n"
			     "page (any) /about\n"
			     "exclude page (any) /private/*\n";

/*
 * In these texts <4>, <6> and <a> stand for an IPv4 address, an IPv6 address and
 * either; <-> for one with dashes, <x> and <d> for one as hexadecimal and as decimal
 * number, <p> for a port; <n> for a number that twins share.
 */
struct kind {
	const char *line, *header, *body;
	enum bc_outcome outcome;
};

static const struct kind kinds[] = {
	{"GET /hm?p=/products/red-shoes&x=<n>&y=<n>&w=<n>&e=click", "", NULL, BC_COUNTED},
	{"GET /hm?ip=<a>&p=/about&x=<n>&y=<n>&w=<n>&cip=<a>", "", NULL, BC_COUNTED},
	{"POST /hm?p=/product/<n>&client_ip=<a>&x=<n>&y=<n>&w=<n>&e=move&uid=<x>",
	 "Content-Length: 0\r\n", NULL, BC_COUNTED},
	{"POST /hm?p=https%3A%2F%2Fshop.example.org%2Fcart%3Fip%3D<a>&x=<n>&y=<n>", "",
	 "{\"type\":\"event\",\"payload\":{\"ip\":\"<a>\",\"n\":<n>}}", BC_COUNTED},
	{"GET /hm?p=/visitor/<4>/cart&x=<n>&y=<n>&w=<n>", "", NULL, BC_COUNTED},
	{"GET /hm?p=/visitor/<->/cart&x=<n>&y=<n>", "", NULL, BC_COUNTED},
	{"GET /hm?p=/visitor/<6>/cart&e=view", "", NULL, BC_COUNTED},
	{"GET /hm?p=/a;ip=<4>/b&x=<n>&y=<n>&w=<n>&d=<d>", "", NULL, BC_COUNTED},
	{"GET /matomo.php?idsite=1&rec=1&cip=<a>&res=1280x720"
	 "&url=https%3A%2F%2Fshop.example.org%2Fsale%2F<n>",
	 "", NULL, BC_COUNTED},
	{"GET /products/<n>?client=<a>", "", NULL, BC_COUNTED},
	{"HEAD /?remote=<4>:<p>", "", NULL, BC_COUNTED},
	{"GET /hm?p=/private/<4>&x=<n>&y=<n>", "", NULL, BC_EXCLUDED},
	{"GET /hm?p=/a&x=<n>&y=<n>&ip=<a>", "DNT: 1\r\n", NULL, BC_OPTED_OUT},
	{"GET /hm?p=/a&x=<n>&y=<n>", "Sec-GPC: 1\r\n", NULL, BC_OPTED_OUT},
	{"GET /hm?p=/a&x=<n>&y=<n>", "Cookie: ip=<a>; blindcount_optout=<d>\r\n", NULL,
	 BC_OPTED_OUT},
	{"GET /hm?ip=<a>&optout=1&p=/a", "", NULL, BC_OPTED_OUT},
	{"GET /matomo.php?idsite=1&ping=1&cip=<a>", "", NULL, BC_IGNORED},
	{"OPTIONS /hm?p=/a&ip=<a>", "Origin: http://<4>\r\n", NULL, BC_IGNORED},
};

/* What ends the connection for the parser: only ever the last request. */
static const struct kind last_kinds[] = {
	{"GET /hm?p=/a&ip=<a>", "Content-Length: 1\r\nContent-Length: 2\r\n", NULL, BC_MALFORMED},
	{"GET /hm?p=/a&ip=<a>", " X-Real-IP: <a>\r\n", NULL, BC_MALFORMED},
};

static const char *const headers[] = {
	"X-Forwarded-For: <a>, <4>, <a>",
	"Forwarded: for=<4>;proto=https;by=<4>",
	"Forwarded: for=\"[<6>]:<p>\", for=<4>",
	"X-Real-IP: <a>",
	"X-Client-IP: <a>",
	"X-Cluster-Client-IP: <a>",
	"CF-Connecting-IP: <a>",
	"CF-Connecting-IPv6: <6>",
	"CF-Pseudo-IPv4: <4>",
	"True-Client-IP: <a>",
	"Fastly-Client-IP: <a>",
	"DO-Connecting-IP: <a>",
	"Fly-Client-IP: <a>",
	"X-Appengine-User-IP: <a>",
	"X-Original-Forwarded-For: <a>",
	"X-Azure-ClientIP: <a>",
	"X-NF-Client-Connection-IP: <a>",
	"Cookie: theme=dark; last_ip=<a>; id=<x>.<d>",
	"Referer: https://shop.example.org/?from=<a>",
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; <4>)",
	"Accept: */*",
	"Accept-Encoding: gzip, deflate, br",
	"DNT: 0",
};

/* SplitMix64 (Steele, Lea and Flood, 2014): any seed will do. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* A stream being written: `shape` is what twins share, `secret` what they do not. */
struct writer {
	uint64_t shape, secret;
	size_t length;
	char text[STREAM_MAX];
};

static uint32_t shape(struct writer *w, uint32_t below)
{
	return next(&w->shape) % below;
}

/* `from` to `to`, both included. */
static uint32_t secret(struct writer *w, uint32_t from, uint32_t to)
{
	return from + next(&w->secret) % (to - from + 1);
}

static void put_bytes(struct writer *w, const char *text, size_t n)
{
	if (n > sizeof(w->text) - w->length)
		n = sizeof(w->text) - w->length;
	memcpy(w->text + w->length, text, n);
	w->length += n;
}

static void put_ipv4(struct writer *w, char between)
{
	static const uint32_t range[3][2] = {{1, 9}, {10, 99}, {100, 255}};
	char text[8];

	for (int i = 0; i < 4; i++) {
		const uint32_t *r = range[shape(w, 3)];
		int n = snprintf(text, sizeof(text), "%s%u", i ? (char[]){between, 0} : "",
				 secret(w, r[0], r[1]));

		put_bytes(w, text, n);
	}
}

static void put_ipv6(struct writer *w)
{
	int groups = shape(w, 2) ? 8 : 3 + shape(w, 4), gap = groups == 8 ? -1 : 2;
	char text[8];

	for (int i = 0; i < groups; i++) {
		uint32_t digits = i ? 1 + shape(w, 4) : 4;
		int n = snprintf(text, sizeof(text), "%s%x",
				 i == gap ? "::"
				 : i	  ? ":"
					  : "",
				 secret(w, 1U << (4 * digits - 4), (1U << 4 * digits) - 1));

		put_bytes(w, text, n);
	}
}

static void put_hole(struct writer *w, char what)
{
	char text[16] = "";

	switch (what == 'a' ? "46"[shape(w, 2)] : what) {
	case '4':
		put_ipv4(w, '.');
		return;
	case '-':
		put_ipv4(w, '-');
		return;
	case '6':
		put_ipv6(w);
		return;
	case 'x':
		snprintf(text, sizeof(text), "%08x", secret(w, 1, UINT32_MAX));
		break;
	case 'd':
		snprintf(text, sizeof(text), "%u", secret(w, 1000000000, UINT32_MAX));
		break;
	case 'p':
		snprintf(text, sizeof(text), "%u", secret(w, 10000, 65535));
		break;
	case 'n':
		snprintf(text, sizeof(text), "%u", shape(w, 3000));
		break;
	}
	put_bytes(w, text, strlen(text));
}

static void put(struct writer *w, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "<");

		put_bytes(w, text, n);
		text += n;
		if (*text) {
			put_hole(w, text[1]);
			text += 3;
		}
	}
}

static void put_body(struct writer *w, const char *body)
{
	static struct writer sized;
	char head[64];
	bool chunked = shape(w, 2);

	sized = *w;
	sized.length = 0;
	put(&sized, body);
	snprintf(head, sizeof(head),
		 chunked ? "Transfer-Encoding: chunked\r\n\r\n%zx\r\n"
			 : "Content-Length: %zu\r\n\r\n",
		 sized.length);
	put(w, head);
	put(w, body);
	put(w, chunked ? "\r\n0\r\n\r\n" : "");
}

static void put_request(struct writer *w, const struct kind *kind)
{
	put(w, kind->line);
	put(w, " HTTP/1.1\r\nHost: shop.example.org\r\n");
	for (uint32_t i = shape(w, 10); i; i--) {
		put(w, headers[shape(w, COUNT(headers))]);
		put(w, "\r\n");
	}
	put(w, kind->header);
	if (kind->body)
		put_body(w, kind->body);
	else
		put(w, "\r\n");
}

/* A head that is longer than any server takes. */
static void put_oversize(struct writer *w)
{
	put(w, "GET /hm?p=/a&x=<n>&y=<n> HTTP/1.1\r\n");
	while (w->length <= BC_HEAD_MAX + 2048) {
		put(w, headers[shape(w, COUNT(headers))]);
		put(w, "\r\n");
	}
	put(w, "\r\n");
}

/* What is new for one packet, of the connection it belongs to. */
struct segment {
	uint32_t seq, rcv_nxt;
	uint64_t bytes_received;
	const char *payload;
	size_t length;
	bool listening, odd;
};

static void put_secret(struct writer *w, void *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((unsigned char *)at)[i] = next(&w->secret);
}

/* The network header; all that is no structure differs between twins. */
static size_t put_network(struct writer *w, unsigned char *at, bool ipv6, size_t options,
			  size_t behind)
{
	struct iphdr *ip4 = (struct iphdr *)at;
	struct ipv6hdr *ip6 = (struct ipv6hdr *)at;

	if (ipv6) {
		put_secret(w, ip6, sizeof(*ip6));
		ip6->version = 6;
		ip6->payload_len = htons(behind);
		ip6->nexthdr = IPPROTO_TCP;
		return sizeof(*ip6);
	}
	put_secret(w, ip4, sizeof(*ip4) + options);
	ip4->version = 4;
	ip4->ihl = 5 + options / 4;
	ip4->tot_len = htons(sizeof(*ip4) + options + behind);
	ip4->frag_off = 0;
	ip4->protocol = IPPROTO_TCP;
	return sizeof(*ip4) + options;
}

/* Network headers that are not what they seem, with which no request is seen. */
static void make_odd(struct writer *w, unsigned char *network, bool ipv6)
{
	static const unsigned char next[] = {0, 17, 43, 44, 50, 60};

	if (!shape(w, 4))
		network[0] = (network[0] & 0x0f) | (ipv6 ? 0x50 : 0x70);
	else if (ipv6)
		network[6] = next[shape(w, sizeof(next))];
	else
		network[0] = 0x40 | shape(w, 5);
}

static void put_packet(struct writer *w, bool ipv6, const struct segment *s, struct traffic *t)
{
	struct traffic_packet *p = &t->packet[t->packets++];
	size_t ip_options = shape(w, 4) ? 0 : 4 * shape(w, 11);
	size_t tcp_options = 4 * shape(w, 11), at = sizeof(struct ethhdr);
	struct ethhdr *ether = (struct ethhdr *)p->frame;
	struct tcphdr *tcp;

	memset(ether, 0, sizeof(*ether));
	ether->h_proto = htons(ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	at += put_network(w, p->frame + at, ipv6, ip_options,
			  sizeof(*tcp) + tcp_options + s->length);
	tcp = (struct tcphdr *)(p->frame + at);
	put_secret(w, tcp, sizeof(*tcp) + tcp_options);
	tcp->dest = htons(TRAFFIC_PORT);
	tcp->seq = htonl(s->seq);
	tcp->doff = 5 + tcp_options / 4;
	((uint8_t *)tcp)[13] = 0x10 | shape(w, 2) << 3; /* ACK, perhaps PSH */
	if (s->odd) {
		make_odd(w, p->frame + sizeof(*ether), ipv6);
		put_secret(w, &tcp->seq, sizeof(tcp->seq)); /* who knows what stands there */
	}
	at += sizeof(*tcp) + tcp_options;
	memcpy(p->frame + at, s->payload, s->length);
	p->length = at + s->length;
	p->rcv_nxt = s->rcv_nxt;
	p->bytes_received = s->bytes_received;
	p->listening = s->listening;
	p->odd = s->odd;
}

enum order {
	IN_ORDER,
	TWICE, /* each segment is sent again */
	EARLY, /* the second request comes first */
	DEFERRED, /* the data comes to the listening socket */
	ODD, /* packets that are not TCP behind IP */
	ORDERS,
};

/* Cut the stream into up to three segments, or as many as it takes. */
static void put_segments(struct writer *w, bool ipv6, uint32_t first, enum order order,
			 struct traffic *t)
{
	size_t from = 0, most = w->length > TRAFFIC_SEGMENT_MAX || !shape(w, 2) ? 1 : 3;

	while (from < w->length) {
		size_t left = w->length - from, n = left;
		struct segment s = {
			.seq = first + from, .rcv_nxt = first + from, .odd = order == ODD};

		if (most > 1 && left > 1 && t->packets < (int)most)
			n = 1 + shape(w, left - 1);
		if (n > TRAFFIC_SEGMENT_MAX)
			n = TRAFFIC_SEGMENT_MAX;
		s.bytes_received = from;
		s.payload = w->text + from;
		s.length = n;
		put_packet(w, ipv6, &s, t);
		if (order == TWICE) {
			s.rcv_nxt += n;
			s.bytes_received += n;
			put_packet(w, ipv6, &s, t);
		}
		from += n;
	}
}

/* Two segments whose second is seen first. */
static void put_early(struct writer *w, bool ipv6, uint32_t first, size_t cut, struct traffic *t)
{
	struct segment s = {.seq = first + cut,
			    .rcv_nxt = first,
			    .payload = w->text + cut,
			    .length = w->length - cut};

	put_packet(w, ipv6, &s, t);
	s.seq = first;
	s.payload = w->text;
	s.length = cut;
	put_packet(w, ipv6, &s, t);
}

/* Data that comes before there is a connection, whose first packet then tells of it. */
static void put_deferred(struct writer *w, bool ipv6, uint32_t first, struct traffic *t)
{
	struct segment s = {
		.seq = first, .payload = w->text, .length = w->length, .listening = true};

	put_packet(w, ipv6, &s, t);
	s = (struct segment){.seq = first + w->length,
			     .rcv_nxt = first + w->length,
			     .bytes_received = w->length,
			     .payload = w->text};
	put_packet(w, ipv6, &s, t);
}

/* Write the requests of a connection; returns how long the first of them is. */
static size_t put_requests(struct writer *w, enum order order, struct traffic *t)
{
	const struct kind *kind = &kinds[shape(w, COUNT(kinds))];
	size_t first;

	if (!shape(w, 6))
		put(w, shape(w, 2) ? "PROXY TCP4 <4> <4> <p> <p>\r\n"
				   : "PROXY TCP6 <6> <6> <p> <p>\r\n");
	if (order == IN_ORDER && !shape(w, 50)) {
		put_oversize(w);
		t->ends[BC_OVERSIZE]++;
		return w->length;
	}
	put_request(w, kind);
	t->ends[kind->outcome]++;
	first = w->length;
	if (order == EARLY || !shape(w, 4)) {
		kind = &kinds[shape(w, COUNT(kinds))];
		put_request(w, kind);
		t->ends[kind->outcome]++;
	} else if (order == IN_ORDER && !shape(w, 8)) {
		kind = &last_kinds[shape(w, COUNT(last_kinds))];
		put_request(w, kind);
		t->ends[kind->outcome]++;
	}
	return first;
}

void traffic_make(uint64_t seed, uint32_t connection, uint32_t twin, struct traffic *t)
{
	static struct writer w;
	enum order order;
	uint32_t first;
	size_t cut;
	bool ipv6;

	w.shape = w.secret = seed + ((uint64_t)connection << 32);
	next(&w.shape);
	w.secret = next(&w.secret) + twin;
	w.length = 0;
	t->packets = 0;
	memset(t->ends, 0, sizeof(t->ends));
	ipv6 = shape(&w, 2);
	order = shape(&w, ORDERS);
	first = next(&w.shape);
	cut = put_requests(&w, order, t);
	if (order == EARLY && cut <= TRAFFIC_SEGMENT_MAX && w.length - cut <= TRAFFIC_SEGMENT_MAX)
		put_early(&w, ipv6, first, cut, t);
	else if (order == DEFERRED && w.length <= TRAFFIC_SEGMENT_MAX)
		put_deferred(&w, ipv6, first, t);
	else
		put_segments(&w, ipv6, first, order, t);
	if (order == ODD)
		memset(t->ends, 0, sizeof(t->ends));
}
