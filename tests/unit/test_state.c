// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Joins of abstract states: which values may still be taken for equal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "verify/frame.h"

#define BOTTOM (-512) /* of a frame */
#define SINGLES 400 /* values that are equal to no other: more pairs of ids than a join keeps */

static struct machine machine;

static void put(struct state *s, int frame, int offset, __u32 id)
{
	struct value v = value_scalar(num_range(0, 255), TAINT_NONE);

	v.id = id;
	state_store(&machine, s, frame, offset, 1, &v);
}

static __u32 id_at(const struct state *s, int frame, int offset)
{
	return state_load(s, frame, offset, 1).id;
}

/* Two equal bytes in frame 0, by this id, and many that are equal to none. */
static void fill(struct state *s, __u32 id, __u32 singles)
{
	put(s, 0, BOTTOM, id);
	put(s, 0, BOTTOM + 1, id);
	for (__u32 i = 0; i < singles; i++)
		put(s, 0, BOTTOM + 2 + (int)i, id + 1 + i);
}

/*
 * Two states that share frame 1, in which a byte has the name that a join gives to what
 * stands at the bottom of frame 0.
 */
static void join(__u32 singles, struct state *s)
{
	struct state other;

	machine.pool = (struct pool){0};
	assert_int_equal(pool_init(&machine.pool), 0);
	header_table_init(&machine.headers);
	state_init(s);
	state_begin(&machine, s);
	state_begin(&machine, s);
	fill(s, 0x5000, 0);
	put(s, 0, BOTTOM, 0);
	state_copy(&other, s);
	fill(s, 0x5000, singles);
	fill(&other, 0x6000, singles);
	state_join(&machine, s, &other, false);
	put(s, 1, BOTTOM, id_at(s, 0, BOTTOM));
	state_drop(&machine, &other);
	state_copy(&other, s);
	fill(s, 0x5000, singles);
	fill(&other, 0x6000, singles);
	state_join(&machine, s, &other, false);
}

static void test_equal_values_stay_equal(void **unused)
{
	struct state s;

	(void)unused;
	join(0, &s);
	assert_int_not_equal(id_at(&s, 1, BOTTOM), 0);
	assert_int_equal(id_at(&s, 0, BOTTOM), id_at(&s, 0, BOTTOM + 1));
	assert_int_not_equal(id_at(&s, 0, BOTTOM), id_at(&s, 1, BOTTOM));
	pool_destroy(&machine.pool);
}

static void test_many_values_are_not_taken_for_equal(void **unused)
{
	struct state s;

	(void)unused;
	join(SINGLES, &s);
	assert_true(!id_at(&s, 0, BOTTOM) || id_at(&s, 0, BOTTOM) != id_at(&s, 1, BOTTOM));
	pool_destroy(&machine.pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_values_stay_equal),
		cmocka_unit_test(test_many_values_are_not_taken_for_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
