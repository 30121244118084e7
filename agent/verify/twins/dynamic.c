// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Runs twins of generated connections through a private instance of a program. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rules/compile.h"
#include "verify/twins/dynamic.h"
#include "verify/twins/mapdump.h"
#include "verify/rodata.h"
#include "verify/twins/traffic.h"

/*
 * Connections between two dumps: one where dumps are small, since what a later one
 * overwrites is not seen; fewer than the map of arrivals holds.
 */
#define BATCH 100
#define CELLS 4096
#define SMALL_DUMP (1 << 20)
#define PASS 1
#define SECONDS 6 /* after which a slow machine is not asked for more connections */
#define CONNECTIONS 16 /* entries of test_connections */
#define ESTABLISHED 1
#define LISTENING 10

struct dynamic {
	struct bpf_object *object;
	int program;
	int facts, totals; /* maps; -1: it has none */
	int cpus;
	struct mapdump clean, first; /* before all twins; after the first one */
	struct traffic *traffic;
	uint64_t (*copies)[BC_TOTALS];
	struct dynamic_result result;
};

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static struct bpf_program *program_named(const struct bpf_object *object, const char *name)
{
	return name ? bpf_object__find_program_by_name(object, name)
		    : bpf_object__next_program(object, NULL);
}

static int map_named(const struct bpf_object *object, const char *name, size_t value)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	return map && bpf_map__value_size(map) == value ? bpf_map__fd(map) : -1;
}

/*
 * Kernels before 6.15 run programs of this type without telling them where a packet
 * ends: direct access sees none. Asked of a program that returns 1 if it sees any.
 */
static bool shows_packets(void)
{
	const struct bpf_insn code[] = {
		{BPF_LDX | BPF_MEM | BPF_W, 2, 1, offsetof(struct __sk_buff, data), 0},
		{BPF_LDX | BPF_MEM | BPF_W, 3, 1, offsetof(struct __sk_buff, data_end), 0},
		{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1},
		{BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, 1},
		{BPF_JMP | BPF_JLE | BPF_X, 2, 3, 1, 0},
		{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
		{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
	};
	unsigned char packet[64] = {0};
	struct bpf_test_run_opts run = {
		.sz = sizeof(run), .data_in = packet, .data_size_in = sizeof(packet)};
	int fd = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SKB, "verify", "Dual BSD/GPL", code,
			       sizeof(code) / sizeof(code[0]), NULL);
	bool shows = fd >= 0 && !bpf_prog_test_run_opts(fd, &run) && run.retval == 1;

	if (fd >= 0)
		close(fd);
	return shows;
}

/* All maps are read again and again: a few cells are enough, where the object counts any. */
static void shrink_cells(const struct bpf_object *object)
{
	struct bpf_map *cells = bpf_object__find_map_by_name(object, "cells");
	const __u32 max = CELLS;

	if (cells && !rodata_set(object, "max_cells", &max, sizeof(max)))
		bpf_map__set_max_entries(cells, 2 * BC_CELL_LINES(max));
}

static int load(struct dynamic *d, const struct dynamic_options *o, struct error *e)
{
	const struct bpf_object_open_opts options = {.sz = sizeof(options),
						     .object_name = "verify"};
	const __u16 port = TRAFFIC_PORT;
	const bool testing = true;
	struct bpf_program *program;
	int r;

	d->object = bpf_object__open_mem(o->image, o->size, &options);
	if (!d->object)
		return error_set(e, errno, "%s is no BPF object that can be read", o->name);
	program = program_named(d->object, o->program);
	if (!program)
		return error_set(e, ENOENT, "%s has no program '%s'", o->name,
				 o->program ? o->program : "");
	if (bpf_program__type(program) != BPF_PROG_TYPE_CGROUP_SKB)
		return error_set(e, EOPNOTSUPP,
				 "program %s handles no packets: the kernel cannot run it on "
				 "generated ones",
				 bpf_program__name(program));
	d->result.by_helper = !shows_packets();
	r = rodata_set(d->object, "testing_by_helper", &d->result.by_helper,
		       sizeof(d->result.by_helper));
	if (r && d->result.by_helper)
		return error_set(e, EOPNOTSUPP,
				 "this kernel runs programs of this type without showing them the "
				 "packet");
	rodata_set(d->object, "testing", &testing, sizeof(testing));
	rodata_set(d->object, "ports", &port, sizeof(port));
	shrink_cells(d->object);
	r = bpf_object__load(d->object);
	if (r)
		return error_set(e, -r, "the kernel does not load %s: %s%s", o->name, strerror(-r),
				 r == -EPERM ? " (that takes root, or the capabilities BPF, "
					       "NET_ADMIN and PERFMON)"
					     : "");
	d->program = bpf_program__fd(program);
	d->facts = map_named(d->object, "test_socket", sizeof(struct bc_socket));
	d->totals = map_named(d->object, "totals", sizeof(*d->copies));
	snprintf(d->result.program, sizeof(d->result.program), "%s", bpf_program__name(program));
	return 0;
}

static int list_pages(int map, const struct page_ids *page_ids)
{
	int r = 0;

	for (size_t i = 0; i < page_ids->pages && !r; i++) {
		const struct page_ids_page *page = &page_ids->page[i];
		struct bc_page key = {.site = page->site};

		memcpy(key.name, page->name, strlen(page->name));
		if (!page->pattern)
			r = bpf_map_update_elem(map, &key, &page->page, BPF_ANY);
	}
	return r;
}

/* Rules under which requests end in each way. */
static int load_rules(const struct dynamic *d, struct error *e)
{
	int map = map_named(d->object, "rules_0", sizeof(struct bc_ruleset));
	struct bc_ruleset *compiled = malloc(sizeof(*compiled));
	struct rules rules = {.count = 0};
	struct page_ids page_ids = {.pages = 0};
	__u32 zero = 0;
	int r = compiled ? 0 : error_set(e, ENOMEM, "out of memory");

	if (map < 0 || r) {
		free(compiled);
		return r;
	}
	r = rules_add_builtin(&rules, e);
	if (!r)
		r = rules_read(&rules, traffic_rules, strlen(traffic_rules), e);
	if (!r)
		r = page_ids_assign(&rules, NULL, &page_ids, e);
	if (!r)
		r = compile_ruleset(&rules, &page_ids, compiled, e);
	if (!r)
		r = bpf_map_update_elem(map, &zero, compiled, BPF_ANY);
	if (!r)
		r = list_pages(map_named(d->object, "listed", sizeof(__u32)), &page_ids);
	free(compiled);
	rules_free(&rules);
	page_ids_free(&page_ids);
	return r ? error_set(e, -r, "cannot set up rules for the run") : 0;
}

static int read_outcomes(const struct dynamic *d, uint64_t ends[BC_OUTCOMES])
{
	__u32 zero = 0;
	int r = bpf_map_lookup_elem(d->totals, &zero, d->copies);

	memset(ends, 0, BC_OUTCOMES * sizeof(*ends));
	for (int cpu = 0; cpu < d->cpus; cpu++)
		for (int i = 0; i < BC_OUTCOMES; i++)
			ends[i] += d->copies[cpu][i];
	return r;
}

static int run_packet(struct dynamic *d, uint32_t connection, bool fresh,
		      const struct traffic_packet *p, __u32 *returned)
{
	struct bpf_test_run_opts run = {
		.sz = sizeof(run), .data_in = p->frame, .data_size_in = p->length};
	struct bc_socket facts = {.rcv_nxt = p->rcv_nxt,
				  .connection = connection % CONNECTIONS,
				  .bytes_received = p->bytes_received,
				  .port = TRAFFIC_PORT,
				  .protocol = IPPROTO_TCP,
				  .state = p->listening ? LISTENING : ESTABLISHED,
				  .fresh = fresh};
	__u32 zero = 0;
	int r = 0;

	if (d->facts >= 0)
		r = bpf_map_update_elem(d->facts, &zero, &facts, BPF_ANY);
	if (!r)
		r = bpf_prog_test_run_opts(d->program, &run);
	*returned = run.retval;
	d->result.runs++;
	return r;
}

/* The first difference is kept. */
static void differs(struct dynamic *d, uint32_t connection, const char *what)
{
	if (d->result.same)
		snprintf(d->result.difference, sizeof(d->result.difference),
			 "%s (seed %llu, connection %u)", what, (unsigned long long)d->result.seed,
			 connection);
	d->result.same = false;
}

/* Each request must have ended as it should, or the run shows nothing. */
static int check_outcomes(struct dynamic *d, uint32_t connection,
			  const uint64_t before[BC_OUTCOMES])
{
	uint64_t after[BC_OUTCOMES];
	char what[80];
	int r = read_outcomes(d, after);

	for (int i = 0; i < BC_OUTCOMES && !r; i++) {
		unsigned int raised = after[i] - before[i], expected = d->traffic->ends[i];

		snprintf(what, sizeof(what), "outcome %d was raised by %u and not %u", i, raised,
			 expected);
		if (raised != expected)
			differs(d, connection, what);
	}
	return r;
}

/* All packets of one connection. */
static int run_connection(struct dynamic *d, uint32_t connection, uint32_t twin)
{
	const struct traffic *t = d->traffic;
	uint64_t before[BC_OUTCOMES];
	bool fresh = true;
	int r = 0;

	traffic_make(d->result.seed, connection, twin, d->traffic);
	if (d->result.counters)
		r = read_outcomes(d, before);
	for (int i = 0; i < t->packets && !r; i++) {
		__u32 returned = 0;

		r = run_packet(d, connection, fresh && !t->packet[i].listening, &t->packet[i],
			       &returned);
		fresh &= t->packet[i].listening;
		if (returned != PASS)
			differs(d, connection, "the packet does not pass");
	}
	for (int i = 0; i < BC_OUTCOMES && !twin; i++)
		d->result.ends[i] += t->ends[i];
	return r || !d->result.counters ? r : check_outcomes(d, connection, before);
}

/* After a batch from connection `from` on: compare with the first twin, or become it; reset. */
static int compare_maps(struct dynamic *d, uint32_t from, uint32_t twin, struct error *e)
{
	struct mapdump now;
	char where[128];
	int r = mapdump_take(d->object, &now, e);

	if (r)
		return r;
	if (twin && !mapdump_same(&d->first, &now, where, sizeof(where)))
		differs(d, from, where);
	r = mapdump_restore(d->object, &d->clean, &now, e);
	if (twin) {
		mapdump_free(&now);
	} else {
		mapdump_free(&d->first);
		d->first = now;
	}
	return r;
}

/* A batch of connections, once for each twin. */
static int run_batch(struct dynamic *d, uint32_t from, uint32_t to, struct error *e)
{
	int r = 0;

	for (uint32_t twin = 0; twin < DYNAMIC_TWINS && !r && d->result.same; twin++) {
		for (uint32_t i = from; i < to && !r; i++)
			r = run_connection(d, i, twin);
		if (r)
			error_set(e, -r, "the kernel does not run the program: %s", strerror(-r));
		else
			r = compare_maps(d, from, twin, e);
	}
	return r;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int run_all(struct dynamic *d, const struct dynamic_options *o, struct error *e)
{
	double start = now();
	int r = load_rules(d, e);

	if (!r)
		r = mapdump_take(d->object, &d->clean, e);
	if (r)
		return r;
	d->result.maps = d->clean.maps;
	snprintf(d->result.unread, sizeof(d->result.unread), "%s", d->clean.unread);
	while (!r && d->result.same && d->result.connections < o->connections &&
	       (!d->result.connections || now() - start < SECONDS)) {
		uint32_t from = d->result.connections;
		uint32_t to = from + (mapdump_size(&d->clean) < SMALL_DUMP ? 1 : BATCH);

		if (to > o->connections)
			to = o->connections;
		r = run_batch(d, from, to, e);
		d->result.connections = to;
	}
	return r;
}

/* Stay on one processor, so that per-CPU values are comparable. */
static int stay(cpu_set_t *before, struct error *e)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	CPU_ZERO(&one);
	if (cpu >= 0 && cpu < CPU_SETSIZE)
		CPU_SET(cpu, &one);
	if (sched_getaffinity(0, sizeof(*before), before) ||
	    sched_setaffinity(0, sizeof(one), &one))
		return error_set(e, errno, "cannot stay on one processor: %s", strerror(errno));
	return 0;
}

int dynamic_run(const struct dynamic_options *o, struct dynamic_result *result, struct error *e)
{
	struct dynamic d = {.facts = -1, .totals = -1, .cpus = libbpf_num_possible_cpus()};
	libbpf_print_fn_t print = libbpf_set_print(quiet);
	double start = now();
	cpu_set_t cpus;
	int r = d.cpus < 1 ? error_set(e, ENOSYS, "cannot tell the number of processors") : 0;

	d.result = (struct dynamic_result){.seed = o->seed, .same = true};
	if (!r)
		r = load(&d, o, e);
	d.result.counters = d.totals >= 0;
	d.copies = r ? NULL : calloc(d.cpus, sizeof(*d.copies));
	d.traffic = r ? NULL : malloc(sizeof(*d.traffic));
	if (!r && (!d.copies || !d.traffic))
		r = error_set(e, ENOMEM, "out of memory");
	if (!r)
		r = stay(&cpus, e);
	if (!r) {
		r = run_all(&d, o, e);
		sched_setaffinity(0, sizeof(cpus), &cpus);
	}
	d.result.seconds = now() - start;
	mapdump_free(&d.clean);
	mapdump_free(&d.first);
	free(d.traffic);
	free(d.copies);
	bpf_object__close(d.object);
	libbpf_set_print(print);
	if (!r)
		*result = d.result;
	return r;
}
