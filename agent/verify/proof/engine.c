// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The abstract interpreter: states flow along the code until none grows.
 *
 * States meet where a jump leads to. There they are joined with what came before from the same
 * calls and with the same facts, and go on only if that grew. Each way round leads
 * through the target of a jump back, where bounds that grow are widened, so that it ends.
 * Static functions are followed into at each call.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify/proof/engine.h"

#define WIDEN_AFTER 3 /* joins */
#define STEPS_MAX 20000000ULL
/* The same calls are active, and it is the same case of packet. */
static bool is_same(const struct state *s, const struct state *t)
{
	return s->depth == t->depth && !memcmp(&s->facts, &t->facts, sizeof(s->facts)) &&
	       !memcmp(s->site, t->site, s->depth * sizeof(s->site[0]));
}

static bool keep(struct node *n, const struct state *s)
{
	struct state *copy = realloc(n->state, state_size(s));

	if (copy) {
		state_copy(copy, s);
		n->state = copy;
	}
	return copy;
}

static struct node **find_node(struct engine *e, int insn, const struct state *s)
{
	unsigned int hash = 0;
	struct node **at;

	for (int i = 0; i < FACTS; i++)
		hash = hash * 5 + s->facts.range[i];
	at = &e->node[insn * ENGINE_BUCKETS + hash % ENGINE_BUCKETS];
	while (*at && !is_same((*at)->state, s))
		at = &(*at)->next;
	return at;
}

/* A state comes to a place where others may have come to. */
static void meet(struct engine *e, int insn, const struct state *s)
{
	struct node **at = find_node(e, insn, s), *n = *at;
	struct state joined;

	if (n) {
		state_copy(&joined, n->state);
		if (!state_join(&joined, s, e->place[insn] & ENGINE_BACK && n->joins > WIDEN_AFTER))
			return;
		n->joins++;
		s = &joined;
	} else {
		n = calloc(1, sizeof(*n));
	}
	if (!n || !keep(n, s)) {
		if (n != *at)
			free(n);
		e->exhausted = true;
		return;
	}
	n->insn = insn;
	*at = n;
	if (n->waits)
		return;
	for (at = &e->waiting[insn]; *at; at = &(*at)->behind)
		;
	*at = n;
	n->waits = true;
	if (insn < e->first)
		e->first = insn;
}

/* The next place to go on from: the first in the code, so that what leads there came before. */
static struct node *next_waiting(struct engine *e)
{
	struct node *n;

	while (e->first < e->object->code_count && !e->waiting[e->first])
		e->first++;
	if (e->first == e->object->code_count)
		return NULL;
	n = e->waiting[e->first];
	e->waiting[e->first] = n->behind;
	n->behind = NULL;
	n->waits = false;
	return n;
}

static void run(struct engine *e, int insn, struct state *s, bool resumed);

void engine_fork(struct engine *e, int insn, const struct state *s)
{
	struct state copy;

	state_copy(&copy, s);
	run(e, insn, &copy, false);
}

/* One way goes to where it meets others; true if the other way goes on behind *insn. */
static bool jump(struct engine *e, int *insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[*insn];
	struct state branch;

	if (BPF_OP(i->code) == BPF_JA) {
		*insn += i->off;
		return true;
	}
	state_copy(&branch, s);
	if (engine_branch(e, *insn, &branch, true))
		meet(e, *insn + 1 + i->off, &branch);
	return engine_branch(e, *insn, s, false);
}

/* End a function; true if it goes on in its caller. */
static bool leave(struct engine *e, int *insn, struct state *s)
{
	struct value result;

	if (s->depth) {
		*insn = s->site[s->depth - 1];
		state_leave(s);
		return true;
	}
	result = engine_use(e, *insn, s, BPF_REG_0);
	if (result.kind != VALUE_SCALAR || !scalar_is_const(&result.scalar) ||
	    result.scalar.lo != e->policy->result)
		engine_find(e, *insn, PROOF_RETURN, "could return something other than %llu (%s)",
			    e->policy->result, e->policy->result_says);
	return false;
}

/* Call a function of the object; true if it goes on at *insn + 1. */
static bool call(struct engine *e, int *insn, struct state *s)
{
	const struct object *o = e->object;
	const struct object_function *f = object_callee(o, *insn);

	if (!f) {
		engine_find(e, *insn, PROOF_HELPER,
			    "calls a kernel function (kfunc) or something else outside of the "
			    "object: none is allowed");
		return false;
	}
	if (f->global) {
		engine_call_apart(e, *insn, s, f);
		return true;
	}
	for (int i = 0; i <= s->depth; i++) {
		const struct object_function *active =
			object_function_at(o, i < s->depth ? s->site[i] : *insn);

		if (active != f)
			continue;
		engine_find(e, *insn, PROOF_UNKNOWN,
			    "cannot prove: functions call each other in a circle");
		return false;
	}
	if (!state_enter(s, *insn)) {
		engine_find(e, *insn, PROOF_UNKNOWN, "cannot prove: calls are nested too deeply");
		return false;
	}
	*insn = f->start - 1;
	return true;
}

/* Carry a state on to where it meets others, or to its end. */
static void run(struct engine *e, int insn, struct state *s, bool resumed)
{
	for (bool goes_on = true; goes_on; insn++, resumed = false) {
		const struct bpf_insn *i = &e->object->code[insn];
		unsigned int class = BPF_CLASS(i->code);

		if (e->exhausted)
			return;
		if (e->place[insn] & ENGINE_MEETS && !resumed) {
			meet(e, insn, s);
			return;
		}
		if (++e->steps > STEPS_MAX) {
			e->exhausted = true;
		} else if (class == BPF_ALU || class == BPF_ALU64) {
			engine_alu(e, insn, s);
		} else if (class != BPF_JMP && class != BPF_JMP32) {
			engine_memory(e, insn, s);
			insn += object_is_wide(i);
		} else if (object_is_jump(i)) {
			goes_on = jump(e, &insn, s);
		} else if (i->code == (BPF_JMP | BPF_EXIT)) {
			goes_on = leave(e, &insn, s);
		} else if (i->code != (BPF_JMP | BPF_CALL)) {
			engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: unknown jump 0x%02x",
				    i->code);
			return;
		} else if (!i->src_reg && e->object->ref[insn].kind == REF_NONE) {
			engine_helper(e, insn, s);
		} else {
			goes_on = call(e, &insn, s);
		}
	}
}

static void mark_places(struct engine *e)
{
	const struct object *o = e->object;

	for (const struct object_function *f = o->function; f < o->function + o->function_count;
	     f++) {
		for (int i = f->start; i < f->end; i++) {
			int target = i + 1 + o->code[i].off;

			/* object.c checked that it stays in its function. */
			if (object_is_jump(&o->code[i]))
				e->place[target] |= ENGINE_MEETS | (target <= i ? ENGINE_BACK : 0);
			i += object_is_wide(&o->code[i]);
		}
	}
}

static void forget(struct engine *e)
{
	for (int i = 0; i < e->object->code_count * ENGINE_BUCKETS; i++) {
		while (e->node[i]) {
			struct node *n = e->node[i];

			e->node[i] = n->next;
			free(n->state);
			free(n);
		}
	}
	e->first = e->object->code_count;
}

int engine_run(struct engine *e, int entry)
{
	static const struct state nothing;
	struct node *n;
	struct state s;

	e->place = calloc(e->object->code_count + 1, sizeof(*e->place));
	e->node = calloc((e->object->code_count + 1) * ENGINE_BUCKETS, sizeof(*e->node));
	e->waiting = calloc(e->object->code_count + 1, sizeof(*e->waiting));
	if (!e->place || !e->node || !e->waiting)
		return -ENOMEM;
	mark_places(e);
	for (int round = 0; round < 2; round++) {
		forget(e);
		e->reporting = round;
		state_copy(&s, &nothing);
		s.reg[1] = value_pointer(VALUE_CTX, 0);
		s.reg[10] = value_pointer(VALUE_STACK, 0);
		run(e, entry, &s, false);
		while (!e->exhausted && (n = next_waiting(e))) {
			state_copy(&s, n->state);
			run(e, n->insn, &s, true);
		}
	}
	if (e->exhausted)
		engine_find(e, entry, PROOF_UNKNOWN,
			    "cannot prove: the reader is too large or too intricate");
	return 0;
}

void engine_free(struct engine *e)
{
	if (e->node)
		forget(e);
	free(e->node);
	free(e->waiting);
	free(e->place);
}
