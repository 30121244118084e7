// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Arithmetic and branches of the reader. Pointers may be moved, and compared with NULL; a
 * packet's pointers also with its end. Nothing else is computed from a pointer or
 * learnt of one, so that no number tells where something lies.
 */
#include "verify/proof/engine.h"

struct value engine_use(struct engine *e, int insn, const struct state *s, int reg)
{
	if (s->reg[reg].kind != VALUE_NONE)
		return s->reg[reg];
	engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: r%d may never have been written", reg);
	return value_scalar(scalar_any());
}

static struct value alu_scalars(const struct bpf_insn *i, const struct scalar *a,
				const struct scalar *b)
{
	bool narrow = BPF_CLASS(i->code) == BPF_ALU;
	struct scalar zero = scalar_const(0);

	if (BPF_OP(i->code) == BPF_END)
		return value_scalar(scalar_endian(a, i->imm, BPF_SRC(i->code) == BPF_TO_BE));
	if (BPF_OP(i->code) == BPF_NEG)
		return value_scalar(scalar_alu(BPF_SUB, narrow, &zero, a));
	return value_scalar(scalar_alu(BPF_OP(i->code), narrow, a, b));
}

/* Arithmetic with a pointer in it: one that moves by a number, or nothing. */
static struct value pointer_alu(struct engine *e, int insn, const struct value *a,
				const struct value *b)
{
	const struct bpf_insn *i = &e->object->code[insn];
	unsigned int op = BPF_OP(i->code);
	const struct value *pointer = a->kind == VALUE_SCALAR ? b : a, *by = pointer == a ? b : a;
	struct value r = *pointer;
	bool can_move = pointer->kind == VALUE_STACK || pointer->kind == VALUE_MAP_VALUE ||
			pointer->kind == VALUE_PACKET;

	if (BPF_CLASS(i->code) != BPF_ALU64 || by->kind != VALUE_SCALAR || !can_move ||
	    (op != BPF_ADD && (op != BPF_SUB || pointer == b))) {
		engine_find(e, insn, PROOF_UNKNOWN,
			    "computes a number from what may be a pointer, which could name a "
			    "connection");
		return value_scalar(scalar_any());
	}
	r.scalar = scalar_alu(op, false, &pointer->scalar, &by->scalar);
	r.id = 0;
	return r;
}

/* dst = src: the two are known to be equal from then on. */
static void move(struct engine *e, int insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];
	struct value v = engine_use(e, insn, s, i->src_reg), zero = value_scalar(scalar_const(0));
	bool narrow = BPF_CLASS(i->code) == BPF_ALU;

	if (narrow && v.kind != VALUE_SCALAR) {
		v = pointer_alu(e, insn, &v, &zero);
	} else if (narrow && v.scalar.hi > UINT32_MAX) {
		v = value_scalar(scalar_truncate(&v.scalar, 32));
	} else if (i->dst_reg != i->src_reg && s->reg[i->src_reg].kind != VALUE_NONE) {
		state_name(s, &s->reg[i->src_reg], insn * 2 + 2);
		v = s->reg[i->src_reg];
	}
	s->reg[i->dst_reg] = v;
}

static bool is_known(const struct bpf_insn *i)
{
	unsigned int op = BPF_OP(i->code);

	if (i->off || op > BPF_END)
		return false;
	return op != BPF_END ||
	       (BPF_CLASS(i->code) == BPF_ALU && (i->imm == 16 || i->imm == 32 || i->imm == 64));
}

void engine_alu(struct engine *e, int insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];
	unsigned int op = BPF_OP(i->code);
	struct value *dst = &s->reg[i->dst_reg], a, b = value_scalar(scalar_const((__s64)i->imm));

	if (!is_known(i)) {
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: unknown arithmetic 0x%02x",
			    i->code);
		*dst = value_scalar(scalar_any());
		return;
	}
	if (op == BPF_MOV && BPF_SRC(i->code) == BPF_X) {
		move(e, insn, s);
		return;
	}
	if (BPF_SRC(i->code) == BPF_X && op != BPF_END && op != BPF_NEG)
		b = engine_use(e, insn, s, i->src_reg);
	if (op == BPF_MOV) {
		if (BPF_CLASS(i->code) == BPF_ALU)
			b.scalar = scalar_truncate(&b.scalar, 32);
		*dst = b;
		return;
	}
	a = engine_use(e, insn, s, i->dst_reg);
	if (a.kind != VALUE_SCALAR || b.kind != VALUE_SCALAR)
		*dst = pointer_alu(e, insn, &a, &b);
	else
		*dst = alu_scalars(i, &a.scalar, &b.scalar);
}

/* A value is now known to be in `num`, and so are its copies; false if that can't be. */
static bool settle(struct state *s, struct value *of, const struct scalar *scalar)
{
	__u32 id = of->id;
	struct value *v;

	if (!scalar_meet(&of->scalar, scalar))
		return false;
	for (int i = 0; id && (v = state_value(s, i)); i++)
		if (v->id == id && v->kind == VALUE_SCALAR && !scalar_meet(&v->scalar, scalar))
			return false;
	return true;
}

void engine_settle(struct state *s, int reg, const struct scalar *scalar)
{
	settle(s, &s->reg[reg], scalar);
}

/* A pointer turned out to be NULL, and so are its copies. */
static void settle_null(struct state *s, struct value *pointer)
{
	__u32 id = pointer->id;
	struct value *v;

	*pointer = value_scalar(scalar_const(0));
	for (int i = 0; id && (v = state_value(s, i)); i++)
		if (v->id == id)
			*v = value_scalar(scalar_const(0));
}

static bool branch_pointer(struct engine *e, int insn, struct state *s, bool taken,
			   const struct value *a, const struct value *b)
{
	const struct bpf_insn *i = &e->object->code[insn];
	unsigned int op = BPF_OP(i->code);
	bool wide = BPF_CLASS(i->code) == BPF_JMP;
	bool pointer = a->kind != VALUE_LOST && a->kind != VALUE_SCALAR;

	if (wide && ((a->kind == VALUE_PACKET && b->kind == VALUE_PACKET_END) ||
		     (a->kind == VALUE_PACKET_END && b->kind == VALUE_PACKET)))
		return true;
	if (!wide || !pointer || !value_is_null(b) || (op != BPF_JEQ && op != BPF_JNE)) {
		engine_find(e, insn, PROOF_UNKNOWN,
			    "compares what may be a pointer with something other than NULL: that "
			    "could tell where it points");
		return true;
	}
	if (taken != (op == BPF_JEQ))
		return true;
	/* Of the stack, the context and a packet no pointer is NULL. */
	if (a->kind == VALUE_STACK || a->kind == VALUE_CTX || a->kind == VALUE_PACKET)
		return false;
	settle_null(s, &s->reg[i->dst_reg]);
	return true;
}

bool engine_branch(struct engine *e, int insn, struct state *s, bool taken)
{
	const struct bpf_insn *i = &e->object->code[insn];
	bool constant = BPF_SRC(i->code) == BPF_K;
	struct value a = engine_use(e, insn, s, i->dst_reg);
	struct value b = constant ? value_scalar(scalar_const((__s64)i->imm))
				  : engine_use(e, insn, s, i->src_reg);
	struct scalar x = a.scalar, y = b.scalar;

	if (a.kind != VALUE_SCALAR || b.kind != VALUE_SCALAR)
		return branch_pointer(e, insn, s, taken, &a, &b);
	if (!scalar_branch(BPF_OP(i->code), BPF_CLASS(i->code) == BPF_JMP32, taken, &x, &y))
		return false;
	return settle(s, &s->reg[i->dst_reg], &x) &&
	       (constant || settle(s, &s->reg[i->src_reg], &y));
}
