// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Loads the programs of object files as the agent would, and prints how many steps the running
 * kernel's verifier took for each, in all and for the function that took most of them.
 * Fails when one is refused, and prints the end of the verifier's log; and when one
 * comes so near to the verifier's limit that a further kernel might refuse it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define LOG_SIZE (1UL << 29)
#define LOG_EACH_STEP 2 /* BPF_LOG_LEVEL2 */
#define LOG_TAIL 4000
/* The verifier grants a million. These are a quarter above what the design aims at. */
#define STEPS_MAX 250000
#define STEPS_OF_FUNCTION_MAX 62500
#define FUNCTIONS_MAX 256
#define BEGIN "Validating "
#define LISTED "Live regs before insn:" /* newer kernels list the program up to there */
#define CLOSING "processed "

struct function {
	char name[64];
	long steps;
};

/* Steps by function, the program itself first. */
struct figures {
	struct function function[FUNCTIONS_MAX];
	int functions;
	long steps;
};

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

/* The place of a constant in .rodata, or NULL. */
static void *constant(struct bpf_object *object, const char *name, size_t want)
{
	const struct btf *btf = bpf_object__btf(object);
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	const struct btf_type *section;
	const struct btf_var_secinfo *var;
	char *data;
	size_t size;
	int id;

	id = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -1;
	data = map ? (char *)bpf_map__initial_value(map, &size) : NULL;
	if (id < 0 || !data)
		return NULL;
	section = btf__type_by_id(btf, id);
	var = btf_var_secinfos(section);
	for (int i = 0; i < btf_vlen(section); i++, var++) {
		const struct btf_type *type = btf__type_by_id(btf, var->type);

		if (strcmp(btf__name_by_offset(btf, type->name_off), name) == 0 &&
		    var->size >= want && var->offset + want <= size)
			return data + var->offset;
	}
	return NULL;
}

/* Ports are constants to the verifier; without one it would skip all of the program. */
static int set_port(struct bpf_object *object)
{
	__u16 *ports = constant(object, "ports", sizeof(*ports));
	bool *mptcp = constant(object, "mptcp", sizeof(*mptcp));
	__u32 *count = constant(object, "port_count", sizeof(*count));

	if (!ports)
		return -1;
	*ports = 8080;
	/* All of it, also what the agent leaves out on a kernel without MPTCP. */
	if (mptcp)
		*mptcp = !access("/proc/sys/net/mptcp", F_OK);
	if (count)
		*count = 1;
	return 0;
}

/* "12: (bf) r6 = r1", or where a path ends that another has covered: "12: safe", "from 3 to 12: safe". */
static bool is_step(const char *line)
{
	size_t digits = strspn(line, "0123456789"), length = strcspn(line, "\n");

	if (length >= 6 && strncmp(line + length - 6, ": safe", 6) == 0)
		return true;
	return digits && strncmp(line + digits, ": (", 3) == 0 && line[digits + 5] == ')';
}

static bool begins_with(const char *line, const char *words)
{
	return strncmp(line, words, strlen(words)) == 0;
}

/* Not where a function calls another: "Func#3 ... is global and assumed valid". */
static bool is_verdict(const char *line)
{
	const char *words = strstr(line, "is safe for any args");

	return words && words < line + strcspn(line, "\n");
}

static struct function *new_function(struct figures *figures, const char *name)
{
	struct function *f;

	if (figures->functions == FUNCTIONS_MAX)
		return NULL;
	f = &figures->function[figures->functions++];
	snprintf(f->name, sizeof(f->name), "%.*s", (int)strcspn(name, "("), name);
	f->steps = 0;
	return f;
}

/*
 * "Validating NAME() func#3..." begins a function's steps, "Func#3 ... is safe" ends them.
 * -1 if the log does not say how many steps there were.
 */
static int read_log(struct figures *figures, const char *program, const char *log)
{
	struct function *f, *main;

	figures->functions = 0;
	figures->steps = -1;
	f = main = new_function(figures, program);
	for (const char *line = log; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (is_step(line))
			f->steps++;
		else if (begins_with(line, BEGIN))
			f = new_function(figures, line + strlen(BEGIN));
		else if (begins_with(line, "Func#") && is_verdict(line))
			f = main;
		else if (begins_with(line, LISTED))
			f->steps = 0;
		else if (begins_with(line, CLOSING))
			figures->steps = atol(line + strlen(CLOSING));
		if (!f)
			return -1;
	}
	return figures->steps < 0 ? -1 : 0;
}

static int by_steps(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return (x->steps < y->steps) - (x->steps > y->steps);
}

/* 0, or -1 if there were too many steps, or the log was not understood. */
static int print_figures(const char *file, const char *program, struct figures *figures, bool all)
{
	struct function *largest;
	long sum = 0;

	printf("%s: %s: %ld instructions processed", file, program, figures->steps);
	for (int i = 0; i < figures->functions; i++)
		sum += figures->function[i].steps;
	qsort(figures->function, figures->functions, sizeof(*figures->function), by_steps);
	largest = figures->function;
	printf(", at most %ld in a function: %s\n", largest->steps, largest->name);
	for (int i = 0; all && i < figures->functions; i++)
		printf("%9ld %s\n", figures->function[i].steps, figures->function[i].name);
	if (sum != figures->steps) {
		fprintf(stderr, "%s: the log shows %ld steps, not %ld\n", file, sum,
			figures->steps);
		return -1;
	}
	if (figures->steps > STEPS_MAX || largest->steps > STEPS_OF_FUNCTION_MAX) {
		fprintf(stderr, "%s: more than %d, or %d in a function\n", file, STEPS_MAX,
			STEPS_OF_FUNCTION_MAX);
		return -1;
	}
	return 0;
}

/* 0, or -1 if a program was refused or took too many steps. */
static int report(const char *file, struct bpf_object *object, bool loaded, bool all)
{
	static struct figures figures;
	struct bpf_program *program;
	size_t size;
	int r = 0;

	bpf_object__for_each_program (program, object) {
		const char *log = bpf_program__log_buf(program, &size);
		const char *name = bpf_program__name(program);

		if (loaded && read_log(&figures, name, log) == 0) {
			r |= print_figures(file, name, &figures, all);
			continue;
		}
		size = strlen(log);
		fprintf(stderr, "%s: %s: not loaded\n%s\n", file, name,
			size > LOG_TAIL ? log + size - LOG_TAIL : log);
		r = -1;
	}
	return r;
}

/* Memory is taken only for what is written. */
static int give_log_buffers(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, object) {
		char *log = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (log == MAP_FAILED)
			return -1;
		bpf_program__set_log_buf(program, log, LOG_SIZE);
		bpf_program__set_log_level(program, LOG_EACH_STEP);
	}
	return 0;
}

static void free_log_buffers(struct bpf_object *object)
{
	struct bpf_program *program;
	size_t size;

	bpf_object__for_each_program (program, object) {
		char *log = (char *)bpf_program__log_buf(program, &size);

		if (log)
			munmap(log, LOG_SIZE);
	}
}

static int load(const char *file, bool all)
{
	struct bpf_object *object = bpf_object__open_file(file, NULL);
	int r = -1;

	if (!object || set_port(object)) {
		fprintf(stderr, "%s: cannot be opened, or has no ports\n", file);
		goto out;
	}
	forget_pins(object);
	if (give_log_buffers(object) == 0) {
		r = bpf_object__load(object);
		r = report(file, object, !r, all);
	}
	free_log_buffers(object);
out:
	bpf_object__close(object);
	return r;
}

int main(int argc, char **argv)
{
	bool all = argc > 1 && strcmp(argv[1], "--functions") == 0;
	int r = 0;

	if (argc < 2 + all) {
		fprintf(stderr, "Usage: load_all [--functions] FILE.bpf.o …\n");
		return 2;
	}
	libbpf_set_print(quiet);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1 + all; i < argc; i++)
		r |= load(argv[i], all);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
