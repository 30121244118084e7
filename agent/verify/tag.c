// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Puts a program together as libbpf does, and digests it as the kernel does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/sha1.h"
#include "verify/sha256.h"
#include "verify/tag.h"

struct linker {
	const struct object *object;
	struct bpf_insn *code;
	int count;
	int *place; /* by instruction where a function starts: where it is put; -1: not yet */
};

static bool names_code(const struct linker *l, int insn)
{
	return l->object->ref[insn].kind == REF_CODE;
}

/*
 * Append a function, then what it calls, in the order of first calls, each with all
 * that it calls in turn.
 */
static int append(struct linker *l, const struct object_function *f)
{
	const struct object *o = l->object;
	int at = l->count, r = 0;

	if (f->end - f->start > OBJECT_MAX_CODE - l->count)
		return -EINVAL;
	memcpy(l->code + at, o->code + f->start, (f->end - f->start) * sizeof(*l->code));
	l->count += f->end - f->start;
	l->place[f->start] = at;
	for (int i = f->start; i < f->end && !r; i++) {
		const struct object_function *callee;
		int target = o->ref[i].index;

		if (!names_code(l, i))
			continue;
		callee = object_function_at(o, target);
		if (!callee || callee->start != target)
			return -EINVAL;
		if (l->place[target] < 0)
			r = append(l, callee);
		if (l->code[at + i - f->start].code != (BPF_JMP | BPF_CALL))
			l->code[at + i - f->start].src_reg = BPF_PSEUDO_FUNC;
		l->code[at + i - f->start].imm = l->place[target] - (at + i - f->start) - 1;
	}
	return r;
}

/* Of a map's number or address, which differ each time, nothing enters the digest. */
static int take_maps_out(struct linker *l, const struct object_function *f, int at)
{
	for (int i = f->start; i < f->end; i++) {
		const struct object_ref *ref = &l->object->ref[i];
		struct bpf_insn *insn = &l->code[at + i - f->start];

		if (ref->kind == REF_UNKNOWN)
			return -EINVAL;
		if (ref->kind != REF_MAP && ref->kind != REF_DATA)
			continue;
		if (i + 1 == f->end)
			return -EINVAL;
		insn[0].src_reg = ref->kind == REF_MAP ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
		insn[0].imm = insn[1].imm = 0;
	}
	return 0;
}

void tag_text(const unsigned char tag[TAG_BYTES], char text[TAG_TEXT])
{
	for (int i = 0; i < TAG_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", tag[i]);
}

static void digest(const struct linker *l, struct tags *tags)
{
	unsigned char old[SHA1_BYTES], new[SHA256_BYTES];
	size_t size = l->count * sizeof(*l->code);
	struct sha256 s;

	sha256_start(&s);
	sha256_add(&s, l->code, size);
	sha256_end(&s, new);
	sha1(l->code, size, old);
	tags->instructions = l->count;
	tag_text(new, tags->sha256);
	tag_text(old, tags->sha1);
}

int tag_compute(const struct object *o, const char *program, struct tags *tags)
{
	const struct object_function *f = object_program_entry(o, program);
	struct linker l = {.object = o};
	int r = f ? 0 : -ENOENT;

	if (r)
		return r;
	l.code = calloc(OBJECT_MAX_CODE, sizeof(*l.code));
	l.place = malloc((o->code_count + 1) * sizeof(*l.place));
	if (!l.code || !l.place)
		r = -ENOMEM;
	for (int i = 0; i < o->code_count && !r; i++)
		l.place[i] = -1;
	if (!r)
		r = append(&l, f);
	for (int i = 0; i < o->function_count && !r; i++)
		if (l.place[o->function[i].start] >= 0)
			r = take_maps_out(&l, &o->function[i], l.place[o->function[i].start]);
	if (!r)
		digest(&l, tags);
	free(l.code);
	free(l.place);
	return r;
}
