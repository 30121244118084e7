// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The abstract interpreter: states flow through blocks until none grows.
 *
 * A function is run on what it can see of its callers' states (state.h), all callers together.
 * A bpf_loop is a loop of calls of its callback. At each block a few states are
 * kept apart by shape.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "engine.h"

#define WIDEN_AFTER 3 /* joins at a loop's head */
#define STEPS_MAX 50000000ULL

static struct context *context_new(struct engine *e, int entry, int visible, __u64 key)
{
	const struct object_function *f = object_function_at(e->object, entry);
	struct context *c = pool_alloc(&e->machine.pool, sizeof(*c));

	c->visible = visible;
	c->key = key;
	c->first = e->graph.block_of[f->start];
	c->count = e->graph.block_of[f->end - 1] - c->first + 1;
	c->place = pool_alloc(&e->machine.pool, c->count * sizeof(*c->place));
	c->exits.by_result = true;
	for (int i = 0; i < c->count; i++)
		c->place[i].by_result =
			graph_is_exit(&e->object->code[e->graph.block[c->first + i].end - 1]);
	c->next = e->contexts;
	e->contexts = c;
	return c;
}

/* Calls are told apart by where in which frame their arguments point. */
static __u64 context_key(const struct state *s)
{
	__u64 key = 0;

	for (int r = 1; r <= 5; r++)
		key = key * 0x100000001b3ULL ^
		      (s->reg[r].kind == VALUE_STACK
			       ? (__u64)s->reg[r].ref << 32 ^ (__u32)s->reg[r].num.umin
			       : 0xffff);
	return key;
}

/* The context of a function that is entered with a state; NULL if it is active. */
static struct context *context_of(struct engine *e, int insn, int entry, const struct state *s,
				  int visible)
{
	__u64 key = context_key(s);
	struct context *c = e->contexts;

	while (c &&
	       (c->visible != visible || c->key != key || e->graph.block[c->first].start != entry))
		c = c->next;
	if (!c)
		return context_new(e, entry, visible, key);
	if (!c->active)
		return c;
	e->circle = insn;
	return NULL;
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
	return place_add(e, &c->place[block - c->first], s, b->loop_head || block == c->first);
}

static void run_context(struct engine *e, struct context *c);

/*
 * Enter a function with arguments in r1 to r5 of a state that it sees, which is used up. As
 * it may be entered from anywhere with what it returned before, its entry is
 * widened as a loop's head is. True if it has to be run.
 */
static bool enter(struct engine *e, struct context *c, struct state *s)
{
	state_begin(&e->machine, s);
	return enter_block(e, c, c->first, s);
}

/* What comes out of a function goes on behind the call. */
static void leave(struct engine *e, struct context *c, struct context *called, int next,
		  const struct state *caller, const struct passage *p, const struct value *result)
{
	c->place[next - c->first].by_result = true;
	for (int i = 0; i < called->exits.count; i++) {
		struct state s;

		if (!state_pass_back(&e->machine, caller, p, called->exits.state[i], &s))
			continue;
		if (result)
			s.reg[0] = *result;
		enter_block(e, c, next, &s);
	}
}

/* What a call passes; false, with a finding, if it is nested too deeply. */
static bool passes(struct engine *e, int insn, const struct state *s, struct passage *p)
{
	if (state_passage(s, p))
		return true;
	engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: calls are nested too deeply");
	return false;
}

static void call_function(struct engine *e, struct context *c, int insn, int target,
			  struct state *s)
{
	int next = e->graph.block_of[insn + 1];
	struct context *called;
	struct passage p;
	struct state t;

	state_kill(s, e->graph.block[next].live | e->graph.block[e->graph.block_of[target]].live);
	if (!passes(e, insn, s, &p))
		return;
	state_pass(&e->machine, s, &p, &t);
	called = context_of(e, insn, target, &t, p.visible);
	if (!called) {
		state_drop(&e->machine, &t);
		return;
	}
	if (enter(e, called, &t))
		run_context(e, called);
	leave(e, c, called, next, s, &p, NULL);
}

/* One more turn of a bpf_loop, from a state as its callback sees it. */
static bool loop_turn(struct engine *e, struct context *called, const struct state *from,
		      const struct value *count, const struct value *argument)
{
	__u64 turns = num_truncate(&count->num, 32).umax;
	struct state s;

	state_copy(&s, from);
	memset(s.reg, 0, sizeof(s.reg));
	s.reg[1] = value_scalar(num_range(0, turns ? turns - 1 : 0), taint_all(count->taint));
	s.reg[2] = *argument;
	return enter(e, called, &s);
}

/* Turn after turn, until the callback's states grow no more. */
static void run_loop(struct engine *e, struct context *called, const struct state *before,
		     const struct value *count, const struct value *argument)
{
	bool grew = loop_turn(e, called, before, count, argument);

	while (grew && !e->exhausted) {
		grew = false;
		run_context(e, called);
		for (int i = 0; i < called->exits.count; i++)
			grew |= loop_turn(e, called, called->exits.state[i], count, argument);
	}
}

static void call_loop(struct engine *e, struct context *c, int insn, struct state *s)
{
	struct value count = engine_use(e, insn, s, BPF_REG_1);
	struct value callback = engine_use(e, insn, s, BPF_REG_2);
	struct value argument = engine_use(e, insn, s, BPF_REG_3);
	struct num turns = num_truncate(&count.num, 32);
	/* How often it ran, and each turn's number, tell of the count. */
	struct value result = value_scalar(num_signed(-4095, turns.umax), taint_all(count.taint));
	int next = e->graph.block_of[insn + 1];
	struct context *called;
	struct passage p;
	struct state t;

	if (callback.kind != VALUE_FUNCTION) {
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: the callback of bpf_loop is not a constant");
		return;
	}
	state_kill(s, e->graph.block[next].live | 1U << BPF_REG_3);
	if (!passes(e, insn, s, &p))
		return;
	argument = state_renumber(&argument, p.to);
	argument.id = 0;
	state_pass(&e->machine, s, &p, &t);
	called = context_of(e, insn, callback.ref, &t, p.visible);
	if (called) {
		run_loop(e, called, &t, &count, &argument);
		leave(e, c, called, next, s, &p, &result);
	}
	state_drop(&e->machine, &t);
	engine_return(e, insn, s, result);
	state_copy(&t, s);
	enter_block(e, c, next, &t);
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
		state_drop(&e->machine, s);
	} else if (i->src_reg == BPF_PSEUDO_CALL) {
		engine_find(
			e, insn, PROOF_HELPER,
			"calls a kernel function (kfunc) or something else outside of the object");
		state_drop(&e->machine, s);
	} else if (!i->src_reg && i->imm == BPF_FUNC_loop && policy_helper(e->policy, i->imm)) {
		call_loop(e, c, insn, s);
		state_drop(&e->machine, s);
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
	if (c == e->program) {
		struct value result = engine_use(e, insn, s, BPF_REG_0);

		if (result.kind != VALUE_SCALAR || !num_is_const(&result.num) ||
		    result.num.umin != e->policy->result)
			engine_find(e, insn, PROOF_RETURN,
				    "could return something other than %llu (%s)",
				    e->policy->result, e->policy->result_says);
		state_drop(&e->machine, s);
		return;
	}
	state_end(&e->machine, s);
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

	c->active = true;
	while (!e->exhausted && (at = next_block(e, c)) >= 0) {
		struct place *p = &c->place[at];
		int which = __builtin_ctz(p->dirty);
		struct state s;

		if (pool_low(&e->machine.pool) || e->steps > STEPS_MAX)
			e->exhausted = true;
		p->dirty &= ~(1U << which);
		state_copy(&s, p->state[which]);
		step_block(e, c, &e->graph.block[c->first + at], &s);
	}
	c->active = false;
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
}

/* Instructions of all functions that were reached. */
static int count_instructions(const struct engine *e)
{
	int count = 0;

	for (const struct object_function *f = e->object->function;
	     f < e->object->function + e->object->function_count; f++) {
		const struct context *c = e->contexts;

		while (c && e->graph.block[c->first].start != f->start)
			c = c->next;
		count += c ? f->end - f->start : 0;
	}
	return count;
}

void engine_run(struct engine *e, int entry)
{
	struct state s;

	e->circle = -1;
	e->program = context_new(e, entry, 0, 0);
	state_init(&s);
	s.reg[1] = value_pointer(VALUE_CTX, 0, false);
	enter(e, e->program, &s);
	run_context(e, e->program);
	e->reporting = true;
	if (e->exhausted)
		engine_find(e, entry, PROOF_UNKNOWN,
			    "cannot prove: the program is too large or too intricate");
	if (e->circle >= 0)
		engine_find(e, e->circle, PROOF_UNKNOWN,
			    "cannot prove: functions call each other in a circle");
	for (struct context *c = e->contexts; c; c = c->next)
		report_context(e, c);
	e->proof->instructions = count_instructions(e);
}
