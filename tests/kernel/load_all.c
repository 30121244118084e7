// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Loads every program of the objects named on the command line and prints how
 * many instructions the verifier of the running kernel processed for each.
 * Fails when one is refused, and prints the end of the verifier's log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#define LOG_SIZE (1 << 20)
#define LOG_STATS 4 /* BPF_LOG_STATS: only the closing figures */
#define LOG_TAIL 4000

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

static void report(const char *path, struct bpf_object *object, bool loaded)
{
	struct bpf_program *program;
	size_t size;

	bpf_object__for_each_program (program, object) {
		const char *log = bpf_program__log_buf(program, &size);
		const char *figures = strstr(log, "processed ");
		int processed;

		if (loaded && figures && sscanf(figures, "processed %d", &processed) == 1) {
			printf("%s %s: %d instructions processed\n", path,
			       bpf_program__name(program), processed);
			continue;
		}
		size = strlen(log);
		fprintf(stderr, "%s %s: not loaded\n%s\n", path, bpf_program__name(program),
			size > LOG_TAIL ? log + size - LOG_TAIL : log);
	}
}

static void free_log_buffers(struct bpf_object *object)
{
	struct bpf_program *program;
	size_t size;

	bpf_object__for_each_program (program, object)
		free((char *)bpf_program__log_buf(program, &size));
}

static int load(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	int r;

	if (!object) {
		fprintf(stderr, "%s: cannot be opened\n", path);
		return -1;
	}
	forget_pins(object);
	r = give_log_buffers(object);
	if (!r) {
		r = bpf_object__load(object);
		report(path, object, !r);
	}
	free_log_buffers(object);
	bpf_object__close(object);
	return r;
}

int main(int argc, char **argv)
{
	int failed = 0;

	libbpf_set_print(quiet);
	if (argc < 2) {
		fputs("Usage: load_all OBJECT …\n", stderr);
		return 2;
	}
	for (int i = 1; i < argc; i++)
		failed |= load(argv[i]);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
