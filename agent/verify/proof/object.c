// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A BPF object: maps and types by libbpf, and look-ups in what elf.c read. */
#include <errno.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/proof/object.h"

static void read_map(const struct bpf_map *map, struct object_map *out)
{
	size_t size = 0;

	*out = (struct object_map){
		.name = bpf_map__name(map),
		.type = bpf_map__type(map),
		.key_size = bpf_map__key_size(map),
		.value_size = bpf_map__value_size(map),
		.key_type = bpf_map__btf_key_type_id(map),
		.value_type = bpf_map__btf_value_type_id(map),
		.inner = -1,
	};
	if (bpf_map__is_internal(map)) {
		out->data = bpf_map__initial_value((struct bpf_map *)map, &size);
		out->value_size = size;
		/* libbpf makes .kconfig read-only, too, and fills it in when it loads. */
		out->constant = bpf_map__map_flags(map) & BPF_F_RDONLY_PROG &&
				strcmp(strchr(out->name, '.') ?: "", ".kconfig") != 0;
	}
}

/* Templates of inner maps follow the maps themselves. */
static int read_maps(struct object *o)
{
	struct bpf_map *map;
	int count = 0, i = 0;

	bpf_object__for_each_map (map, o->bpf)
		count++;
	o->map = calloc(2 * count + 1, sizeof(*o->map));
	if (!o->map)
		return -ENOMEM;
	o->map_count = count;
	bpf_object__for_each_map (map, o->bpf) {
		struct bpf_map *inner = bpf_map__inner_map(map);

		read_map(map, &o->map[i]);
		if (inner) {
			o->map[i].inner = o->map_count;
			read_map(inner, &o->map[o->map_count++]);
		}
		i++;
	}
	return 0;
}

bool object_is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

bool object_is_jump(const struct bpf_insn *insn)
{
	unsigned int class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return insn->code == (BPF_JMP | BPF_JA) ||
	       ((class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA && op != BPF_CALL &&
		op != BPF_EXIT && op <= BPF_JSLE);
}

/* Code stays in its function, and names registers that there are. */
static int check_function(const struct object *o, const struct object_function *f, struct error *e)
{
	for (int i = f->start; i < f->end; i++) {
		const struct bpf_insn *insn = &o->code[i];
		int target = i + 1 + insn->off;

		if (insn->dst_reg > BPF_REG_10 || insn->src_reg > BPF_REG_10)
			return error_set(e, EINVAL, "a register of function '%s' does not exist",
					 f->name);
		i += object_is_wide(insn);
		if (object_is_jump(insn) && (target < f->start || target >= f->end))
			return error_set(e, EINVAL, "a jump leads out of function '%s'", f->name);
		if (i + 1 >= f->end && insn->code != (BPF_JMP | BPF_EXIT) &&
		    insn->code != (BPF_JMP | BPF_JA))
			return error_set(e, EINVAL, "function '%s' runs past its end", f->name);
	}
	return 0;
}

static int check_functions(const struct object *o, struct error *e)
{
	int r = 0;

	for (int i = 0; i < o->function_count && !r; i++) {
		if (i && o->function[i].start < o->function[i - 1].end)
			return error_set(e, EINVAL, "functions overlap");
		r = check_function(o, &o->function[i], e);
	}
	return r;
}

/* What libbpf says of an object that it does not take: the last of it. */
static __thread char said[200];

static int listen(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN)
		vsnprintf(said, sizeof(said), format, args);
	said[strcspn(said, "\n")] = '\0';
	return 0;
}

int object_open(struct object *o, const void *image, size_t size, const char *name, struct error *e)
{
	struct bpf_object_open_opts opts = {.sz = sizeof(opts), .object_name = "object"};
	libbpf_print_fn_t before;
	int r;

	memset(o, 0, sizeof(*o));
	said[0] = '\0';
	before = libbpf_set_print(listen);
	o->bpf = bpf_object__open_mem(image, size, &opts);
	libbpf_set_print(before);
	if (!o->bpf) {
		r = errno;
		return error_set(e, r, "'%s' is not a BPF object that libbpf can read%s%s", name,
				 *said ? ": " : "", said);
	}
	o->btf = bpf_object__btf(o->bpf);
	r = read_maps(o);
	if (!r)
		r = object_read_elf(o, image, size, e);
	if (!r)
		r = check_functions(o, e);
	if (r) {
		object_close(o);
		return error_set(e, -r, "reading '%s'", name);
	}
	return 0;
}

void object_close(struct object *o)
{
	free(o->code);
	free(o->ref);
	free(o->section);
	free(o->function);
	free(o->map);
	free(o->line);
	free(o->names);
	elf_end(o->elf);
	bpf_object__close(o->bpf);
	memset(o, 0, sizeof(*o));
}

struct object_function *object_function_at(const struct object *o, int insn)
{
	for (int i = 0; i < o->function_count; i++)
		if (insn >= o->function[i].start && insn < o->function[i].end)
			return &o->function[i];
	return NULL;
}

const struct object_function *object_callee(const struct object *o, int insn)
{
	const struct object_ref *ref = &o->ref[insn];
	const struct object_function *f = ref->kind == REF_CODE ? object_function_at(o, ref->index)
								: NULL;

	return f && f->start == ref->index ? f : NULL;
}

const struct object_function *object_program_entry(const struct object *o, const char *program)
{
	const struct bpf_program *p = bpf_object__find_program_by_name(o->bpf, program);
	const struct object_function *found = NULL;

	for (int i = 0; p && i < o->function_count; i++) {
		const struct object_function *f = &o->function[i];
		const char *section = object_section_at(o, f->start)->name;

		if (strcmp(f->name, program) ||
		    strcmp(section + (*section == '?'), bpf_program__section_name(p)))
			continue;
		if (found)
			return NULL;
		found = f;
	}
	return found;
}

const struct object_section *object_section_at(const struct object *o, int insn)
{
	for (int i = 0; i < o->section_count; i++)
		if (insn >= o->section[i].start && insn < o->section[i].start + o->section[i].count)
			return &o->section[i];
	return NULL;
}

const struct object_line *object_line_at(const struct object *o, int insn)
{
	const struct object_line *best = NULL;
	const struct object_function *f = object_function_at(o, insn);

	/* A line covers what follows it, up to the next one, within its function. */
	for (int i = 0; i < o->line_count && o->line[i].insn <= insn; i++)
		if (f && o->line[i].insn >= f->start)
			best = &o->line[i];
	return best;
}
