// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The proof of an object: one run of the interpreter for each program. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine.h"
#include "proof.h"

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
	const struct proof_landed *x = a, *y = b;
	int order = strcmp(x->map, y->map);

	return order ? order : strcmp(x->field, y->field);
}

static void sort(struct proof *p)
{
	if (p->finding_count)
		qsort(p->findings, p->finding_count, sizeof(*p->findings), by_place);
	if (p->landed_count)
		qsort(p->landed, p->landed_count, sizeof(*p->landed), by_field);
}

static int run_engine(struct engine *e, int entry, struct error *err)
{
	int r = graph_build(&e->graph, e->object, err);

	if (r)
		return r;
	r = pool_init(&e->machine.pool);
	if (!r) {
		header_table_init(&e->machine.headers);
		engine_run(e, entry);
		pool_destroy(&e->machine.pool);
	}
	graph_free(&e->graph);
	return r;
}

static int prove(const struct object *o, const struct bpf_program *program, struct proof *p,
		 struct error *err)
{
	const struct object_function *f = object_program_entry(o, bpf_program__name(program));
	struct engine *e = calloc(1, sizeof(*e));
	double start = now();
	int r = 0;

	if (!e)
		return -ENOMEM;
	*p = (struct proof){.proven = true};
	snprintf(p->program, sizeof(p->program), "%s", bpf_program__name(program));
	snprintf(p->section, sizeof(p->section), "%s", bpf_program__section_name(program));
	e->object = o;
	e->proof = p;
	e->policy =
		policy_of(bpf_program__type(program), bpf_program__expected_attach_type(program));
	p->claim = e->policy ? e->policy->claim : "";
	if (f && o->relocated) {
		e->reporting = true;
		engine_find(e, f->start, PROOF_UNKNOWN,
			    "cannot prove: instructions are rewritten when it is loaded (CO-RE)");
	} else if (f && e->policy) {
		r = run_engine(e, f->start, err);
	} else {
		e->reporting = true;
		engine_find(e, f ? f->start : 0, PROOF_UNKNOWN,
			    "cannot prove: there are no rules for programs of its type (%s)",
			    p->section);
	}
	if (!r && e->exhausted && !p->finding_count)
		r = -ENOMEM;
	free(e);
	sort(p);
	p->seconds = now() - start;
	return r;
}

static int prove_all(const struct object *o, const char *only, struct proof_set *set,
		     struct error *e)
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
		r = prove(o, program, &set->proofs[set->count++], e);
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
	r = prove_all(&o, program, &done, e);
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
		free(set->proofs[i].landed);
	}
	free(set->proofs);
	*set = (struct proof_set){0};
}
