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

#include "engine.h"

#define WIDEN_AFTER 3 /* joins */
#define STEPS_MAX 20000000ULL
/* In the order of the code; what is called comes before what is behind the call. */
static int compare(const struct node *a, int insn, const struct state *s)
{
	for (int i = 0;; i++) {
		int x = i < a->state->depth ? a->state->site[i] : a->insn;
		int y = i < s->depth ? s->site[i] : insn;

		if (x != y)
			return x < y ? -1 : 1;
		if (i >= a->state->depth || i >= s->depth)
			break;
	}
	if (a->state->depth != s->depth)
		return a->state->depth < s->depth ? -1 : 1;
	return memcmp(&a->state->facts, &s->facts, sizeof(s->facts));
}

static bool before(const struct node *a, const struct node *b)
{
	return compare(a, b->insn, b->state) < 0;
}

/* A heap: the first node is the next to go on from. */
static void enqueue(struct engine *e, struct node *n)
{
	int at = e->queued;

	if (n->queued)
		return;
	if (at == e->queue_room) {
		int room = at ? 2 * at : 256;
		void *grown = realloc(e->queue, room * sizeof(*e->queue));

		if (!grown) {
			e->exhausted = true;
			return;
		}
		e->queue = grown;
		e->queue_room = room;
	}
	n->queued = true;
	e->queued++;
	for (; at && before(n, e->queue[(at - 1) / 2]); at = (at - 1) / 2)
		e->queue[at] = e->queue[(at - 1) / 2];
	e->queue[at] = n;
}

static struct node *dequeue(struct engine *e)
{
	struct node *first = e->queue[0], *last = e->queue[--e->queued];
	int at = 0, child;

	while ((child = 2 * at + 1) < e->queued) {
		if (child + 1 < e->queued && before(e->queue[child + 1], e->queue[child]))
			child++;
		if (!before(e->queue[child], last))
			break;
		e->queue[at] = e->queue[child];
		at = child;
	}
	e->queue[at] = last;
	first->queued = false;
	return first;
}

static struct node **find_node(struct engine *e, int insn, const struct state *s)
{
	__u32 hash = insn;
	struct node **n;

	for (int i = 0; i < s->depth; i++)
		hash = hash * 31 + s->site[i];
	for (size_t i = 0; i < sizeof(s->facts); i++)
		hash = hash * 31 + ((const __u8 *)&s->facts)[i];
	for (n = &e->node[hash * 0x9e3779b1U >> 16 & (ENGINE_NODES - 1)]; *n; n = &(*n)->next)
		if (!compare(*n, insn, s))
			break;
	return n;
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

/* A state comes to a place where others may have come to. */
static void meet(struct engine *e, int insn, const struct state *s)
{
	struct node **at = find_node(e, insn, s), *n = *at;
	struct state joined;

	if (!n) {
		n = calloc(1, sizeof(*n));
		if (!n || !keep(n, s)) {
			free(n);
			e->exhausted = true;
			return;
		}
		n->insn = insn;
		*at = n;
	} else {
		state_copy(&joined, n->state);
		if (!state_join(&joined, s, e->place[insn] & ENGINE_BACK && n->joins > WIDEN_AFTER))
			return;
		n->joins++;
		/* The heap's order does not depend on what may have grown. */
		if (!keep(n, &joined))
			e->exhausted = true;
	}
	enqueue(e, n);
}

void engine_exhaust(struct engine *e, int insn)
{
	e->exhausted = true;
	engine_find(e, insn, PROOF_UNKNOWN,
		    "cannot prove: the reader is too large or too intricate");
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
	if (result.kind != VALUE_SCALAR || !num_is_const(&result.num) ||
	    result.num.lo != e->policy->result)
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
			engine_exhaust(e, insn);
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

static int mark_places(struct engine *e)
{
	const struct object *o = e->object;

	e->place = calloc(o->code_count + 1, sizeof(*e->place));
	if (!e->place)
		return -ENOMEM;
	for (int i = 0; i < o->code_count; i++) {
		int target = i + 1 + o->code[i].off;

		/* object.c checked that it stays in its function. */
		if (object_is_jump(&o->code[i]))
			e->place[target] |= ENGINE_MEETS | (target <= i ? ENGINE_BACK : 0);
		i += object_is_wide(&o->code[i]);
	}
	return 0;
}

static void forget(struct engine *e)
{
	for (int i = 0; i < ENGINE_NODES; i++) {
		while (e->node[i]) {
			struct node *n = e->node[i];

			e->node[i] = n->next;
			free(n->state);
			free(n);
		}
	}
	e->queued = 0;
}

int engine_run(struct engine *e, int entry)
{
	static const struct state nothing;
	struct state s;
	int r = mark_places(e);

	e->node = calloc(ENGINE_NODES, sizeof(*e->node));
	if (!e->node)
		return -ENOMEM;
	for (int round = 0; round < 2 && !r; round++) {
		forget(e);
		e->reporting = round;
		state_copy(&s, &nothing);
		s.reg[1] = value_pointer(VALUE_CTX, 0);
		s.reg[10] = value_pointer(VALUE_STACK, 0);
		run(e, entry, &s, false);
		while (e->queued && !e->exhausted) {
			struct node *n = dequeue(e);

			state_copy(&s, n->state);
			run(e, n->insn, &s, true);
		}
	}
	return r;
}

void engine_free(struct engine *e)
{
	if (e->node)
		forget(e);
	free(e->node);
	free(e->queue);
	free(e->place);
}
