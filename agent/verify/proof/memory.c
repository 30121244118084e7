// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Loads, stores and atomic operations of the reader. Of the context and of sockets only the
 * fields that policy.c names are loaded; no pointer, and no part of one, goes to a map.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/in.h>

#include "verify/proof/engine.h"

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

static struct scalar moved(const struct scalar *at, int by)
{
	struct scalar k = scalar_const((__s64)by);

	return scalar_alu(BPF_ADD, false, at, &k);
}

/* Where an access of `size` bytes can begin in a frame; the kernel keeps it inside. */
static void stack_bounds(const struct scalar *at, int size, int *lo, int *hi)
{
	__s64 from = at->lo, to = at->hi;

	if (from > to || from < -STATE_STACK || from > -size)
		from = -STATE_STACK;
	if (from > to || to > -size)
		to = -size;
	*lo = (int)from;
	*hi = (int)(to < from ? from : to);
}

void engine_split(struct engine *e, int insn, struct state *s, enum fact fact, unsigned int size,
		  engine_put put)
{
	struct scalar ranges[FACTS_RANGES], known;
	unsigned int count = facts_ranges(fact, ranges);
	struct state apart;
	struct value v;

	if (facts_know(&s->facts, fact, &known)) {
		v = value_scalar(scalar_truncate(&known, size * 8));
		put(e, insn, s, &v);
		return;
	}
	for (unsigned int i = 1; i < count; i++) {
		state_copy(&apart, s);
		apart.facts.range[fact] = i;
		v = value_scalar(scalar_truncate(&ranges[i - 1], size * 8));
		put(e, insn, &apart, &v);
		engine_fork(e, insn + 1, &apart);
	}
	s->facts.range[fact] = count;
	v = value_scalar(scalar_truncate(&ranges[count - 1], size * 8));
	put(e, insn, s, &v);
}

/* A load's destination. */
static void put_loaded(struct engine *e, int insn, struct state *s, const struct value *v)
{
	s->reg[e->object->code[insn].dst_reg] = *v;
}

/* What programs may load fields of. */
struct source {
	const char *what, *type;
	const struct policy_field *fields;
	enum proof_reason reason;
};

static struct source source_of(const struct engine *e, __u32 kind)
{
	if (kind == VALUE_CTX)
		return (struct source){"the context", e->policy->context_type, e->policy->context,
				       PROOF_CONTEXT};
	if (kind == VALUE_SOCK)
		return (struct source){"the socket", "bpf_sock", policy_sock, PROOF_SOCKET};
	return (struct source){"the TCP socket", "bpf_tcp_sock", policy_tcp_sock, PROOF_SOCKET};
}

/* Why a field is not allowed; `does` is "loads" or "writes to". */
static void refuse_field(struct engine *e, int insn, const struct source *from, const char *does,
			 const struct scalar *at, unsigned int size)
{
	const struct policy_field *f = policy_field_at(from->fields, at->lo, 1);
	const char *name = f ? f->name : object_member_at(e->object, from->type, at->lo);

	if (!scalar_is_const(at))
		engine_find(e, insn, from->reason, "%s %s at an offset that is not constant", does,
			    from->what);
	else if (f && f->access != FIELD_DENIED)
		engine_find(e, insn, from->reason,
			    "%s %s of %s in a way, or so much of it, as is not allowed", does, name,
			    from->what);
	else if (name)
		engine_find(e, insn, from->reason, "%s %s of %s, which is not allowed", does, name,
			    from->what);
	else
		engine_find(e, insn, from->reason,
			    "%s bytes %llu to %llu of %s, which are not allowed", does, at->lo,
			    at->lo + size - 1, from->what);
}

static void load_field(struct engine *e, int insn, struct state *s, const struct value *base,
		       const struct scalar *at, unsigned int size)
{
	struct source from = source_of(e, base->kind);
	const struct policy_field *f =
		scalar_is_const(at) ? policy_field_at(from.fields, at->lo, size) : NULL;
	struct scalar length = scalar_range(0, POLICY_MAX_LENGTH - 1);
	struct value v = value_scalar(scalar_sized(size));

	if (!f || f->access != FIELD_READ) {
		refuse_field(e, insn, &from, "loads", at, size);
	} else if (f->yield == YIELD_PROTOCOL && at->lo == f->offset) {
		engine_split(e, insn, s, FACT_PROTOCOL, size, put_loaded);
		return;
	} else if (f->yield == YIELD_PACKET) {
		v = value_pointer(VALUE_PACKET, 0);
	} else if (f->yield == YIELD_PACKET_END) {
		v = value_pointer(VALUE_PACKET_END, 0);
	} else if (f->yield == YIELD_SOCKET) {
		v = value_pointer(VALUE_SOCK, 0);
	} else if (f->yield == YIELD_LENGTH && at->lo == f->offset) {
		scalar_meet(&v.scalar, &length);
	}
	put_loaded(e, insn, s, &v);
}

static void load_packet(struct engine *e, int insn, struct state *s, const struct scalar *at,
			unsigned int size)
{
	struct scalar length = scalar_const(size);
	struct value v = value_scalar(scalar_sized(size));
	enum fact fact = size == 1 ? packet_fact(s, at) : FACTS;
	bool payload = false;

	if (packet_check(e, insn, s, at, &length, &payload) && payload)
		engine_find(e, insn, PROOF_PAYLOAD,
			    "loads payload itself: that may only be put into a map's array by "
			    "bpf_skb_load_bytes, for functions that are verified apart");
	if (fact != FACTS)
		engine_split(e, insn, s, fact, 1, put_loaded);
	else
		put_loaded(e, insn, s, &v);
}

bool engine_reads(struct engine *e, int insn, const struct state *s, const struct value *at,
		  __u64 size, const char *what)
{
	int lo, hi;

	if (at->kind == VALUE_MAP_VALUE) {
		const char *field = proof_payload_at(
			e->proof, at->ref, at->scalar.lo,
			scalar_is_const(&at->scalar) ? at->scalar.lo + size : UINT64_MAX);

		if (field)
			engine_find(
				e, insn, PROOF_PAYLOAD,
				"%s payload back from map %s, %s: the reader may not look at it",
				what, e->object->map[at->ref].name, field);
		return !field;
	}
	if (at->kind == VALUE_STACK && size <= STATE_STACK) {
		stack_bounds(&at->scalar, (int)size, &lo, &hi);
		if (state_is_data(s, at->ref, lo, hi - lo + (int)size))
			return true;
		engine_find(
			e, insn, PROOF_UNKNOWN,
			"cannot prove: %s stack that may never have been written, or that holds "
			"a pointer",
			what);
		return false;
	}
	engine_find(e, insn, PROOF_UNKNOWN,
		    "cannot prove: %s what is not certain to be stack or a map's value", what);
	return false;
}

void engine_overwrites(struct engine *e, int insn, struct state *s, const struct value *at,
		       __u64 size, bool all)
{
	int lo, hi;

	if (at->kind == VALUE_MAP_VALUE)
		return;
	if (at->kind != VALUE_STACK || size > STATE_STACK) {
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: what is written to is not certain to be stack or a "
			    "map's value");
		return;
	}
	stack_bounds(&at->scalar, (int)size, &lo, &hi);
	state_blur(s, at->ref, lo, hi - lo + (int)size);
	if (all && lo == hi && !state_fill(s, at->ref, lo, (int)size))
		e->exhausted = true;
}

static void load_stack(struct engine *e, int insn, struct state *s, const struct value *base,
		       const struct scalar *at, unsigned int size)
{
	struct value from = *base, v;
	int lo, hi;

	from.scalar = *at;
	stack_bounds(at, size, &lo, &hi);
	v = state_load(s, base->ref, lo, size);
	if (lo != hi || v.kind == VALUE_NONE || v.kind == VALUE_LOST) {
		engine_reads(e, insn, s, &from, size, "reads");
		v = value_scalar(scalar_sized(size));
	} else {
		/* The value and its copy on the stack are equal, and learn from each other's tests. */
		struct cell *cell = state_cell(s, base->ref, lo, size);

		if (cell) {
			state_name(s, &cell->value, insn * 2 + 1);
			v = cell->value;
		}
	}
	put_loaded(e, insn, s, &v);
}

/* Constants that the loader does not set, of which the live check compares what is loaded. */
static bool load_frozen(const struct object *o, const struct value *base, const struct scalar *at,
			unsigned int size, struct value *v)
{
	const struct object_map *map = &o->map[base->ref];
	__u64 raw = 0;

	if (!map->constant || !scalar_is_const(at) || at->lo > map->value_size ||
	    size > map->value_size - at->lo || !object_is_frozen(o, map, at->lo, size))
		return false;
	memcpy(&raw, map->data + at->lo, size);
	*v = value_scalar(scalar_const(raw));
	return true;
}

static void load(struct engine *e, int insn, struct state *s, const struct value *base,
		 const struct scalar *at, unsigned int size)
{
	struct value v = value_scalar(scalar_sized(size)), from = *base;

	from.scalar = *at;
	switch (base->kind) {
	case VALUE_CTX:
	case VALUE_SOCK:
	case VALUE_TCP_SOCK:
		load_field(e, insn, s, base, at, size);
		return;
	case VALUE_PACKET:
		load_packet(e, insn, s, at, size);
		return;
	case VALUE_STACK:
		load_stack(e, insn, s, base, at, size);
		return;
	case VALUE_MAP_VALUE:
		if (!load_frozen(e->object, base, at, size, &v))
			engine_reads(e, insn, s, &from, size, "reads");
		put_loaded(e, insn, s, &v);
		return;
	default:
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: loads through what is not certain to be one kind of "
			    "pointer");
		put_loaded(e, insn, s, &v);
	}
}

static void store_context(struct engine *e, int insn, const struct scalar *at, unsigned int size,
			  const struct value *v)
{
	struct source context = source_of(e, VALUE_CTX);
	const struct policy_field *f =
		scalar_is_const(at) ? policy_field_at(context.fields, at->lo, size) : NULL;

	if (!f || f->access != FIELD_ZERO)
		refuse_field(e, insn, &context, "writes to", at, size);
	else if (!value_is_null(v))
		engine_find(e, insn, PROOF_CONTEXT,
			    "writes to %s of the context what may not be zero", f->name);
}

static void store_stack(struct engine *e, int insn, struct state *s, int frame,
			const struct scalar *at, unsigned int size, const struct value *v)
{
	struct value put = *v;
	int lo, hi;

	stack_bounds(at, size, &lo, &hi);
	if (put.kind != VALUE_SCALAR && (size < 8 || lo != hi)) {
		engine_find(
			e, insn, PROOF_UNKNOWN,
			"cannot prove: stores a part of a pointer, or one where is not certain");
		put = value_pointer(VALUE_LOST, 0);
	}
	if (lo != hi) {
		state_blur(s, frame, lo, hi - lo + size);
		return;
	}
	if (put.kind == VALUE_SCALAR && put.scalar.hi > scalar_sized(size).hi)
		put = value_scalar(scalar_truncate(&put.scalar, size * 8));
	if (!state_store(s, frame, lo, size, &put))
		e->exhausted = true;
}

static void store(struct engine *e, int insn, struct state *s, const struct value *base,
		  const struct scalar *at, unsigned int size, const struct value *v)
{
	switch (base->kind) {
	case VALUE_CTX:
		store_context(e, insn, at, size, v);
		break;
	case VALUE_STACK:
		store_stack(e, insn, s, base->ref, at, size, v);
		break;
	case VALUE_MAP_VALUE:
		if (v->kind != VALUE_SCALAR)
			engine_find(
				e, insn, PROOF_UNKNOWN,
				"stores a pointer, or what may be one, in map %s: it would name "
				"a connection",
				e->object->map[base->ref].name);
		break;
	default:
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: stores through what is not certain to be one kind of "
			    "pointer");
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
	unsigned int size = access_size(i);
	struct value old = value_scalar(scalar_sized(size)), at = base;

	at.scalar = moved(&base.scalar, i->off);
	if (!is_atomic(i->imm) || size < 4)
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: unknown atomic operation 0x%x",
			    i->imm);
	if (v.kind != VALUE_SCALAR || (i->imm == BPF_CMPXCHG && s->reg[0].kind != VALUE_SCALAR))
		engine_find(e, insn, PROOF_UNKNOWN,
			    "an atomic operation stores or compares what may be a pointer");
	engine_reads(e, insn, s, &at, size, "reads");
	engine_overwrites(e, insn, s, &at, size, true);
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

	*dst = value_pointer(VALUE_LOST, 0);
	if (ref->kind == REF_MAP) {
		*dst = value_pointer(VALUE_MAP, ref->index);
	} else if (ref->kind == REF_DATA) {
		*dst = value_pointer(VALUE_MAP_VALUE, ref->index);
		dst->scalar = scalar_const(ref->add);
	} else if (ref->kind == REF_NONE && !i->src_reg) {
		*dst = value_scalar(scalar_const((__u64)i[1].imm << 32 | (__u32)i->imm));
	} else if (ref->kind != REF_CODE) {
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: refers to an external symbol");
	}
}

static void store_register(struct engine *e, int insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];
	struct value base = engine_use(e, insn, s, i->dst_reg), v;
	struct scalar at = moved(&base.scalar, i->off);

	if (BPF_CLASS(i->code) == BPF_ST) {
		v = value_scalar(scalar_const((__s64)i->imm));
	} else {
		v = engine_use(e, insn, s, i->src_reg);
		/* A spilled value and the register stay equal. */
		if (base.kind == VALUE_STACK && v.kind != VALUE_NONE) {
			state_name(s, &s->reg[i->src_reg], insn * 2 + 1);
			v = s->reg[i->src_reg];
		}
	}
	store(e, insn, s, &base, &at, access_size(i), &v);
}

void engine_memory(struct engine *e, int insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];
	unsigned int class = BPF_CLASS(i->code);

	if (object_is_wide(i)) {
		load_constant(e, insn, s);
	} else if (class == BPF_LD) {
		engine_find(e, insn, PROOF_PACKET,
			    "loads packet bytes by a legacy instruction (LD_ABS or LD_IND)");
		s->reg[0] = value_scalar(scalar_any());
	} else if (class == BPF_LDX && BPF_MODE(i->code) == BPF_MEM) {
		struct value base = engine_use(e, insn, s, i->src_reg);
		struct scalar at = moved(&base.scalar, i->off);

		load(e, insn, s, &base, &at, access_size(i));
	} else if (class != BPF_LDX && BPF_MODE(i->code) == BPF_MEM) {
		store_register(e, insn, s);
	} else if (class == BPF_STX && BPF_MODE(i->code) == BPF_ATOMIC) {
		atomic(e, insn, s);
	} else {
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: unknown access 0x%02x", i->code);
		s->reg[i->dst_reg] = value_scalar(scalar_any());
	}
}
