// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What a conditional jump tells of the registers it compares. */
#include <linux/in.h>

#include "engine.h"

#define SMALL ((__s64)1 << 60)

static struct value null_pointer(void)
{
	return value_scalar(num_const(0), TAINT_NONE);
}

/* A pointer turned out to be, or not to be, NULL; so are its copies. */
static void settle_pointer(struct engine *e, struct state *s, int reg, bool null)
{
	struct value was = s->reg[reg];
	struct cursor c = {0};
	struct value *v;

	if (was.kind == VALUE_TCP_SOCK && !null)
		s->facts.tcp = 1;
	state_own_all(&e->machine, s);
	while ((v = state_next(s, &c))) {
		if (v != &s->reg[reg] && (!was.id || v->id != was.id))
			continue;
		if (null)
			*v = null_pointer();
		else
			v->null = 0;
	}
}

static bool branch_pointer(struct engine *e, struct state *s, unsigned int op, bool taken, int reg,
			   const struct value *other)
{
	bool zero = other->kind == VALUE_SCALAR && num_is_const(&other->num) && !other->num.umin;
	bool null = taken == (op == BPF_JEQ);

	if (!zero || (op != BPF_JEQ && op != BPF_JNE))
		return true;
	if (null && !s->reg[reg].null)
		return false;
	settle_pointer(e, s, reg, null);
	return true;
}

/* Once the sum is known better, so is its rest. */
static void settle_rest(const struct engine *e, const struct state *s, struct value *v)
{
	__s64 lo = 0, hi = 0;
	struct num bounds;

	if (v->num.smin < -SMALL || v->num.smax > SMALL || v->rest.smin < -SMALL ||
	    v->rest.smax > SMALL)
		return;
	for (int b = 0; b < HEADER_BYTES; b++) {
		__s64 f_lo, f_hi;

		if (!v->fn[b])
			continue;
		header_bounds(&e->machine.headers, &s->facts, b, v->fn[b], &f_lo, &f_hi);
		if (f_lo < -SMALL / 4 || f_hi > SMALL / 4)
			return;
		lo += f_lo;
		hi += f_hi;
	}
	bounds = num_signed(v->num.smin - hi, v->num.smax - lo);
	num_meet(&v->rest, &bounds);
}

/* A scalar is now known to be in `num`; so are its copies. */
static bool settle_scalar(struct engine *e, struct state *s, struct value *of,
			  const struct num *num)
{
	__u32 id = of->id;
	struct cursor c = {0};
	struct value *v;

	if (!num_meet(&of->num, num))
		return false;
	if (value_has_function(of))
		settle_rest(e, s, of);
	if (!id)
		return true;
	state_own_all(&e->machine, s);
	while ((v = state_next(s, &c))) {
		if (v->id != id || v->kind != VALUE_SCALAR)
			continue;
		if (!num_meet(&v->num, num))
			return false;
		if (value_has_function(v))
			settle_rest(e, s, v);
	}
	return true;
}

/* A function of one header byte, compared with a constant, tells which bytes these can be. */
static bool filter_facts(struct engine *e, struct state *s, const struct value *v,
			 struct header_test *test)
{
	int only = -1;

	for (int b = 0; b < HEADER_BYTES; b++) {
		if (!v->fn[b])
			continue;
		if (only >= 0)
			return true;
		only = b;
	}
	if (only < 0 || !num_is_const(&v->rest))
		return true;
	test->byte = only;
	test->fn = v->fn[only];
	test->add = v->rest.umin;
	return facts_filter(&s->facts, &e->machine.headers, test);
}

bool engine_branch(struct engine *e, int insn, struct state *s, bool taken)
{
	const struct bpf_insn *i = &e->object->code[insn];
	unsigned int op = BPF_OP(i->code);
	bool narrow = BPF_CLASS(i->code) == BPF_JMP32;
	bool constant = BPF_SRC(i->code) == BPF_K;
	struct value a = engine_use(e, insn, s, i->dst_reg);
	struct value b = constant ? value_scalar(num_const((__s64)i->imm), TAINT_NONE)
				  : engine_use(e, insn, s, i->src_reg);
	struct num x = a.num, y = b.num;

	if (op > BPF_JSLE || op == BPF_JA)
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: unknown jump 0x%02x", i->code);
	if (value_is_pointer(&a) && !narrow)
		return branch_pointer(e, s, op, taken, i->dst_reg, &b);
	if (a.kind != VALUE_SCALAR || b.kind != VALUE_SCALAR)
		return true;
	if (!num_branch(op, narrow, taken, &x, &y))
		return false;
	if (a.tag == TAG_PROTOCOL && num_is_const(&x) && x.umin == IPPROTO_TCP)
		s->facts.tcp = 1;
	if (num_is_const(&b.num)) {
		struct header_test test = {
			.k = b.num.umin, .op = op, .narrow = narrow, .taken = taken};

		if (!filter_facts(e, s, &a, &test))
			return false;
	}
	return settle_scalar(e, s, &s->reg[i->dst_reg], &x) &&
	       (constant || settle_scalar(e, s, &s->reg[i->src_reg], &y));
}
