// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Arithmetic on abstract values. */
#include <stdint.h>
#include <string.h>

#include "engine.h"

/* Room to add bounds without overflow. */
#define SMALL ((__s64)1 << 60)

/* Bounds of a scalar that is a function plus rest; false if they are too wide to add. */
static bool function_bounds(const struct engine *e, const struct state *s, const struct value *v,
			    __s64 *lo, __s64 *hi)
{
	*lo = v->rest.smin;
	*hi = v->rest.smax;
	if (*lo < -SMALL || *hi > SMALL)
		return false;
	for (int b = 0; b < HEADER_BYTES; b++) {
		__s64 f_lo, f_hi;

		if (!v->fn[b])
			continue;
		header_bounds(&e->machine.headers, &s->facts, b, v->fn[b], &f_lo, &f_hi);
		if (f_lo < -SMALL || f_hi > SMALL)
			return false;
		*lo += f_lo;
		*hi += f_hi;
	}
	return true;
}

/* Functions survive in the lower 32 bits only if the sum has no others. */
static void fit_function(struct engine *e, const struct state *s, struct value *v, bool narrow)
{
	__s64 lo, hi;
	struct num bounds;

	if (!value_has_function(v)) {
		value_drop_function(v);
		return;
	}
	if (!function_bounds(e, s, v, &lo, &hi)) {
		if (narrow)
			value_drop_function(v);
		return;
	}
	if (narrow && (lo < 0 || hi > UINT32_MAX)) {
		value_drop_function(v);
		return;
	}
	bounds = num_signed(lo, hi);
	num_meet(&v->num, &bounds);
}

/* a + b or a - b of functions and rests, byte by byte. */
static void add_functions(struct engine *e, const struct state *s, unsigned int op, bool narrow,
			  const struct value *a, const struct value *b, struct value *r)
{
	const struct num *rest_a = value_has_function(a) ? &a->rest : &a->num;
	const struct num *rest_b = value_has_function(b) ? &b->rest : &b->num;
	struct header_table *t = &e->machine.headers;

	for (int byte = 0; byte < HEADER_BYTES; byte++) {
		__u64 sum[HEADER_VALUES];

		for (int v = 0; v < HEADER_VALUES; v++) {
			__u64 y = t->value[b->fn[byte]][v];

			sum[v] = t->value[a->fn[byte]][v] + (op == BPF_ADD ? y : -y);
		}
		if (!header_function(t, sum, &r->fn[byte])) {
			value_drop_function(r);
			return;
		}
	}
	num_alu(op, false, rest_a, rest_b, &r->rest);
	fit_function(e, s, r, narrow);
}

/* The one byte that a value is a function of, with a constant rest; -1: it isn't. */
static int only_byte(const struct value *v)
{
	int only = -1;

	for (int b = 0; b < HEADER_BYTES; b++) {
		if (!v->fn[b])
			continue;
		if (only >= 0)
			return -1;
		only = b;
	}
	return only >= 0 && num_is_const(&v->rest) ? only : -1;
}

struct operation {
	unsigned int op;
	bool narrow;
	__u64 k;
	bool swap; /* for BPF_END */
};

static bool compute(const struct operation *op, const struct num *a, const struct num *b,
		    struct num *result)
{
	struct num zero = num_const(0);

	if (op->op == BPF_END) {
		*result = num_endian(a, op->k, op->swap);
		return true;
	}
	if (op->op == BPF_NEG)
		return num_alu(BPF_SUB, op->narrow, &zero, a, result);
	return num_alu(op->op, op->narrow, a, b, result);
}

/* Any operation with a constant maps a function of one byte to another. */
static void map_function(struct engine *e, const struct state *s, const struct operation *op,
			 const struct value *a, const struct num *b, struct value *r)
{
	struct header_table *t = &e->machine.headers;
	int byte = only_byte(a);
	__u64 out[HEADER_VALUES];

	if (byte < 0 || !num_is_const(b))
		return;
	for (int v = 0; v < HEADER_VALUES; v++) {
		struct num x = num_const(t->value[a->fn[byte]][v] + a->rest.umin), y;

		if (!compute(op, &x, b, &y))
			return;
		out[v] = y.umin;
	}
	if (header_function(t, out, &r->fn[byte]))
		r->rest = num_const(0);
	fit_function(e, s, r, false);
}

/*
 * What a result takes from payload, byte by byte where the bytes do not mix: fields
 * that are put together in one word, to be stored by one instruction, stay apart.
 */
static __u16 bytes_taint(const struct operation *op, const struct value *a, const struct value *b)
{
	__u64 by = b->num.umin;
	/* A greater count is cut by the processor. */
	bool whole = num_is_const(&b->num) && !(by % 8) && by < (op->narrow ? 32 : 64);

	if (op->op == BPF_AND || op->op == BPF_OR || op->op == BPF_XOR)
		return a->taint | b->taint;
	if (op->op == BPF_LSH && whole)
		return a->taint << (by / 8 * 2);
	if (op->op == BPF_RSH && whole)
		return a->taint >> (by / 8 * 2);
	return taint_all(a->taint | b->taint);
}

/* The upper half of a 32-bit operation's result is zero. */
static __u16 narrowed(__u16 taint, bool narrow)
{
	return narrow ? taint_part(taint, 0, 4) : taint;
}

static __u16 alu_taint(const struct operation *op, const struct value *a, const struct value *b)
{
	/* Byte swaps are of the 32-bit class, whatever their width. */
	return narrowed(bytes_taint(op, a, b), op->narrow && op->op != BPF_END);
}

static struct value scalar_alu(struct engine *e, const struct state *s, const struct operation *op,
			       const struct value *a, const struct value *b)
{
	struct value r = value_scalar(num_any(), alu_taint(op, a, b));

	if (!compute(op, &a->num, &b->num, &r.num))
		return r;
	/* Its lowest byte tells TCP as well: 6, or 262 for MPTCP, which is TCP on the wire. */
	if (a->tag == TAG_PROTOCOL && op->op == BPF_AND && num_is_const(&b->num) &&
	    (b->num.umin & 0xff) == 0xff)
		r.tag = TAG_PROTOCOL;
	if (!value_has_function(a) && !value_has_function(b))
		return r;
	if (op->op == BPF_ADD || op->op == BPF_SUB)
		add_functions(e, s, op->op, op->narrow, a, b, &r);
	else if (!value_has_function(b))
		map_function(e, s, op, a, &b->num, &r);
	return r;
}

static struct value unknown(__u16 taint, bool narrow)
{
	return value_scalar(num_sized(narrow ? 4 : 8), narrowed(taint, narrow));
}

/* A pointer into the packet moves as its offset does. */
static struct value packet_alu(struct engine *e, const struct state *s, const struct operation *op,
			       const struct value *pointer, const struct value *by)
{
	struct value at = *pointer, r;

	at.kind = VALUE_SCALAR;
	at.id = 0;
	r = scalar_alu(e, s, op, &at, by);
	r.kind = VALUE_PACKET;
	return r;
}

/* Arithmetic with a pointer in it. */
static struct value pointer_alu(struct engine *e, int insn, const struct state *s,
				const struct operation *op, const struct value *a,
				const struct value *b)
{
	bool moves = !op->narrow && (op->op == BPF_ADD || op->op == BPF_SUB);
	const struct value *pointer = value_is_pointer(a) ? a : b;
	const struct value *by = pointer == a ? b : a;
	__u16 taint = taint_all(a->taint | b->taint);
	struct value r = *pointer;

	if (a->kind == VALUE_LOST || b->kind == VALUE_LOST) {
		r = value_pointer(VALUE_LOST, 0, true);
		r.taint = taint;
		return r;
	}
	if (!moves || by->kind != VALUE_SCALAR || (op->op == BPF_SUB && pointer == b))
		return unknown(taint, op->narrow);
	if (r.kind == VALUE_PACKET)
		return packet_alu(e, s, op, pointer, by);
	if (r.kind != VALUE_STACK && r.kind != VALUE_MAP_VALUE)
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: arithmetic on a pointer to neither stack nor map");
	num_alu(op->op, false, &pointer->num, &by->num, &r.num);
	r.taint = taint;
	r.id = 0;
	return r;
}

/* dst = src: the two are known to be equal from then on. */
static void move(struct engine *e, int insn, struct state *s, int dst, int src, bool narrow)
{
	struct value v = engine_use(e, insn, s, src);
	__u32 id = engine_id(insn, 0);

	if (narrow && v.kind != VALUE_SCALAR) {
		s->reg[dst] = unknown(v.taint, true);
		return;
	}
	if (narrow && v.num.umax > UINT32_MAX) {
		v.num = num_truncate(&v.num, 32);
		v.id = 0;
		v.tag = TAG_NONE;
		fit_function(e, s, &v, true);
		s->reg[dst] = v;
		return;
	}
	if (!v.id && dst != src) {
		state_forget_id(&e->machine, s, id);
		v.id = id;
		s->reg[src].id = id;
	}
	s->reg[dst] = v;
}

static struct value operand(struct engine *e, int insn, const struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];

	if (BPF_SRC(i->code) == BPF_X && BPF_OP(i->code) != BPF_END)
		return engine_use(e, insn, s, i->src_reg);
	return value_scalar(num_const((__s64)i->imm), TAINT_NONE);
}

void engine_alu(struct engine *e, int insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];
	struct operation op = {
		.op = BPF_OP(i->code),
		.narrow = BPF_CLASS(i->code) == BPF_ALU,
		.k = i->imm,
		.swap = BPF_SRC(i->code) == BPF_TO_BE,
	};
	struct value a, b;
	bool known =
		op.op <= BPF_END && !i->off &&
		(op.op != BPF_END || (op.narrow && (i->imm == 16 || i->imm == 32 || i->imm == 64)));

	if (!known)
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: unknown arithmetic 0x%02x",
			    i->code);
	if (op.op == BPF_MOV && BPF_SRC(i->code) == BPF_X && known) {
		move(e, insn, s, i->dst_reg, i->src_reg, op.narrow);
		return;
	}
	b = operand(e, insn, s);
	if (op.op == BPF_MOV && known) {
		if (op.narrow)
			b.num = num_truncate(&b.num, 32);
		s->reg[i->dst_reg] = b;
		return;
	}
	a = engine_use(e, insn, s, i->dst_reg);
	if (!known)
		s->reg[i->dst_reg] = unknown(TAINT_PAYLOAD, false);
	else if (a.kind != VALUE_SCALAR || b.kind != VALUE_SCALAR)
		s->reg[i->dst_reg] = pointer_alu(e, insn, s, &op, &a, &b);
	else
		s->reg[i->dst_reg] = scalar_alu(e, s, &op, &a, &b);
}
