// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>

#include "rules/compile.h"
#include "rules/page_ids.h"
#include "kernel/requests.h"
#include "rules/rules.h"

#define BROWSER                                                                               \
	"Host: shop.example.org\r\n"                                                          \
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) " \
	"Chrome/126.0.0.0 Safari/537.36\r\n"                                                  \
	"Accept: */*\r\n"                                                                     \
	"Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"                                        \
	"Accept-Encoding: gzip, deflate, br, zstd\r\n"                                        \
	"Referer: https://shop.example.org/products/red-shoes\r\n"                            \
	"Origin: https://shop.example.org\r\n"

#define BEACON "GET /hm?p=/products/red-shoes&x=512&y=1034&w=1280&e=click HTTP/1.1\r\n"
#define NINE BEACON BROWSER "Connection: keep-alive\r\nCookie: theme=dark; session=%PAD%\r\n\r\n"

/* Socket, rules, generation, workplace, connection, totals; then the page, its cell, their tables. */
#define COUNTED 11
#define OPTED_OUT 7

/* A kind by name, request, outcome and map operations, and what else sets it apart. */
#define KIND(n, r, o, operations_, ...)                                                         \
	{                                                                                       \
		.name = n, .request = r, .outcome = o, .operations = operations_, ##__VA_ARGS__ \
	}

const struct request_kind request_kinds[] = {
	KIND("beacon, 630 bytes, nine headers", NINE, BC_COUNTED, COUNTED, .pad = 182),
	KIND("beacon, 100 bytes", BEACON "Host: shop.example.org\r\n\r\n", BC_COUNTED, COUNTED),
	KIND("beacon, percent-encoded absolute page URL",
	     "GET /hm?p=https%3A%2F%2Fshop.example.org%2Fproducts%2Fred-shoes%3Fcolour%3Dred"
	     "&x=512&y=1034&w=1280&e=click HTTP/1.1\r\n" BROWSER "\r\n",
	     BC_COUNTED, COUNTED),
	KIND("beacon, identifiers in its page",
	     "GET /hm?p=/user/12345/orders/8f3a9c2d1e4b5a60/items&x=512&y=1034&w=1280 "
	     "HTTP/1.1\r\n" BROWSER "\r\n",
	     BC_COUNTED, COUNTED),
	KIND("beacon, cookies of 1,500 bytes",
	     BEACON BROWSER "Cookie: a=b; session=%PAD%; theme=dark\r\n\r\n", BC_COUNTED, COUNTED,
	     .pad = 1500),
	KIND("beacon, head of 3 KB", BEACON BROWSER "X-Long: %PAD%\r\n\r\n", BC_COUNTED, COUNTED,
	     .pad = 2600),
	KIND("beacon, DNT: 1", BEACON BROWSER "DNT: 1\r\n\r\n", BC_OPTED_OUT, OPTED_OUT),
	KIND("beacon, Sec-GPC: 1", BEACON BROWSER "Sec-GPC: 1\r\n\r\n", BC_OPTED_OUT, OPTED_OUT),
	KIND("beacon, opt-out cookie",
	     BEACON BROWSER "Cookie: theme=dark; blindcount_optout=1\r\n\r\n", BC_OPTED_OUT,
	     OPTED_OUT),
	KIND("page of the app, not a beacon",
	     "GET /products/red-shoes?colour=red HTTP/1.1\r\n" BROWSER "\r\n", BC_COUNTED, 9),
	KIND("beacon, POST with an empty body",
	     "POST /hm?p=/products/red-shoes&x=512&y=1034&w=1280&e=click HTTP/1.1\r\n" BROWSER
	     "Content-Length: 0\r\n\r\n",
	     BC_COUNTED, COUNTED),
	KIND("beacon, unlisted page, 1 page rule", NINE, BC_COUNTED, COUNTED + 1, .pad = 182,
	     .rule = "page (any) /listed/%s\n", .rules = 1),
	KIND("beacon, unlisted page, 64 page rules", NINE, BC_COUNTED, COUNTED + 1, .pad = 182,
	     .rule = "page (any) /listed/%s\n", .rules = 64),
	KIND("beacon, unlisted page, 4,096 page rules", NINE, BC_COUNTED, COUNTED + 1, .pad = 182,
	     .rule = "page (any) /listed/%s\n", .rules = 4096),
	KIND("beacon, 50 cookies opt out", NINE, BC_COUNTED, COUNTED, .pad = 182,
	     .rule = "optout cookie no_%s\n", .rules = 50),
	KIND("beacon, 50 page patterns", NINE, BC_COUNTED, COUNTED + 1, .pad = 182,
	     .rule = "exclude page (any) /%s/*\n", .rules = 50),
	KIND("first half of a head", BEACON BROWSER "\r\n", BC_OUTCOMES, 7, .split = true),
	KIND("packet for another port", BEACON BROWSER "\r\n", BC_OUTCOMES, 1, .port = 22),
	KIND("ACK without data", NULL, BC_OUTCOMES, 2),
};

const size_t request_kinds_count = sizeof(request_kinds) / sizeof(request_kinds[0]);

static size_t put_payload(const struct request_kind *kind, char *out)
{
	const char *hole = strstr(kind->request, "%PAD%");
	size_t n;

	if (!hole)
		return strlen(strcpy(out, kind->request));
	n = (size_t)(hole - kind->request);
	memcpy(out, kind->request, n);
	for (size_t i = 0; i < kind->pad; i++)
		out[n + i] = "abcdefghijklmnopqrstuvwxyz0123456789"[i * 7 % 36];
	strcpy(out + n + kind->pad, hole + strlen("%PAD%"));
	return strlen(out);
}

void request_packet(const struct request_kind *kind, struct packet *p)
{
	struct ethhdr *eth = (struct ethhdr *)p->bytes;
	struct iphdr *ip = (struct iphdr *)(eth + 1);
	struct tcphdr *tcp = (struct tcphdr *)(ip + 1);
	size_t n;

	memset(p, 0, sizeof(*p));
	n = kind->request ? put_payload(kind, (char *)(tcp + 1)) : 0;
	if (kind->split)
		n /= 2;
	p->at = (size_t)((unsigned char *)(tcp + 1) - p->bytes);
	p->length = p->at + n;
	eth->h_proto = htons(ETH_P_IP);
	*ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP};
	ip->tot_len = htons((uint16_t)(p->length - sizeof(*eth)));
	*tcp = (struct tcphdr){.doff = 5, .ack = 1, .dest = htons(PORT), .seq = htonl(1000)};
}

struct bc_socket request_socket(const struct request_kind *kind)
{
	return (struct bc_socket){
		.rcv_nxt = 1000,
		.port = kind->port ? kind->port : PORT,
		.protocol = IPPROTO_TCP,
		.state = 1,
		.again = 1,
	};
}

static int add_rules(const struct request_kind *kind, struct rules *rules, struct error *e)
{
	char text[64], word[8];
	int r = rules_add_builtin(rules, e);

	for (unsigned int i = 0; !r && i < kind->rules; i++) {
		snprintf(word, sizeof(word), "%c%c%c", 'a' + i / 676, 'a' + i / 26 % 26,
			 'a' + i % 26);
		snprintf(text, sizeof(text), kind->rule, word);
		r = rules_read(rules, text, strlen(text), e);
	}
	return r;
}

static int list_pages(const struct page_ids *page_ids, int listed)
{
	struct bc_page key;

	while (!bpf_map_get_next_key(listed, NULL, &key))
		bpf_map_delete_elem(listed, &key);
	for (size_t i = 0; i < page_ids->pages; i++) {
		const struct page_ids_page *page = &page_ids->page[i];

		memset(&key, 0, sizeof(key));
		key.site = page->site;
		memcpy(key.name, page->name, strlen(page->name));
		if (!page->pattern && bpf_map_update_elem(listed, &key, &page->page, BPF_ANY))
			return -1;
	}
	return 0;
}

int request_rules(const struct request_kind *kind, struct bc_ruleset *compiled, int listed)
{
	struct rules rules = {};
	struct page_ids page_ids = {};
	struct error e = {"the pages cannot be listed"};
	int r = add_rules(kind, &rules, &e);

	if (!r)
		r = page_ids_assign(&rules, NULL, &page_ids, &e);
	if (!r)
		r = compile_ruleset(&rules, &page_ids, compiled, &e);
	if (!r)
		r = list_pages(&page_ids, listed);
	if (r)
		fprintf(stderr, "%s: %s\n", kind->name, e.text);
	page_ids_free(&page_ids);
	rules_free(&rules);
	return r ? -1 : 0;
}
