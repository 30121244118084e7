// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Loads every program that the agent would load and prints how many instructions
 * the verifier of the running kernel processed for each.
 * Fails when one is refused, and prints the end of the verifier's log; and when one
 * comes so near to the verifier's limit that a further kernel might refuse it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "blindcount.skel.h"
#include "mask.skel.h"

#define LOG_SIZE (1 << 20)
#define LOG_STATS 4 /* BPF_LOG_STATS: only the closing figures */
#define LOG_TAIL 4000
#define PROCESSED_MAX 500000 /* of the million that the verifier grants */

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

/* Maps that the agent pins must not collide with those of a running agent. */
static void forget_pins(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, object)
		bpf_map__set_pin_path(map, NULL);
}

static int give_log_buffers(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, object) {
		char *log = calloc(1, LOG_SIZE);

		if (!log)
			return -1;
		bpf_program__set_log_buf(program, log, LOG_SIZE);
		bpf_program__set_log_level(program, LOG_STATS);
	}
	return 0;
}

/* 0, or -1 if a program was refused or took too many instructions. */
static int report(const char *name, struct bpf_object *object, bool loaded)
{
	struct bpf_program *program;
	size_t size;
	int r = 0;

	bpf_object__for_each_program (program, object) {
		const char *log = bpf_program__log_buf(program, &size);
		const char *figures = strstr(log, "processed ");
		int processed;

		if (loaded && figures && sscanf(figures, "processed %d", &processed) == 1) {
			printf("%s: %s: %d instructions processed\n", name,
			       bpf_program__name(program), processed);
			if (processed > PROCESSED_MAX) {
				fprintf(stderr, "%s: more than %d\n", name, PROCESSED_MAX);
				r = -1;
			}
			continue;
		}
		size = strlen(log);
		fprintf(stderr, "%s: %s: not loaded\n%s\n", name, bpf_program__name(program),
			size > LOG_TAIL ? log + size - LOG_TAIL : log);
		r = -1;
	}
	return r;
}

static void free_log_buffers(struct bpf_object *object)
{
	struct bpf_program *program;
	size_t size;

	bpf_object__for_each_program (program, object)
		free((char *)bpf_program__log_buf(program, &size));
}

static int load(const char *name, struct bpf_object *object)
{
	int r;

	if (!object) {
		fprintf(stderr, "%s: cannot be opened\n", name);
		return -1;
	}
	forget_pins(object);
	r = give_log_buffers(object);
	if (!r) {
		r = bpf_object__load(object);
		r = report(name, object, !r);
	}
	free_log_buffers(object);
	return r;
}

/* Ports are constants to the verifier; without one it would skip all of the program. */
static int load_counter(void)
{
	struct blindcount_bpf *skel = blindcount_bpf__open();
	int r;

	if (skel) {
		/* All of it, also what the agent leaves out on a kernel without MPTCP. */
		skel->rodata->mptcp = !access("/proc/sys/net/mptcp", F_OK);
		skel->rodata->ports[0] = 8080;
		skel->rodata->port_count = 1;
	}
	r = load("blindcount", skel ? skel->obj : NULL);
	blindcount_bpf__destroy(skel);
	return r;
}

static int load_mask(void)
{
	struct mask_bpf *skel = mask_bpf__open();
	int r;

	if (skel)
		skel->rodata->ports[0] = 8080;
	r = load("mask", skel ? skel->obj : NULL);
	mask_bpf__destroy(skel);
	return r;
}

int main(void)
{
	libbpf_set_print(quiet);
	return load_counter() | load_mask() ? EXIT_FAILURE : EXIT_SUCCESS;
}
