// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What one packet costs in the kernel, by BPF_PROG_RUN with `repeat`, beside
 * libhttp-parser on the same bytes and the same core, in interleaved rounds.
 * Each iteration must have raised its outcome counter, or the figure counts for
 * nothing and the run fails.
 *
 * Usage: request_cost [-n ROUNDS] [-r REPEAT] [-k KIND] [-o FILE] [-d FOLDER]
 *   -k  only this kind, by its number
 *   -o  add each figure to a file, for report.js
 *   -d  write the requests to a folder, for other parsers, and end
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <http_parser.h>
#include <netinet/in.h>

#include "blindcount.skel.h"
#include "kernel/requests.h"

#define ROUNDS_MAX 100

struct bench {
	struct blindcount_bpf *skel;
	unsigned int rounds, repeat, cpus;
	FILE *out; /* of all figures, or NULL */
};

static void die(const char *what)
{
	fprintf(stderr, "request_cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void rules_load(const struct bench *b, const struct request_kind *kind)
{
	static struct bc_ruleset compiled;
	__u32 zero = 0;

	if (request_rules(kind, &compiled, bpf_map__fd(b->skel->maps.listed)) ||
	    bpf_map__update_elem(b->skel->maps.rules_0, &zero, sizeof(zero), &compiled,
				 sizeof(compiled), BPF_ANY))
		die("rules");
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
static double kernel_ns(const struct bench *b, const struct request_kind *kind, struct packet *p)
{
	struct bc_socket sock = request_socket(kind);
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

/* Like BPF_PROG_RUN's figure, without the time that other processes had meanwhile. */
static double parser_ns(const struct bench *b, const struct packet *p)
{
	static const http_parser_settings settings = {
		.on_url = on_data, .on_header_field = on_data, .on_header_value = on_data};
	struct timespec from, to;
	size_t seen = 0, n = p->length - p->at;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (unsigned int i = 0; i < b->repeat; i++) {
		http_parser parser;

		http_parser_init(&parser, HTTP_REQUEST);
		parser.data = &seen;
		if (http_parser_execute(&parser, &settings, (const char *)p->bytes + p->at, n) != n)
			die("libhttp-parser");
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	return ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / b->repeat;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void put(const struct bench *b, const struct request_kind *kind, unsigned int round,
		const char *metric, double value)
{
	if (b->out)
		fprintf(b->out, "A\t%s\t\t%u\t%s\t%.1f\n", kind->name, round, metric, value);
}

static void measure(const struct bench *b, const struct request_kind *kind)
{
	double kernel[ROUNDS_MAX], parser[ROUNDS_MAX], ratio[ROUNDS_MAX];
	static struct packet p;
	unsigned int n = b->rounds;

	rules_load(b, kind);
	request_packet(kind, &p);
	kernel_ns(b, kind, &p);
	put(b, kind, 0, "bytes", (double)(p.length - p.at));
	put(b, kind, 0, "operations", kind->operations);
	for (unsigned int i = 0; i < n; i++) {
		kernel[i] = kernel_ns(b, kind, &p);
		parser[i] = kind->request ? parser_ns(b, &p) : 0;
		ratio[i] = kind->request ? kernel[i] / parser[i] : 0;
		put(b, kind, i + 1, "kernel_ns", kernel[i]);
		if (kind->request)
			put(b, kind, i + 1, "parser_ns", parser[i]);
	}
	qsort(kernel, n, sizeof(*kernel), compare);
	qsort(parser, n, sizeof(*parser), compare);
	qsort(ratio, n, sizeof(*ratio), compare);
	printf("%-42s %5zu  %6.0f (%.0f-%.0f)  %6.0f  %5.2f (%.2f-%.2f)\n", kind->name,
	       p.length - p.at, kernel[n / 2], kernel[0], kernel[n - 1], parser[n / 2],
	       ratio[n / 2], ratio[0], ratio[n - 1]);
}

/* One file a kind, which sort in the kinds' order. */
static void write_requests(const char *folder)
{
	char path[512];
	struct packet p;
	FILE *f;

	for (size_t i = 0; i < request_kinds_count; i++) {
		if (!request_kinds[i].request || request_kinds[i].rules || request_kinds[i].port)
			continue;
		request_packet(&request_kinds[i], &p);
		snprintf(path, sizeof(path), "%s/%02zu %s", folder, i, request_kinds[i].name);
		f = fopen(path, "w");
		if (!f || fwrite(p.bytes + p.at, p.length - p.at, 1, f) != 1 || fclose(f))
			die(path);
	}
}

static void load(struct bench *b)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	b->cpus = (unsigned int)libbpf_num_possible_cpus();
	b->skel = blindcount_bpf__open();
	if (!b->skel)
		die("program");
	b->skel->rodata->testing = true;
	b->skel->rodata->ports[0] = PORT;
	b->skel->rodata->port_count = 1;
	if (blindcount_bpf__load(b->skel))
		die("program");
}

int main(int argc, char **argv)
{
	struct bench b = {.rounds = 11, .repeat = 20000};
	size_t first = 0, end = request_kinds_count;
	int option;

	while ((option = getopt(argc, argv, "n:r:k:o:d:")) != -1) {
		switch (option) {
		case 'n':
			b.rounds = (unsigned int)atoi(optarg);
			break;
		case 'r':
			b.repeat = (unsigned int)atoi(optarg);
			break;
		case 'k':
			first = (size_t)atoi(optarg);
			end = first + 1;
			break;
		case 'o':
			b.out = fopen(optarg, "a");
			if (!b.out)
				die(optarg);
			break;
		case 'd':
			write_requests(optarg);
			return 0;
		default:
			return 2;
		}
	}
	if (b.rounds < 1 || b.rounds > ROUNDS_MAX || b.repeat < 1 || end > request_kinds_count)
		die("arguments");
	load(&b);
	printf("%-42s %5s  %-18s  %6s  %s\n", "", "bytes", "kernel ns (range)", "parser",
	       "ratio (range)");
	for (size_t i = first; i < end; i++)
		measure(&b, &request_kinds[i]);
	blindcount_bpf__destroy(b.skel);
	return b.out && fclose(b.out) ? 1 : 0;
}
