// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The proof of an object: one run of the interpreter for each program. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "verify/proof/subprogram.h"
#include "verify/proof/proof.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_place(const void *a, const void *b)
{
	const struct proof_finding *x = a, *y = b;

	return x->insn - y->insn;
}

static int by_field(const void *a, const void *b)
{
	const struct proof_payload *x = a, *y = b;
	int order = strcmp(x->map, y->map);

	return order ? order : strcmp(x->field, y->field);
}

static void sort(struct proof *p)
{
	if (p->finding_count)
		qsort(p->findings, p->finding_count, sizeof(*p->findings), by_place);
	if (p->payload_count)
		qsort(p->payload, p->payload_count, sizeof(*p->payload), by_field);
}

int proof_add_payload(struct proof *p, const struct object *o, int map,
		      const struct object_array *array)
{
	struct proof_payload *grown;

	for (int i = 0; i < p->payload_count; i++)
		if (p->payload[i].index == map && p->payload[i].from == array->from)
			return 0;
	grown = realloc(p->payload, (p->payload_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	p->payload = grown;
	grown += p->payload_count++;
	*grown = (struct proof_payload){.index = map, .from = array->from, .to = array->to};
	snprintf(grown->map, sizeof(grown->map), "%s", o->map[map].name);
	snprintf(grown->field, sizeof(grown->field), "%s", array->name);
	return 0;
}

const char *proof_payload_at(const struct proof *p, int map, __u64 from, __u64 to)
{
	for (int i = 0; i < p->payload_count; i++)
		if (p->payload[i].index == map && from < p->payload[i].to &&
		    to > p->payload[i].from)
			return p->payload[i].field;
	return NULL;
}

static int prove(const struct object *o, const struct bpf_program *program, struct proof *p)
{
	const struct object_function *f = object_program_entry(o, bpf_program__name(program));
	struct engine e = {.object = o, .proof = p};
	double start = now();
	int r = 0;

	*p = (struct proof){.proven = true};
	snprintf(p->program, sizeof(p->program), "%s", bpf_program__name(program));
	snprintf(p->section, sizeof(p->section), "%s", bpf_program__section_name(program));
	e.policy = policy_of(p->section);
	p->claim = e.policy ? e.policy->claim : "";
	e.reporting = true;
	if (f && o->relocated) {
		engine_find(&e, f->start, PROOF_UNKNOWN,
			    "cannot prove: instructions are rewritten when it is loaded (CO-RE)");
	} else if (f && e.policy) {
		r = apart_check(&e, f);
		if (!r)
			r = engine_run(&e, f->start);
	} else {
		engine_find(
			&e, f ? f->start : 0, PROOF_UNKNOWN,
			f ? "cannot prove: there are no rules for programs of its type (%s)"
			  : "cannot prove: it is not certain which function is the program (%s)",
			p->section);
	}
	engine_free(&e);
	sort(p);
	p->seconds = now() - start;
	return r;
}

static int prove_all(const struct object *o, const char *only, struct proof_set *set)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, o->bpf) {
		struct proof *grown;
		int r;

		if (only && strcmp(only, bpf_program__name(program)))
			continue;
		grown = realloc(set->proofs, (set->count + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		set->proofs = grown;
		r = prove(o, program, &set->proofs[set->count++]);
		if (r)
			return r;
	}
	return 0;
}

int proof_run(const void *image, size_t size, const char *name, const char *program,
	      struct proof_set *set, struct error *e)
{
	struct proof_set done = {0};
	struct object o;
	int r = object_open(&o, image, size, name, e);

	if (r)
		return r;
	r = prove_all(&o, program, &done);
	object_close(&o);
	if (!r && !done.count && program)
		r = error_set(e, ENOENT, "'%s' holds no program '%s'", name, program);
	else if (!r && !done.count)
		r = error_set(e, ENOENT, "'%s' holds no program", name);
	if (r)
		proof_set_free(&done);
	else
		*set = done;
	return r;
}

void proof_set_free(struct proof_set *set)
{
	for (int i = 0; i < set->count; i++) {
		free(set->proofs[i].findings);
		free(set->proofs[i].payload);
	}
	free(set->proofs);
	*set = (struct proof_set){0};
}
