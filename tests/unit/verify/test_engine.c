// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The abstract interpreter against a real one: random programs of arithmetic, branches,
 * loops, a function, stack and packet bytes run on random inputs, and whatever a run has in
 * registers, on the stack and in the packet must be in a state that was found for that
 * place. The seed is printed, and may be given as ENGINE_SEED.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <linux/bpf.h>

#include "verify/proof/engine.h"

#define PROGRAMS 200
#define RUNS 12
#define BODY 40
#define CODE_MAX (2 * BODY + 80)
#define STEPS 1000
#define STACK 64

static uint64_t seed;

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static unsigned int below(unsigned int n)
{
	return draw() % n;
}

/*
 * Registers that random code works on; r1 is the context or, in the function, what it is given
 * of its caller's stack; r6 is the packet, r10 the stack.
 */
static const int scalars[] = {0, 2, 3, 4, 5, 7, 8, 9};
#define GIVEN (-16) /* where r1 points to in the caller's stack */

static int any_register(void)
{
	return scalars[below(sizeof(scalars) / sizeof(scalars[0]))];
}

static int32_t any_constant(void)
{
	static const int32_t edges[] = {0,  1,	  -1,	4,    5,   15,	      20,
					40, 0x40, 0x60, 0xf0, 255, INT32_MAX, INT32_MIN};

	return below(3) ? edges[below(sizeof(edges) / sizeof(edges[0]))] : (int32_t)draw();
}

struct code {
	struct bpf_insn insn[CODE_MAX];
	int count;
};

static void emit(struct code *c, int code, int dst, int src, int off, int32_t imm)
{
	c->insn[c->count++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm};
}

static void emit_stack_cleared(struct code *c)
{
	for (int slot = 8; slot <= STACK; slot += 8)
		emit(c, BPF_ST | BPF_MEM | BPF_DW, 10, 0, -slot, any_constant());
}

static void emit_prologue(struct code *c)
{
	emit(c, BPF_LDX | BPF_MEM | BPF_W, 6, 1, offsetof(struct __sk_buff, data), 0);
	emit(c, BPF_LDX | BPF_MEM | BPF_B, 7, 6, 0, 0);
	emit(c, BPF_LDX | BPF_MEM | BPF_B, 8, 6, 6, 0);
	emit(c, BPF_LDX | BPF_MEM | BPF_W, 9, 1, offsetof(struct __sk_buff, len), 0);
	emit_stack_cleared(c);
}

static void emit_registers(struct code *c, int from, int to)
{
	for (int r = from; r <= to; r++)
		if (r != 1 && r != 6)
			emit(c, BPF_ALU64 | BPF_MOV | BPF_K, r, 0, 0, any_constant());
}

/* Call the function, whose place is filled in when it is known. */
static void emit_call(struct code *c)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_X, 1, 10, 0, 0);
	emit(c, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, GIVEN);
	emit(c, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, -1);
	emit_registers(c, 2, 5);
}

static void emit_alu(struct code *c)
{
	static const int ops[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD,	BPF_AND,
				  BPF_OR,  BPF_XOR, BPF_LSH, BPF_RSH, BPF_ARSH, BPF_ADD};
	int op = ops[below(sizeof(ops) / sizeof(ops[0]))];
	int class = below(2) ? BPF_ALU : BPF_ALU64;
	bool constant = below(2);
	int32_t k = any_constant();

	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		k = below(class == BPF_ALU ? 32 : 64);
	if ((op == BPF_DIV || op == BPF_MOD) && !k)
		k = 3;
	if (!below(3))
		emit(c, class | BPF_MOV | BPF_X, any_register(), any_register(), 0, 0);
	else if (!below(12))
		emit(c, class | BPF_NEG, any_register(), 0, 0, 0);
	else if (!below(12))
		emit(c, BPF_ALU | BPF_END | (below(2) ? BPF_TO_BE : BPF_TO_LE), any_register(), 0,
		     0, 16 << below(3));
	else
		emit(c, class | op | (constant ? BPF_K : BPF_X), any_register(),
		     constant ? 0 : any_register(), 0, constant ? k : 0);
}

static void emit_stack(struct code *c, bool given)
{
	static const int sizes[] = {BPF_B, BPF_H, BPF_W, BPF_DW};
	int which = below(4), bytes = 1 << which;
	int off = -STACK + (int)below(STACK / bytes) * bytes, base = 10;

	if (given && below(2)) {
		base = 1;
		off = (int)below(16 / bytes) * bytes;
	}
	if (below(2))
		emit(c, BPF_STX | BPF_MEM | sizes[which], base, any_register(), off, 0);
	else
		emit(c, BPF_LDX | BPF_MEM | sizes[which], any_register(), base, off, 0);
}

static void emit_jump(struct code *c, int begin, int end)
{
	static const int ops[] = {BPF_JEQ,  BPF_JNE,  BPF_JGT,	BPF_JGE,  BPF_JLT, BPF_JLE,
				  BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET};
	int op = ops[below(sizeof(ops) / sizeof(ops[0]))];
	int class = below(2) ? BPF_JMP : BPF_JMP32;
	bool constant = below(3);
	int ahead = end - c->count - 1;
	int off = below(ahead < 8 ? ahead + 1 : 8);

	/* Now and then back: a run that does not end is cut off. */
	if (!below(3))
		off = -(int)below(12) - 1;
	if (c->count + 1 + off < begin)
		off = 0;
	emit(c, class | op | (constant ? BPF_K : BPF_X), any_register(),
	     constant ? 0 : any_register(), off, constant ? any_constant() : 0);
}

static void emit_body(struct code *c, bool given)
{
	int begin = c->count, end = begin + BODY;

	while (c->count < end) {
		switch (below(9)) {
		case 0:
		case 1:
			emit_jump(c, begin, end);
			break;
		case 2:
		case 3:
			emit_stack(c, given);
			break;
		case 4:
			if (!given && !below(3) && c->count + 7 < end) {
				emit_call(c);
				break;
			}
			/* fall through */
		default:
			emit_alu(c);
		}
	}
}

static bool is_jump(const struct bpf_insn *i)
{
	return (BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32) &&
	       BPF_OP(i->code) != BPF_CALL && BPF_OP(i->code) != BPF_EXIT;
}

/*
 * A program and the function that it may call; where that begins. No jump leads between what
 * belongs to a call.
 */
static int make_program(struct code *c)
{
	int function;

	memset(c, 0, sizeof(*c));
	emit_prologue(c);
	emit_registers(c, 0, 5);
	emit_body(c, false);
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	function = c->count;
	emit_stack_cleared(c);
	emit_registers(c, 7, 9);
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, any_constant());
	emit_body(c, true);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (int i = 0; i < c->count; i++) {
		if (c->insn[i].code != (BPF_JMP | BPF_CALL))
			continue;
		c->insn[i].imm = function - i - 1;
		for (int j = 0; j < c->count; j++)
			if (is_jump(&c->insn[j]) && j + c->insn[j].off >= i - 2 &&
			    j + c->insn[j].off < i + 4)
				c->insn[j].off = 0;
	}
	return function;
}

/* A real run. */
struct run {
	uint64_t reg[11];
	uint64_t kept[4]; /* the caller's r6 to r9 */
	int site; /* of the call; -1: it is not in the function */
	uint8_t stack[2][STACK];
	uint8_t packet[8];
	uint32_t len;
};

static uint64_t load_stack(const struct run *r, int frame, int off, int bytes)
{
	uint64_t v = 0;

	memcpy(&v, r->stack[frame] + STACK + off, bytes);
	return v;
}

static int bytes_of(const struct bpf_insn *i)
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

static uint64_t alu(const struct bpf_insn *i, uint64_t a, uint64_t b, bool narrow)
{
	unsigned int mask = narrow ? 31 : 63;

	if (narrow) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (BPF_OP(i->code)) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_MOD:
		return b ? a % b : a;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & mask);
	case BPF_RSH:
		return a >> (b & mask);
	case BPF_ARSH:
		return narrow ? (uint64_t)((int32_t)a >> (b & mask))
			      : (uint64_t)((int64_t)a >> (b & mask));
	case BPF_NEG:
		return -a;
	default:
		return b;
	}
}

static void run_alu(struct run *r, const struct bpf_insn *i)
{
	bool narrow = BPF_CLASS(i->code) == BPF_ALU;
	uint64_t b = BPF_SRC(i->code) == BPF_X ? r->reg[i->src_reg] : (uint64_t)(int64_t)i->imm;
	uint64_t *dst = &r->reg[i->dst_reg];

	if (BPF_OP(i->code) == BPF_END) {
		uint64_t low = i->imm == 64 ? *dst : *dst & ((1ULL << i->imm) - 1);

		*dst = BPF_SRC(i->code) == BPF_TO_BE ? __builtin_bswap64(low) >> (64 - i->imm)
						     : low;
		return;
	}
	*dst = alu(i, *dst, b, narrow);
	if (narrow)
		*dst = (uint32_t)*dst;
}

static bool run_jump(const struct run *r, const struct bpf_insn *i)
{
	uint64_t a = r->reg[i->dst_reg];
	uint64_t b = BPF_SRC(i->code) == BPF_X ? r->reg[i->src_reg] : (uint64_t)(int64_t)i->imm;
	int64_t x = a, y = b;

	if (BPF_CLASS(i->code) == BPF_JMP32) {
		x = (int32_t)a;
		y = (int32_t)b;
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return x > y;
	case BPF_JSGE:
		return x >= y;
	case BPF_JSLT:
		return x < y;
	case BPF_JSLE:
		return x <= y;
	default:
		return a & b;
	}
}

static void run_memory(struct run *r, const struct bpf_insn *i)
{
	bool load = BPF_CLASS(i->code) == BPF_LDX, inside = r->site >= 0;
	int bytes = bytes_of(i), base = load ? i->src_reg : i->dst_reg;
	int frame = inside && base == 10, off = i->off + (inside && base == 1 ? GIVEN : 0);
	uint64_t v = BPF_CLASS(i->code) == BPF_ST ? (uint64_t)(int64_t)i->imm : r->reg[i->src_reg];

	if (!load)
		memcpy(r->stack[frame] + STACK + off, &v, bytes);
	else if (base == 10 || (inside && base == 1))
		r->reg[i->dst_reg] = load_stack(r, frame, off, bytes);
	else if (base == 6)
		r->reg[i->dst_reg] = r->packet[i->off];
	else if (i->off == offsetof(struct __sk_buff, len))
		r->reg[i->dst_reg] = r->len;
}

struct equal {
	uint32_t id[128];
	uint64_t value[128];
	int count;
};

/* A value of a run is in a description, and equal to all others of its id. */
static bool fits(const struct value *v, uint64_t real, struct equal *equal)
{
	if (v->kind != VALUE_SCALAR)
		return true;
	if (!scalar_has(&v->scalar, real))
		return false;
	for (int i = 0; v->id && i < equal->count; i++)
		if (equal->id[i] == v->id && equal->value[i] != real)
			return false;
	if (v->id && equal->count < 128) {
		equal->id[equal->count] = v->id;
		equal->value[equal->count++] = real;
	}
	return true;
}

static bool in_facts(const struct facts *f, const struct run *r)
{
	struct scalar range;

	return (!facts_know(f, FACT_FIRST, &range) || scalar_has(&range, r->packet[0])) &&
	       (!facts_know(f, FACT_NEXT, &range) || scalar_has(&range, r->packet[6]));
}

static bool in_state(const struct state *s, const struct run *r)
{
	struct equal equal = {.count = 0};

	if (s->depth != (r->site >= 0) || (s->depth && s->site[0] != r->site))
		return false;
	for (int i = 0; i < 10; i++)
		if (!fits(&s->reg[i], r->reg[i], &equal))
			return false;
	for (int i = 0; i < s->count; i++) {
		const struct cell *c = &s->cell[i];
		uint64_t real = c->offset < 0 ? load_stack(r, c->frame, c->offset, c->size)
					      : r->kept[c->offset / 8];

		if (!fits(&c->value, real, &equal))
			return false;
	}
	return true;
}

#define FOUND_MAX 64

/* What the analysis found for a run's packet, by instruction. */
struct found {
	const struct node *node[CODE_MAX][FOUND_MAX];
	int count[CODE_MAX];
};

static void index_nodes(const struct engine *e, const struct run *r, struct found *found)
{
	memset(found->count, 0, sizeof(found->count));
	for (int i = 0; i < e->object->code_count * ENGINE_BUCKETS; i++) {
		for (const struct node *n = e->node[i]; n; n = n->next) {
			if (!in_facts(&n->state->facts, r))
				continue;
			assert_in_range(found->count[n->insn], 0, FOUND_MAX - 1);
			found->node[n->insn][found->count[n->insn]++] = n;
		}
	}
}

/* Some state that was found for a place holds the run. */
static bool in_place(const struct found *found, int insn, const struct run *r)
{
	for (int i = 0; i < found->count[insn]; i++)
		if (in_state(found->node[insn][i]->state, r))
			return true;
	return false;
}

static void run_program(const struct engine *e, const struct found *found, const struct code *c,
			struct run *r)
{
	int pc = 0;

	for (int steps = 0; steps < STEPS; steps++) {
		const struct bpf_insn *i = &c->insn[pc];

		if (e->place[pc] & ENGINE_MEETS && !in_place(found, pc, r))
			fail_msg("instruction %d: a run is in no state that was found", pc);
		if (BPF_CLASS(i->code) == BPF_ALU || BPF_CLASS(i->code) == BPF_ALU64) {
			run_alu(r, i);
		} else if (i->code == (BPF_JMP | BPF_CALL)) {
			r->site = pc;
			memcpy(r->kept, &r->reg[6], sizeof(r->kept));
			pc += i->imm;
		} else if (i->code == (BPF_JMP | BPF_EXIT)) {
			if (r->site < 0)
				return;
			pc = r->site;
			r->site = -1;
			memcpy(&r->reg[6], r->kept, sizeof(r->kept));
		} else if (BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32) {
			pc += run_jump(r, i) ? i->off : 0;
		} else {
			run_memory(r, i);
		}
		pc++;
	}
}

static void make_input(struct run *r)
{
	static const uint8_t first[] = {0x45, 0x46, 0x4f, 0x44, 0x60, 0x6f, 0x00, 0xff};

	memset(r, 0, sizeof(*r));
	r->site = -1;
	for (int i = 0; i < 8; i++)
		r->packet[i] = draw();
	if (below(2))
		r->packet[0] = first[below(sizeof(first))];
	if (below(2))
		r->packet[6] = below(2) ? 6 : 17;
	r->len = draw() >> below(64) & ((1U << 30) - 1);
}

/* Analyse and run one random program. */
static void try_program(void)
{
	struct code c;
	int begins = make_program(&c);
	struct object_section section = {.name = "cgroup_skb/ingress", .count = c.count};
	struct object_function function[] = {{.name = "program", .end = begins},
					     {.name = "function", .start = begins, .end = c.count}};
	struct object_ref ref[CODE_MAX] = {{0}};
	struct object o = {.code = c.insn,
			   .code_count = c.count,
			   .ref = ref,
			   .section = &section,
			   .section_count = 1,
			   .function = function,
			   .function_count = 2};
	struct found *found = calloc(1, sizeof(*found));
	struct proof proof = {.proven = true};
	struct engine e = {
		.object = &o, .proof = &proof, .policy = policy_of("cgroup_skb/ingress")};

	for (int i = 0; i < c.count; i++)
		if (c.insn[i].code == (BPF_JMP | BPF_CALL))
			ref[i] = (struct object_ref){.kind = REF_CODE, .index = begins};
	assert_non_null(found);
	assert_int_equal(engine_run(&e, 0), 0);
	assert_false(e.exhausted);
	for (int i = 0; i < proof.finding_count; i++)
		if (!strstr(proof.findings[i].text, "could return"))
			fail_msg("%s: %s", proof.findings[i].where, proof.findings[i].text);
	for (int i = 0; i < RUNS; i++) {
		struct run r;

		make_input(&r);
		index_nodes(&e, &r, found);
		run_program(&e, found, &c, &r);
	}
	engine_free(&e);
	free(found);
	free(proof.findings);
}

static void test_runs_are_in_states(void **unused)
{
	const char *given = getenv("ENGINE_SEED");

	(void)unused;
	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761U | 1;
	for (int i = 0; i < PROGRAMS; i++) {
		uint64_t before = seed;

		if (given || !i)
			printf("ENGINE_SEED=%llu\n", (unsigned long long)before);
		try_program();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_are_in_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
