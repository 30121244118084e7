// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The abstract interpreter against a real one: random programs of arithmetic, branches,
 * loops, stack and packet bytes run on random inputs, and whatever a run has in
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

#include "verify/context.h"
#include "verify/engine.h"
#include "verify/frame.h"

#define PROGRAMS 600
#define RUNS 12
#define BODY 40
#define CODE_MAX (BODY + 40)
#define STEPS 3000
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

/* Registers that random code works on; r1 is the context, r6 the packet, r10 the stack. */
static const int scalars[] = {0, 2, 3, 4, 5, 7, 8, 9};

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

static void emit_prologue(struct code *c)
{
	emit(c, BPF_LDX | BPF_MEM | BPF_W, 6, 1, offsetof(struct __sk_buff, data), 0);
	emit(c, BPF_LDX | BPF_MEM | BPF_B, 7, 6, 0, 0);
	emit(c, BPF_LDX | BPF_MEM | BPF_B, 8, 6, 6, 0);
	emit(c, BPF_LDX | BPF_MEM | BPF_W, 9, 1, offsetof(struct __sk_buff, len), 0);
	for (int slot = 8; slot <= STACK; slot += 8)
		emit(c, BPF_ST | BPF_MEM | BPF_DW, 10, 0, -slot, any_constant());
	for (int r = 0; r < 6; r++)
		if (r != 1)
			emit(c, BPF_ALU64 | BPF_MOV | BPF_K, r, 0, 0, any_constant());
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

static void emit_stack(struct code *c)
{
	static const int sizes[] = {BPF_B, BPF_H, BPF_W, BPF_DW};
	int which = below(4), bytes = 1 << which;
	int off = -STACK + (int)below(STACK / bytes) * bytes;

	if (below(2))
		emit(c, BPF_STX | BPF_MEM | sizes[which], 10, any_register(), off, 0);
	else
		emit(c, BPF_LDX | BPF_MEM | sizes[which], any_register(), 10, off, 0);
}

static void emit_jump(struct code *c, int end)
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
	if (c->count + 1 + off < 18)
		off = 0;
	emit(c, class | op | (constant ? BPF_K : BPF_X), any_register(),
	     constant ? 0 : any_register(), off, constant ? any_constant() : 0);
}

static void make_program(struct code *c)
{
	int end;

	memset(c, 0, sizeof(*c));
	emit_prologue(c);
	end = c->count + BODY;
	while (c->count < end) {
		switch (below(8)) {
		case 0:
		case 1:
			emit_jump(c, end);
			break;
		case 2:
		case 3:
			emit_stack(c);
			break;
		default:
			emit_alu(c);
		}
	}
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* A real run. */
struct run {
	uint64_t reg[11];
	uint8_t stack[STACK];
	uint8_t packet[8];
	uint32_t len;
};

static uint64_t load_stack(const struct run *r, int off, int bytes)
{
	uint64_t v = 0;

	memcpy(&v, r->stack + STACK + off, bytes);
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
	int bytes = bytes_of(i);
	uint64_t v = BPF_CLASS(i->code) == BPF_ST ? (uint64_t)(int64_t)i->imm : r->reg[i->src_reg];

	if (BPF_CLASS(i->code) != BPF_LDX)
		memcpy(r->stack + STACK + i->off, &v, bytes);
	else if (i->src_reg == 10)
		r->reg[i->dst_reg] = load_stack(r, i->off, bytes);
	else if (i->src_reg == 6)
		r->reg[i->dst_reg] = r->packet[i->off];
	else if (i->off == offsetof(struct __sk_buff, len))
		r->reg[i->dst_reg] = r->len;
}

/* The sum of a value's functions for this packet. */
static uint64_t functions_of(const struct machine *m, const struct value *v, const struct run *r)
{
	return m->headers.value[v->fn[HEADER_VERSION]][r->packet[0]] +
	       m->headers.value[v->fn[HEADER_NEXT]][r->packet[6]];
}

struct equal {
	uint32_t id[128];
	uint64_t value[128];
	int count;
};

/* A value of a run is in a description, and equal to all others of its id. */
static bool fits(const struct machine *m, const struct value *v, uint64_t real, const struct run *r,
		 struct equal *equal)
{
	if (v->kind != VALUE_SCALAR)
		return true;
	if (!num_has(&v->num, real))
		return false;
	if (value_has_function(v) && !num_has(&v->rest, real - functions_of(m, v, r)))
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

static bool in_state(const struct machine *m, const struct state *s, const struct run *r)
{
	struct equal equal = {.count = 0};

	if (!facts_have(&s->facts, HEADER_VERSION, r->packet[0]))
		return false;
	if (r->packet[0] >> 4 == 6 && !facts_next(&s->facts, r->packet[6]))
		return false;
	for (int i = 0; i < 10; i++)
		if (!fits(m, &s->reg[i], r->reg[i], r, &equal))
			return false;
	for (uint32_t i = 0; i < s->frame[0]->count; i++) {
		const struct piece *p = &s->frame[0]->piece[i];

		if (p->size <= 8 &&
		    !fits(m, &p->value, load_stack(r, p->offset, p->size), r, &equal))
			return false;
	}
	return true;
}

/* Some state that was found for a block's start holds the run. */
static bool in_block(const struct engine *e, int block, const struct run *r)
{
	const struct place *p = &e->program->place[block - e->program->first];

	for (int i = 0; i < p->count; i++)
		if (in_state(&e->machine, p->state[i], r))
			return true;
	return false;
}

static void run_program(const struct engine *e, const struct code *c, struct run *r)
{
	int pc = 0;

	for (int steps = 0; steps < STEPS; steps++) {
		const struct bpf_insn *i = &c->insn[pc];
		int block = e->graph.block_of[pc];

		if (e->graph.block[block].start == pc && !in_block(e, block, r))
			fail_msg("instruction %d: a run is in no state that was found", pc);
		if (BPF_CLASS(i->code) == BPF_ALU || BPF_CLASS(i->code) == BPF_ALU64)
			run_alu(r, i);
		else if (i->code == (BPF_JMP | BPF_EXIT))
			return;
		else if (BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32)
			pc += run_jump(r, i) ? i->off : 0;
		else
			run_memory(r, i);
		pc++;
	}
}

static void make_input(struct run *r)
{
	static const uint8_t first[] = {0x45, 0x46, 0x4f, 0x44, 0x60, 0x6f, 0x00, 0xff};

	memset(r, 0, sizeof(*r));
	for (int i = 0; i < 8; i++)
		r->packet[i] = draw();
	if (below(2))
		r->packet[0] = first[below(sizeof(first))];
	if (below(2))
		r->packet[6] = below(2) ? 6 : 17;
	r->len = draw() >> below(64) & ((1U << 30) - 1);
}

/* Analyse and run one random program; how many places the analysis reached. */
static void try_program(void)
{
	struct code c;
	struct object_section section = {.name = "cgroup_skb/ingress"};
	struct object_function function = {.name = "program"};
	struct object_ref ref[CODE_MAX] = {{0}};
	struct object o = {.code = c.insn,
			   .ref = ref,
			   .section = &section,
			   .section_count = 1,
			   .function = &function,
			   .function_count = 1};
	struct engine *e = calloc(1, sizeof(*e));
	struct proof proof = {.proven = true};
	struct error err = {""};

	assert_non_null(e);
	make_program(&c);
	o.code_count = section.count = function.end = c.count;
	e->object = &o;
	e->proof = &proof;
	e->policy = policy_of(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS);
	assert_int_equal(graph_build(&e->graph, &o, &err), 0);
	assert_int_equal(pool_init(&e->machine.pool), 0);
	header_table_init(&e->machine.headers);
	engine_run(e, 0);
	assert_false(e->exhausted);
	for (int i = 0; i < RUNS; i++) {
		struct run r;

		make_input(&r);
		run_program(e, &c, &r);
	}
	pool_destroy(&e->machine.pool);
	graph_free(&e->graph);
	free(proof.findings);
	free(proof.landed);
	free(e);
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
