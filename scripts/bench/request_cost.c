// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What one packet costs in the kernel, by BPF_PROG_RUN with `repeat`, beside
 * libhttp-parser on the same bytes and the same core, in interleaved rounds.
 * Each iteration must have raised its outcome counter, or the figure counts for
 * nothing and the run fails.
 *
 * Usage: request_cost [ROUNDS [REPEAT]]
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <http_parser.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>

#include "blindcount.skel.h"
#include "compile.h"
#include "numbers.h"
#include "rules.h"

#define PORT 8080
#define ROUNDS_MAX 100

/* The socket facts of a test, as bpf/segment.h defines them. */
struct test_socket {
	__u32 rcv_nxt, connection;
	__u64 bytes_received;
	__u16 port;
	__u8 protocol, state, fresh, again, unused[2];
};

struct kind {
	const char *name;
	const char *request; /* NULL: no payload */
	enum bc_outcome outcome;
	size_t pad; /* bytes of cookie put in for %COOKIE% */
	__u16 port;
	bool split; /* the first half of a head only */
};

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

static const struct kind kinds[] = {
	{"beacon, 630 bytes, nine headers",
	 BEACON BROWSER "Connection: keep-alive\r\nCookie: theme=dark; session=%COOKIE%\r\n\r\n",
	 BC_COUNTED, 182, PORT, false},
	{"beacon, 100 bytes", BEACON "Host: shop.example.org\r\n\r\n", BC_COUNTED, 0, PORT, false},
	{"beacon, percent-encoded absolute page URL",
	 "GET /hm?p=https%3A%2F%2Fshop.example.org%2Fproducts%2Fred-shoes%3Fcolour%3Dred"
	 "&x=512&y=1034&w=1280&e=click HTTP/1.1\r\n" BROWSER "\r\n",
	 BC_COUNTED, 0, PORT, false},
	{"beacon, identifiers in its page",
	 "GET /hm?p=/user/12345/orders/8f3a9c2d1e4b5a60/items&x=512&y=1034&w=1280 "
	 "HTTP/1.1\r\n" BROWSER "\r\n",
	 BC_COUNTED, 0, PORT, false},
	{"beacon, cookies of 1,500 bytes",
	 BEACON BROWSER "Cookie: a=b; session=%COOKIE%; theme=dark\r\n\r\n", BC_COUNTED, 1500, PORT,
	 false},
	{"beacon, head of 3 KB", BEACON BROWSER "X-Long: %COOKIE%\r\n\r\n", BC_COUNTED, 2600, PORT,
	 false},
	{"DNT: 1", BEACON BROWSER "DNT: 1\r\n\r\n", BC_OPTED_OUT, 0, PORT, false},
	{"Sec-GPC: 1", BEACON BROWSER "Sec-GPC: 1\r\n\r\n", BC_OPTED_OUT, 0, PORT, false},
	{"opt-out cookie", BEACON BROWSER "Cookie: theme=dark; blindcount_optout=1\r\n\r\n",
	 BC_OPTED_OUT, 0, PORT, false},
	{"page of the app, not a beacon",
	 "GET /products/red-shoes?colour=red HTTP/1.1\r\n" BROWSER "\r\n", BC_COUNTED, 0, PORT,
	 false},
	{"POST with an empty body",
	 "POST /hm?p=/products/red-shoes&x=512&y=1034&w=1280&e=click HTTP/1.1\r\n" BROWSER
	 "Content-Length: 0\r\n\r\n",
	 BC_COUNTED, 0, PORT, false},
	{"first half of a head", BEACON BROWSER "\r\n", BC_OUTCOMES, 0, PORT, true},
	{"packet for another port", BEACON BROWSER "\r\n", BC_OUTCOMES, 0, 22, false},
	{"ACK without data", NULL, BC_OUTCOMES, 0, PORT, false},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct bench {
	struct blindcount_bpf *skel;
	unsigned int rounds, repeat, cpus;
};

struct packet {
	unsigned char bytes[9000];
	size_t length, at; /* of the payload */
};

static void die(const char *what)
{
	fprintf(stderr, "request_cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

static size_t request_make(const struct kind *kind, char *out)
{
	const char *hole = strstr(kind->request, "%COOKIE%");
	size_t n;

	if (!hole)
		return strlen(strcpy(out, kind->request));
	n = hole - kind->request;
	memcpy(out, kind->request, n);
	for (size_t i = 0; i < kind->pad; i++)
		out[n + i] = "abcdefghijklmnopqrstuvwxyz0123456789"[i * 7 % 36];
	strcpy(out + n + kind->pad, hole + strlen("%COOKIE%"));
	return strlen(out);
}

static void packet_make(const struct kind *kind, struct packet *p)
{
	struct ethhdr *eth = (struct ethhdr *)p->bytes;
	struct iphdr *ip = (struct iphdr *)(eth + 1);
	struct tcphdr *tcp = (struct tcphdr *)(ip + 1);
	size_t n = kind->request ? request_make(kind, (char *)(tcp + 1)) : 0;

	if (kind->split)
		n /= 2;
	p->at = (unsigned char *)(tcp + 1) - p->bytes;
	p->length = p->at + n;
	eth->h_proto = htons(ETH_P_IP);
	*ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP};
	ip->tot_len = htons(p->length - sizeof(*eth));
	*tcp = (struct tcphdr){.doff = 5, .ack = 1, .dest = htons(PORT), .seq = htonl(1000)};
}

static void rules_load_built_in(struct bench *b)
{
	struct bc_ruleset *compiled = calloc(1, sizeof(*compiled));
	struct rules rules = {};
	struct numbers numbers = {};
	struct error e = {};
	__u32 zero = 0;

	if (!compiled || rules_add_builtin(&rules, &e) ||
	    numbers_assign(&rules, NULL, &numbers, &e) ||
	    compile_ruleset(&rules, &numbers, compiled, &e))
		die(e.text);
	if (bpf_map__update_elem(b->skel->maps.rules_0, &zero, sizeof(zero), compiled,
				 sizeof(*compiled), BPF_ANY))
		die("rules");
	free(compiled);
	rules_free(&rules);
	numbers_free(&numbers);
}

static uint64_t total(const struct bench *b, __u32 which)
{
	uint64_t(*copies)[BC_TOTALS] = calloc(b->cpus, sizeof(*copies)), sum = 0;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(b->skel->maps.totals), &zero, copies))
		die("totals");
	for (unsigned int i = 0; i < b->cpus; i++)
		sum += copies[i][which];
	free(copies);
	return sum;
}

/* Nanoseconds of one run; each run must have ended in the kind's outcome. */
static double kernel_ns(const struct bench *b, const struct kind *kind, struct packet *p)
{
	struct test_socket sock = {.rcv_nxt = 1000,
				   .port = kind->port,
				   .protocol = IPPROTO_TCP,
				   .state = 1,
				   .again = 1};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->bytes, .data_size_in = p->length,
		    .repeat = b->repeat);
	__u32 zero = 0, which = kind->outcome < BC_OUTCOMES ? kind->outcome : BC_TOTAL_SEEN;
	bool counted = kind->outcome < BC_OUTCOMES || kind->split;
	uint64_t before = total(b, which), expected = counted ? b->repeat : 0;

	if (bpf_map__update_elem(b->skel->maps.test_socket, &zero, sizeof(zero), &sock,
				 sizeof(sock), BPF_ANY) ||
	    bpf_prog_test_run_opts(bpf_program__fd(b->skel->progs.blindcount), &opts))
		die(kind->name);
	if (opts.retval != 1 || total(b, which) - before != expected) {
		fprintf(stderr, "request_cost: %s: not each run was counted\n", kind->name);
		exit(1);
	}
	return opts.duration;
}

/* Counts what it is given, so that no call can be left out. */
static int on_data(http_parser *parser, const char *at, size_t length)
{
	(void)at;
	*(size_t *)parser->data += length;
	return 0;
}

static double parser_ns(const struct bench *b, const struct packet *p)
{
	static const http_parser_settings settings = {
		.on_url = on_data, .on_header_field = on_data, .on_header_value = on_data};
	struct timespec from, to;
	size_t seen = 0, n = p->length - p->at;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned int i = 0; i < b->repeat; i++) {
		http_parser parser;

		http_parser_init(&parser, HTTP_REQUEST);
		parser.data = &seen;
		if (http_parser_execute(&parser, &settings, (const char *)p->bytes + p->at, n) != n)
			die("libhttp-parser");
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	return ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / b->repeat;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void measure(const struct bench *b, const struct kind *kind)
{
	double kernel[ROUNDS_MAX], parser[ROUNDS_MAX], ratio[ROUNDS_MAX];
	static struct packet p;
	unsigned int n = b->rounds;

	packet_make(kind, &p);
	kernel_ns(b, kind, &p);
	for (unsigned int i = 0; i < n; i++) {
		kernel[i] = kernel_ns(b, kind, &p);
		parser[i] = kind->request ? parser_ns(b, &p) : 0;
		ratio[i] = parser[i] ? kernel[i] / parser[i] : 0;
	}
	qsort(kernel, n, sizeof(*kernel), compare);
	qsort(parser, n, sizeof(*parser), compare);
	qsort(ratio, n, sizeof(*ratio), compare);
	printf("%-42s %5zu  %6.0f (%.0f-%.0f)  %6.0f  %5.2f (%.2f-%.2f)\n", kind->name,
	       p.length - p.at, kernel[n / 2], kernel[0], kernel[n - 1], parser[n / 2],
	       ratio[n / 2], ratio[0], ratio[n - 1]);
}

int main(int argc, char **argv)
{
	struct bench b = {.rounds = argc > 1 ? atoi(argv[1]) : 11,
			  .repeat = argc > 2 ? atoi(argv[2]) : 20000};
	cpu_set_t one;

	if (b.rounds < 1 || b.rounds > ROUNDS_MAX || b.repeat < 1)
		die("rounds");
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	b.cpus = libbpf_num_possible_cpus();
	b.skel = blindcount_bpf__open();
	if (!b.skel)
		die("program");
	b.skel->rodata->testing = true;
	b.skel->rodata->ports[0] = PORT;
	b.skel->rodata->port_count = 1;
	if (blindcount_bpf__load(b.skel))
		die("program");
	rules_load_built_in(&b);
	printf("%-42s %5s  %-18s  %6s  %s\n", "", "bytes", "kernel ns (range)", "parser",
	       "ratio (range)");
	for (size_t i = 0; i < KINDS; i++)
		measure(&b, &kinds[i]);
	blindcount_bpf__destroy(b.skel);
	return 0;
}
