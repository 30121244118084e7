// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Abstract numbers: random programs run on concrete values and on abstract ones side by side;
 * each concrete value must stay inside. The seed is printed, and may be given as
 * SCALAR_SEED.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>
#include <linux/bpf.h>

#include "verify/proof/scalar.h"

#define ROUNDS 200000
#define LENGTH 12

static uint64_t state;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Values near the edges at which arithmetic goes wrong. */
static uint64_t draw_value(void)
{
	static const uint64_t edges[] = {0,	     1,		 0xff,	    INT32_MAX,	INT32_MIN,
					 UINT32_MAX, 1ULL << 32, INT64_MAX, 1ULL << 63, UINT64_MAX};
	uint64_t edge = edges[draw() % (sizeof(edges) / sizeof(edges[0]))];

	switch (draw() % 4) {
	case 0:
		return draw();
	case 1:
		return draw() >> (draw() % 64);
	case 2:
		return edge + draw() % 5 - 2;
	default:
		return draw() % 100;
	}
}

/* A value and a description that holds it. */
struct pair {
	uint64_t value;
	struct scalar scalar;
};

static struct pair draw_pair(void)
{
	struct pair p = {.value = draw_value()};
	struct scalar other = scalar_const(draw_value());

	p.scalar = scalar_const(p.value);
	for (unsigned int joins = draw() % 4; joins; joins--) {
		p.scalar = draw() % 4 ? scalar_join(&p.scalar, &other)
				      : scalar_widen(&p.scalar, &other);
		other = scalar_const(p.value + draw() % 3 * (draw() % 200));
	}
	return p;
}

static uint64_t alu64(unsigned int op, uint64_t a, uint64_t b)
{
	switch (op) {
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
		return a << (b & 63);
	case BPF_RSH:
		return a >> (b & 63);
	default:
		return (uint64_t)((int64_t)a >> (b & 63));
	}
}

static uint64_t alu32(unsigned int op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_LSH:
		return (uint32_t)(a << (b & 31));
	case BPF_RSH:
		return a >> (b & 31);
	case BPF_ARSH:
		return (uint32_t)((int32_t)a >> (b & 31));
	default:
		return (uint32_t)alu64(op, a, b);
	}
}

static bool compare64(unsigned int op, uint64_t a, uint64_t b)
{
	int64_t x = a, y = b;

	switch (op) {
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

static bool is_signed(unsigned int op)
{
	return op == BPF_JSGT || op == BPF_JSGE || op == BPF_JSLT || op == BPF_JSLE;
}

static bool compare(unsigned int op, bool narrow, uint64_t a, uint64_t b)
{
	if (!narrow)
		return compare64(op, a, b);
	if (is_signed(op))
		return compare64(op, (uint64_t)(int64_t)(int32_t)a, (uint64_t)(int64_t)(int32_t)b);
	return compare64(op, (uint32_t)a, (uint32_t)b);
}

static void expect_in(const struct pair *p, const char *after, unsigned int op)
{
	if (scalar_has(&p->scalar, p->value))
		return;
	fail_msg("%s 0x%02x lost %#llx: %#llx..%#llx, lower half %#x..%#x", after, op,
		 (unsigned long long)p->value, p->scalar.lo, p->scalar.hi, p->scalar.low_lo,
		 p->scalar.low_hi);
}

static void step_alu(struct pair *p, const struct pair *by)
{
	static const unsigned int ops[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND,
					   BPF_OR,  BPF_XOR, BPF_LSH, BPF_RSH, BPF_ARSH};
	unsigned int op = ops[draw() % (sizeof(ops) / sizeof(ops[0]))];
	bool narrow = draw() & 1;

	p->scalar = scalar_alu(op, narrow, &p->scalar, &by->scalar);
	p->value = narrow ? alu32(op, p->value, by->value) : alu64(op, p->value, by->value);
	expect_in(p, narrow ? "alu32" : "alu64", op);
}

static void step_branch(struct pair *p, struct pair *by)
{
	static const unsigned int ops[] = {BPF_JEQ,  BPF_JNE,  BPF_JGT,	 BPF_JGE,  BPF_JLT, BPF_JLE,
					   BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET};
	unsigned int op = ops[draw() % (sizeof(ops) / sizeof(ops[0]))];
	bool narrow = draw() & 1;
	bool taken = compare(op, narrow, p->value, by->value);

	if (!scalar_branch(op, narrow, taken, &p->scalar, &by->scalar))
		fail_msg("branch 0x%02x%s took the possible for impossible: %#llx %#llx", op,
			 narrow ? " (32)" : "", (unsigned long long)p->value,
			 (unsigned long long)by->value);
	expect_in(p, "branch", op);
	expect_in(by, "branch, other side", op);
}

static void step_other(struct pair *p)
{
	static const unsigned int widths[] = {16, 32, 64};
	unsigned int width = widths[draw() % 3];
	uint64_t low = width == 64 ? UINT64_MAX : (1ULL << width) - 1;
	struct scalar before = p->scalar;

	switch (draw() % 3) {
	case 0:
		p->scalar = scalar_truncate(&p->scalar, width);
		p->value &= low;
		break;
	case 1:
		p->scalar = scalar_endian(&p->scalar, width, true);
		p->value = __builtin_bswap64(p->value) >> (64 - width);
		break;
	default:
		p->scalar = scalar_widen(&before, &p->scalar);
	}
	expect_in(p, "other", width);
}

static void test_random_programs(void **unused)
{
	const char *seed = getenv("NUM_SEED");

	(void)unused;
	state = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL) * 2654435761U | 1;
	printf("NUM_SEED=%llu\n", (unsigned long long)state);
	for (int round = 0; round < ROUNDS; round++) {
		struct pair p = draw_pair();

		for (int i = 0; i < LENGTH; i++) {
			struct pair by = draw_pair();
			unsigned int kind = draw() % 8;

			if (kind < 5)
				step_alu(&p, &by);
			else if (kind < 7)
				step_branch(&p, &by);
			else
				step_other(&p);
		}
	}
}

/* Precision that proofs rest on. */
static void test_precision(void **unused)
{
	struct scalar byte = scalar_range(0x50, 0x5f), k = scalar_const(0xf0), r,
		      one = scalar_const(1), t;

	(void)unused;
	r = scalar_alu(BPF_AND, true, &byte, &k);
	assert_true(scalar_is_const(&r));
	k = scalar_const(2);
	r = scalar_alu(BPF_RSH, true, &r, &k);
	assert_int_equal(r.lo, 20);
	assert_int_equal(r.hi, 20);
	r = scalar_range(0, 60);
	k = scalar_const(20);
	assert_true(scalar_branch(BPF_JLT, true, false, &r, &k));
	assert_int_equal(r.lo, 20);

	/* ((n - 1) & 1023) + 1 */
	r = scalar_any();
	k = scalar_const(1023);
	r = scalar_alu(BPF_SUB, true, &r, &one);
	r = scalar_alu(BPF_AND, true, &r, &k);
	r = scalar_alu(BPF_ADD, true, &r, &one);
	assert_int_equal(r.lo, 1);
	assert_int_equal(r.hi, 1024);

	/* A comparison of the lower half holds for what is made of the lower half. */
	r = scalar_any();
	k = scalar_const(65535);
	assert_true(scalar_branch(BPF_JGT, true, false, &r, &k));
	t = scalar_const(72);
	r = scalar_alu(BPF_ADD, true, &r, &t);
	assert_int_equal(r.lo, 72);
	assert_int_equal(r.hi, 65535 + 72);
}

static void test_impossible(void **unused)
{
	struct scalar a = scalar_range(0, 5), b = scalar_const(6), c = scalar_const(0);

	(void)unused;
	assert_false(scalar_branch(BPF_JEQ, false, true, &a, &b));
	assert_false(scalar_branch(BPF_JGT, true, true, &a, &b));
	assert_false(scalar_branch(BPF_JLE, true, false, &a, &b));
	assert_false(scalar_branch(BPF_JSLT, false, true, &a, &c));
	a = scalar_const(5);
	b = scalar_const(8);
	assert_false(scalar_branch(BPF_JSET, false, true, &a, &b));
}

/* A loop's counter: widening ends it soon, whatever the loop adds. */
static void test_widening_ends(void **unused)
{
	(void)unused;
	for (__u64 add = 1; add < 1000; add += 37) {
		struct scalar a = scalar_const(0), k = scalar_const(add), next;
		int joins = 0;

		for (;; joins++) {
			next = scalar_alu(BPF_ADD, false, &a, &k);
			next = scalar_widen(&a, &next);
			if (scalar_equal(&a, &next))
				break;
			a = next;
		}
		assert_in_range(joins, 1, 40);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_precision),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_widening_ends),
		cmocka_unit_test(test_random_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
