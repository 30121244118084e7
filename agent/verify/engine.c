// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The abstract interpreter: states flow through blocks until none grows.
 *
 * Functions are analysed once for each chain of calls that leads to them, so that what
 * is known of the callers' stacks is kept apart. A bpf_loop is a loop of calls of its
 * callback. At each block a few states are kept apart by shape (state.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

#define SHAPES 12 /* states kept apart at one place */
#define WIDEN_AFTER 3 /* joins at a loop's head */
#define STEPS_MAX 50000000ULL

/* The states at one place. */
struct place {
	struct state *state[SHAPES];
	__u64 shape[SHAPES];
	__u16 joins[SHAPES];
	__u16 dirty; /* bit set: states that grew since they were last stepped */
	__u8 count;
	bool by_result; /* what r0 says is part of the shape: callers ask for it first */
};

/* A function at the end of one chain of calls. */
struct context {
	struct context *child, *sibling;
	int insn; /* the call; -1: the program itself */
	int first; /* block at which it begins */
	int count; /* of its blocks */
	struct place *place; /* by block, from `first` on */
	struct place exits; /* states after its end, its frame popped */
};

static struct context *context_new(struct engine *e, int insn, int entry)
{
	const struct object_function *f = object_function_at(e->object, entry);
	struct context *c = pool_alloc(&e->machine.pool, sizeof(*c));

	c->insn = insn;
	c->first = e->graph.block_of[f->start];
	c->count = e->graph.block_of[f->end - 1] - c->first + 1;
	c->place = pool_alloc(&e->machine.pool, c->count * sizeof(*c->place));
	for (int i = 0; i < c->count; i++)
		c->place[i].by_result =
			graph_is_exit(&e->object->code[e->graph.block[c->first + i].end - 1]);
	return c;
}

/* The context of a call out of `c`, made at its first use. */
static struct context *context_of(struct engine *e, struct context *c, int insn, int entry)
{
	struct context *child;

	for (child = c->child; child; child = child->sibling)
		if (child->insn == insn && e->graph.block[child->first].start == entry)
			return child;
	child = context_new(e, insn, entry);
	child->sibling = c->child;
	c->child = child;
	return child;
}

static __u64 shape_at(const struct place *p, const struct state *s)
{
	const struct num *r = &s->reg[0].num;
	__u64 shape = state_shape(s);

	if (!p->by_result || s->reg[0].kind != VALUE_SCALAR)
		return shape;
	return shape + (!r->umax ? 1 : r->smax < 0 ? 2 : r->umin ? 3 : 4);
}

/* The kept state that a new one is joined into; count: it is kept apart. */
static int slot_for(struct engine *e, const struct place *p, const struct state *s, __u64 shape)
{
	int same = -1;

	for (int i = 0; i < p->count; i++) {
		if (p->shape[i] != shape)
			continue;
		if (!state_join_loses(&e->machine, p->state[i], s))
			return i;
		same = i;
	}
	if (p->count < SHAPES)
		return p->count;
	return same >= 0 ? same : SHAPES - 1;
}

/* Add a state, which is used up. True if the place now holds more than before. */
static bool place_add(struct engine *e, struct place *p, struct state *s, bool loop)
{
	__u64 shape = shape_at(p, s);
	bool grew = true;
	int i;

	if (e->reporting) {
		state_drop(&e->machine, s);
		return false;
	}
	i = slot_for(e, p, s, shape);
	if (i == p->count) {
		p->state[i] = pool_alloc(&e->machine.pool, sizeof(*s));
		memcpy(p->state[i], s, sizeof(*s));
		p->count++;
	} else {
		grew = state_join(&e->machine, p->state[i], s, loop && p->joins[i] >= WIDEN_AFTER);
		state_drop(&e->machine, s);
		p->joins[i] += grew && p->joins[i] < WIDEN_AFTER;
	}
	p->shape[i] = shape_at(p, p->state[i]);
	if (grew)
		p->dirty |= 1U << i;
	return grew;
}

static bool enter_block(struct engine *e, struct context *c, int block, struct state *s)
{
	const struct block *b = &e->graph.block[block];

	state_kill(s, b->live);
	return place_add(e, &c->place[block - c->first], s, b->loop_head);
}

static void run_context(struct engine *e, struct context *c);

/* Enter a function with the arguments in r1 to r5; false: nothing new, or not possible. */
static bool enter(struct engine *e, int insn, struct context *c, struct state *s, bool loop)
{
	const struct block *b = &e->graph.block[c->first];

	if (!state_push(&e->machine, s)) {
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: calls are nested too deeply");
		state_drop(&e->machine, s);
		return false;
	}
	state_kill(s, b->live);
	return place_add(e, &c->place[0], s, loop || b->loop_head);
}

/* What comes out of a function goes on behind the call. */
static void leave(struct engine *e, struct context *c, struct context *called, int next,
		  const struct value *result)
{
	for (int i = 0; i < called->exits.count; i++) {
		struct state s;

		state_copy(&s, called->exits.state[i]);
		if (result)
			s.reg[0] = *result;
		enter_block(e, c, next, &s);
	}
}

static void call_function(struct engine *e, struct context *c, int insn, int target,
			  struct state *s)
{
	struct context *called = context_of(e, c, insn, target);
	int next = e->graph.block_of[insn + 1];

	called->exits.by_result = true;
	c->place[next - c->first].by_result = true;
	state_kill(s, e->graph.block[next].live | 0x3e);
	if (enter(e, insn, called, s, false))
		run_context(e, called);
	leave(e, c, called, next, NULL);
}

/* One more turn of a bpf_loop, from a state outside of the callback. */
static bool loop_turn(struct engine *e, int insn, struct context *called, const struct state *from,
		      const struct num *count, const struct value *argument)
{
	struct state s;

	state_copy(&s, from);
	memset(s.reg, 0, 6 * sizeof(s.reg[0]));
	s.reg[1] = value_scalar(num_range(0, count->umax ? count->umax - 1 : 0), TAINT_NONE);
	s.reg[2] = *argument;
	return enter(e, insn, called, &s, true);
}

static void call_loop(struct engine *e, struct context *c, int insn, struct state *s)
{
	struct value count = engine_use(e, insn, s, BPF_REG_1);
	struct value callback = engine_use(e, insn, s, BPF_REG_2);
	struct value argument = engine_use(e, insn, s, BPF_REG_3);
	struct num turns = num_truncate(&count.num, 32);
	struct value result = value_scalar(num_signed(-4095, turns.umax), TAINT_NONE);
	struct context *called;
	bool grew;

	if (callback.kind != VALUE_FUNCTION) {
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: the callback of bpf_loop is not a constant");
		state_drop(&e->machine, s);
		return;
	}
	argument.id = 0;
	called = context_of(e, c, insn, callback.ref);
	grew = loop_turn(e, insn, called, s, &turns, &argument);
	while (grew && !e->exhausted) {
		grew = false;
		run_context(e, called);
		for (int i = 0; i < called->exits.count; i++)
			grew |= loop_turn(e, insn, called, called->exits.state[i], &turns,
					  &argument);
	}
	leave(e, c, called, e->graph.block_of[insn + 1], &result);
	engine_return(e, insn, s, result);
	enter_block(e, c, e->graph.block_of[insn + 1], s);
}

/* Calls by instruction: of functions, of bpf_loop, of a helper that forks, of others. */
static void step_call(struct engine *e, struct context *c, int insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];
	const struct object_ref *ref = &e->object->ref[insn];
	int next = e->graph.block_of[insn + 1];

	if (i->src_reg == BPF_PSEUDO_CALL && ref->kind == REF_CODE &&
	    object_function_at(e->object, ref->index) &&
	    object_function_at(e->object, ref->index)->start == ref->index) {
		call_function(e, c, insn, ref->index, s);
	} else if (i->src_reg == BPF_PSEUDO_CALL) {
		engine_find(
			e, insn, PROOF_HELPER,
			"calls a kernel function (kfunc) or something else outside of the object");
		state_drop(&e->machine, s);
	} else if (!i->src_reg && i->imm == BPF_FUNC_loop && policy_helper(e->policy, i->imm)) {
		call_loop(e, c, insn, s);
	} else if (!i->src_reg && i->imm == BPF_FUNC_skb_load_bytes &&
		   policy_helper(e->policy, i->imm)) {
		struct state failed, loaded;

		engine_load_bytes(e, insn, s, &failed, &loaded);
		c->place[next - c->first].by_result = true;
		enter_block(e, c, next, &failed);
		enter_block(e, c, next, &loaded);
		state_drop(&e->machine, s);
	} else {
		engine_helper(e, insn, s);
		enter_block(e, c, next, s);
	}
}

static void step_exit(struct engine *e, struct context *c, int insn, struct state *s)
{
	if (!s->depth) {
		struct value result = engine_use(e, insn, s, BPF_REG_0);

		if (result.kind != VALUE_SCALAR || !num_is_const(&result.num) ||
		    result.num.umin != e->policy->result)
			engine_find(e, insn, PROOF_RETURN,
				    "could return something other than %llu (%s)",
				    e->policy->result, e->policy->result_says);
		state_drop(&e->machine, s);
		return;
	}
	state_pop(&e->machine, s);
	place_add(e, &c->exits, s, false);
}

static void step_jump(struct engine *e, struct context *c, const struct block *b, struct state *s)
{
	int insn = b->end - 1;

	if (b->next[0] < 0) {
		enter_block(e, c, b->next[1], s);
		return;
	}
	for (int taken = 0; taken < 2; taken++) {
		struct state branch;

		state_copy(&branch, s);
		if (engine_branch(e, insn, &branch, taken))
			enter_block(e, c, b->next[taken], &branch);
		else
			state_drop(&e->machine, &branch);
	}
	state_drop(&e->machine, s);
}

/* Step a state, which is used up, through a block and into the next ones. */
static void step_block(struct engine *e, struct context *c, const struct block *b, struct state *s)
{
	for (int insn = b->start; insn < b->end; insn++) {
		const struct bpf_insn *i = &e->object->code[insn];
		unsigned int class = BPF_CLASS(i->code);

		e->steps++;
		if (class == BPF_ALU || class == BPF_ALU64) {
			engine_alu(e, insn, s);
		} else if (!graph_ends_block(i)) {
			engine_memory(e, insn, s);
			insn += graph_is_wide(i);
		} else if (graph_is_jump(i)) {
			step_jump(e, c, b, s);
			return;
		} else if (BPF_OP(i->code) == BPF_CALL) {
			step_call(e, c, insn, s);
			return;
		} else {
			step_exit(e, c, insn, s);
			return;
		}
	}
	enter_block(e, c, b->next[0], s);
}

/* The first block, in order, that holds a state that grew; -1: none. */
static int next_block(const struct engine *e, const struct context *c)
{
	int best = -1;

	for (int i = 0; i < c->count; i++)
		if (c->place[i].dirty &&
		    (best < 0 ||
		     e->graph.block[c->first + i].order < e->graph.block[c->first + best].order))
			best = i;
	return best;
}

static void run_context(struct engine *e, struct context *c)
{
	int at;

	while ((at = next_block(e, c)) >= 0) {
		struct place *p = &c->place[at];
		int which = __builtin_ctz(p->dirty);
		struct state s;

		if (pool_low(&e->machine.pool) || e->steps > STEPS_MAX)
			e->exhausted = true;
		if (e->exhausted)
			return;
		p->dirty &= ~(1U << which);
		state_copy(&s, p->state[which]);
		step_block(e, c, &e->graph.block[c->first + at], &s);
	}
}

/* Step each state that was found once more, now for what there is to find. */
static void report_context(struct engine *e, struct context *c)
{
	for (int i = 0; i < c->count && !e->exhausted; i++) {
		for (int k = 0; k < c->place[i].count; k++) {
			struct state s;

			state_copy(&s, c->place[i].state[k]);
			step_block(e, c, &e->graph.block[c->first + i], &s);
		}
	}
	for (struct context *child = c->child; child; child = child->sibling)
		report_context(e, child);
}

static void mark_functions(const struct context *c, bool *reached)
{
	reached[c->first] = true;
	for (const struct context *child = c->child; child; child = child->sibling)
		mark_functions(child, reached);
}

/* Instructions of all functions that were reached. */
static int count_instructions(struct engine *e)
{
	bool *reached = pool_alloc(&e->machine.pool, e->graph.block_count);
	int count = 0;

	mark_functions(e->root, reached);
	for (int i = 0; i < e->object->function_count; i++)
		if (reached[e->graph.block_of[e->object->function[i].start]])
			count += e->object->function[i].end - e->object->function[i].start;
	return count;
}

void engine_run(struct engine *e, int entry)
{
	struct state s;

	e->root = context_new(e, -1, entry);
	state_init(&e->machine, &s);
	s.reg[1] = value_pointer(VALUE_CTX, 0, false);
	enter_block(e, e->root, e->root->first, &s);
	run_context(e, e->root);
	e->reporting = true;
	if (e->exhausted)
		engine_find(e, entry, PROOF_UNKNOWN,
			    "cannot prove: the program is too large or too intricate");
	else
		report_context(e, e->root);
	e->proof->instructions = count_instructions(e);
}
