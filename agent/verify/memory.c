// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Loads, stores and atomic operations. */
#include <stddef.h>
#include <string.h>

#include "engine.h"

#define STACK_SIZE 512

static unsigned int access_size(const struct bpf_insn *i)
{
	switch (BPF_SIZE(i->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

static struct value unknown(unsigned int size, __u16 taint)
{
	return value_scalar(num_sized(size), taint);
}

/* Where an access of `size` bytes at most can begin in a frame. */
static void stack_bounds(const struct num *at, unsigned int size, int *lo, int *hi)
{
	struct num may = num_signed(-STACK_SIZE, -(__s64)size);

	/* The kernel keeps it inside. */
	num_meet(&may, at);
	*lo = (int)may.smin;
	*hi = (int)may.smax;
}

static struct num moved(const struct num *at, int by)
{
	struct num k = num_const((__s64)by), r;

	num_alu(BPF_ADD, false, at, &k, &r);
	return r;
}

/* The row of a context's or socket's field, if it may be read; else NULL and a finding. */
static const struct policy_field *readable(struct engine *e, int insn, const char *what,
					   const struct policy_field *table, const struct num *at,
					   unsigned int size, enum proof_reason reason)
{
	const struct policy_field *f;

	if (!num_is_const(at)) {
		engine_find(e, insn, reason, "loads %s at an offset that is not constant", what);
		return NULL;
	}
	f = policy_field_at(table, at->umin, size);
	if (!f)
		engine_find(e, insn, reason,
			    "loads bytes %llu to %llu of %s, which are not allowed", at->umin,
			    at->umin + size - 1, what);
	else if (at->umin < f->offset || at->umin + size > f->offset + f->size)
		engine_find(e, insn, reason, "loads more than the field %s of %s", f->name, what);
	else if (f->access == FIELD_READ)
		return f;
	else
		engine_find(e, insn, reason, "loads %s of %s, which is not allowed", f->name, what);
	return NULL;
}

static struct value load_field(struct engine *e, int insn, const char *what,
			       const struct policy_field *table, const struct num *at,
			       unsigned int size, enum proof_reason reason)
{
	const struct policy_field *f = readable(e, insn, what, table, at, size, reason);
	struct value v = unknown(size, TAINT_NONE);

	if (!f)
		return v;
	if (f->yield == YIELD_PACKET) {
		v = value_pointer(VALUE_PACKET, 0, false);
	} else if (f->yield == YIELD_PACKET_END) {
		v = value_pointer(VALUE_PACKET_END, 0, false);
	} else if (f->yield == YIELD_SOCKET) {
		v = value_pointer(VALUE_SOCK, 0, true);
		v.id = engine_id(insn, 0);
	} else if (f->yield == YIELD_LENGTH && at->umin == f->offset) {
		struct num length = num_range(0, POLICY_MAX_LENGTH - 1);

		num_meet(&v.num, &length);
	} else if (f->yield == YIELD_PROTOCOL && at->umin == f->offset) {
		v.tag = TAG_PROTOCOL;
	}
	return v;
}

static struct value load_stack(struct engine *e, int insn, const struct state *s, int frame,
			       const struct num *at, unsigned int size)
{
	struct value v;
	int lo, hi;

	stack_bounds(at, size, &lo, &hi);
	v = state_load(s, frame, lo, hi - lo + size);
	if (v.kind == VALUE_NONE) {
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: reads stack that may never have been written");
		return unknown(size, TAINT_NONE);
	}
	if (v.kind == VALUE_BYTES || lo != hi)
		return unknown(size, taint_all(v.taint));
	return v;
}

static struct value load(struct engine *e, int insn, struct state *s, const struct value *base,
			 const struct num *at, unsigned int size)
{
	struct value v;

	switch (base->kind) {
	case VALUE_CTX:
		return load_field(e, insn, "the context", e->policy->context, at, size,
				  PROOF_CONTEXT);
	case VALUE_SOCK:
		return load_field(e, insn, "the socket", policy_sock, at, size, PROOF_SOCKET);
	case VALUE_TCP_SOCK:
		return load_field(e, insn, "the TCP socket", policy_tcp_sock, at, size,
				  PROOF_SOCKET);
	case VALUE_STACK:
		v = load_stack(e, insn, s, base->ref, at, size);
		break;
	case VALUE_MAP_VALUE:
		v = engine_map_load(e, base->ref, at, size);
		break;
	default:
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: loads through what may be several kinds of pointer");
		return unknown(size, TAINT_NONE);
	}
	/* Payload that chose the place chose what stands there. */
	if (base->taint)
		v.taint |= TAINT_CHOSEN;
	return v;
}

static void store_context(struct engine *e, int insn, const struct num *at, unsigned int size,
			  const struct value *v)
{
	const struct policy_field *f =
		num_is_const(at) ? policy_field_at(e->policy->context, at->umin, size) : NULL;

	if (!f || f->access != FIELD_ZERO || at->umin < f->offset ||
	    at->umin + size > f->offset + f->size)
		engine_find(e, insn, PROOF_CONTEXT, "writes to %s of the context",
			    f ? f->name : "a field");
	else if (v->kind != VALUE_SCALAR || !num_is_const(&v->num) || v->num.umin)
		engine_find(e, insn, PROOF_CONTEXT,
			    "writes to %s of the context what may not be zero", f->name);
}

static void store_stack(struct engine *e, struct state *s, int frame, const struct num *at,
			unsigned int size, const struct value *v)
{
	struct value put = *v;
	int lo, hi;

	stack_bounds(at, size, &lo, &hi);
	if (lo != hi) {
		state_blur(&e->machine, s, frame, lo, hi - lo + size,
			   value_is_scalar(v) ? taint_all(v->taint) : TAINT_PAYLOAD);
		return;
	}
	if (put.kind == VALUE_SCALAR && size < 8) {
		/* The bytes that fit are still the same value, if the others are zero. */
		if (put.num.umax > num_sized(size).umax) {
			put = value_scalar(num_truncate(&put.num, size * 8), put.taint);
		}
	} else if (!value_is_scalar(&put) && size < 8) {
		put = unknown(size, put.taint);
	}
	state_store(&e->machine, s, frame, lo, size, &put);
}

static void store(struct engine *e, int insn, struct state *s, const struct value *base,
		  const struct num *at, unsigned int size, const struct value *v, bool adds)
{
	struct store what = {
		.part = LAND_VALUE,
		.map = base->ref,
		.at = *at,
		.size = size,
		.value = *v,
		.adds = adds,
		.where = base->taint,
	};

	switch (base->kind) {
	case VALUE_CTX:
		store_context(e, insn, at, size, v);
		break;
	case VALUE_STACK:
		/* Payload that chooses the place shows in each that might have been it. */
		if (base->taint)
			what.value.taint |= TAINT_CHOSEN;
		store_stack(e, s, base->ref, at, size, &what.value);
		break;
	case VALUE_MAP_VALUE:
		engine_land(e, insn, s, &what);
		break;
	default:
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: stores through what may be several kinds of pointer");
	}
}

static bool is_atomic(__s32 operation)
{
	int plain = operation & ~BPF_FETCH;

	return operation == BPF_CMPXCHG || operation == BPF_XCHG || plain == BPF_ADD ||
	       plain == BPF_AND || plain == BPF_OR || plain == BPF_XOR;
}

static void atomic(struct engine *e, int insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];
	struct value base = engine_use(e, insn, s, i->dst_reg);
	struct value v = engine_use(e, insn, s, i->src_reg);
	struct num at = moved(&base.num, i->off);
	unsigned int size = access_size(i);
	struct value old = load(e, insn, s, &base, &at, size);
	struct value put = unknown(size, taint_all(v.taint | old.taint));
	bool adds = (i->imm & ~BPF_FETCH) == BPF_ADD && v.kind == VALUE_SCALAR && !v.taint;

	if (!is_atomic(i->imm))
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: unknown atomic operation 0x%x",
			    i->imm);
	/* On the stack some of the old value may stay; in a map its field's own rule covers that. */
	if (i->imm == BPF_XCHG || (i->imm == BPF_CMPXCHG && base.kind == VALUE_MAP_VALUE))
		put = v;
	else if (adds && base.kind == VALUE_MAP_VALUE)
		put.taint = TAINT_NONE;
	store(e, insn, s, &base, &at, size, &put, adds);
	old = unknown(size, old.taint);
	if (i->imm == BPF_CMPXCHG)
		s->reg[0] = old;
	else if (i->imm & BPF_FETCH)
		s->reg[i->src_reg] = old;
}

static void load_constant(struct engine *e, int insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];
	const struct object_ref *ref = &e->object->ref[insn];
	struct value *dst = &s->reg[i->dst_reg];

	switch (ref->kind) {
	case REF_MAP:
		*dst = value_pointer(VALUE_MAP, ref->index, false);
		break;
	case REF_DATA:
		*dst = value_pointer(VALUE_MAP_VALUE, ref->index, false);
		dst->num = num_const(ref->add);
		break;
	case REF_CODE:
		*dst = value_pointer(VALUE_FUNCTION, ref->index, false);
		break;
	case REF_NONE:
		*dst = value_scalar(num_const((__u64)i[1].imm << 32 | (__u32)i->imm), TAINT_NONE);
		if (!i->src_reg)
			break;
		/* fall through */
	default:
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: refers to an external symbol");
		*dst = value_pointer(VALUE_LOST, 0, true);
	}
}

/* A value and its copy on the stack are equal, and learn from each other's tests. */
static void tie_to_stack(struct engine *e, int insn, struct state *s, const struct value *base,
			 const struct num *at, unsigned int size, struct value *v)
{
	__u32 id = engine_id(insn, 1);

	if (base->kind != VALUE_STACK || v->kind != VALUE_SCALAR || v->id || !num_is_const(at) ||
	    num_is_const(&v->num))
		return;
	state_forget_id(&e->machine, s, id);
	v->id = id;
	state_store(&e->machine, s, base->ref, (int)at->umin, size, v);
}

static void load_register(struct engine *e, int insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];
	struct value base = engine_use(e, insn, s, i->src_reg);
	struct num at = moved(&base.num, i->off);
	struct value v;

	if (base.kind == VALUE_PACKET) {
		s->reg[i->dst_reg] = engine_packet_load(e, insn, s, &base, i->off, access_size(i));
		return;
	}
	v = load(e, insn, s, &base, &at, access_size(i));
	if (value_is_pointer(&v) && v.id == engine_id(insn, 0))
		state_forget_id(&e->machine, s, v.id);
	tie_to_stack(e, insn, s, &base, &at, access_size(i), &v);
	s->reg[i->dst_reg] = v;
}

static void store_register(struct engine *e, int insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];
	struct value base = engine_use(e, insn, s, i->dst_reg);
	struct num at = moved(&base.num, i->off);
	struct value v;

	if (BPF_CLASS(i->code) == BPF_ST) {
		v = value_scalar(num_const((__s64)i->imm), TAINT_NONE);
	} else {
		v = engine_use(e, insn, s, i->src_reg);
		/* A spilled value and the register stay equal, and learn from each other's tests. */
		if (base.kind == VALUE_STACK && !v.id && v.kind == VALUE_SCALAR) {
			state_forget_id(&e->machine, s, engine_id(insn, 0));
			v.id = engine_id(insn, 0);
			s->reg[i->src_reg].id = v.id;
		}
	}
	store(e, insn, s, &base, &at, access_size(i), &v, false);
}

void engine_memory(struct engine *e, int insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];
	unsigned int class = BPF_CLASS(i->code);

	if (class == BPF_LD && graph_is_wide(i)) {
		load_constant(e, insn, s);
	} else if (class == BPF_LD) {
		engine_find(e, insn, PROOF_PACKET,
			    "loads packet bytes by a legacy instruction (LD_ABS or LD_IND)");
		s->reg[0] = unknown(8, TAINT_NONE);
	} else if (class == BPF_LDX && BPF_MODE(i->code) == BPF_MEM) {
		load_register(e, insn, s);
	} else if (BPF_MODE(i->code) == BPF_MEM) {
		store_register(e, insn, s);
	} else if (class == BPF_STX && BPF_MODE(i->code) == BPF_ATOMIC) {
		atomic(e, insn, s);
	} else {
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: unknown access 0x%02x", i->code);
		s->reg[i->dst_reg] = unknown(8, TAINT_PAYLOAD);
	}
}

void engine_fill(struct engine *e, int insn, struct state *s, const struct area *to, __u16 taint)
{
	struct value bytes = value_bytes(taint);
	struct store what = {
		.part = LAND_VALUE,
		.map = to->at.ref,
		.at = to->at.num,
		.size = to->size.umax,
		.value = value_scalar(num_any(), taint),
		.where = to->at.taint,
	};
	int lo, hi;

	if (to->at.kind == VALUE_MAP_VALUE) {
		engine_land(e, insn, s, &what);
	} else if (to->at.kind == VALUE_STACK) {
		stack_bounds(&to->at.num, to->size.umin, &lo, &hi);
		if (lo == hi && to->size.umin)
			state_store(&e->machine, s, to->at.ref, lo, to->size.umin, &bytes);
		hi += to->size.umax;
		state_blur(&e->machine, s, to->at.ref, lo, (hi > 0 ? 0 : hi) - lo, taint);
	} else {
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: a helper writes through what may be several kinds of "
			    "pointer");
	}
}
