// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The order of rows is that of their texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store/row.h"

static int sign(int n)
{
	return n < 0 ? -1 : n > 0;
}

/* "None" stands before 0. */
static int compare_numbers(int a, int none_a, int b, int none_b)
{
	a = a == none_a ? -1 : a;
	b = b == none_b ? -1 : b;
	return a < b ? -1 : a > b;
}

static int order_by_text(const struct row *a, const struct row *b)
{
	int order = strcmp(a->site, b->site);

	if (!order)
		order = strcmp(a->page, b->page);
	if (!order)
		order = strcmp(row_event_names[a->event], row_event_names[b->event]);
	if (!order)
		order = strcmp(row_device_names[a->device], row_device_names[b->device]);
	if (!order)
		order = compare_numbers(a->column, BC_NO_COLUMN, b->column, BC_NO_COLUMN);
	if (!order)
		order = compare_numbers(a->row, BC_NO_ROW, b->row, BC_NO_ROW);
	return sign(order);
}

static struct row random_row(void)
{
	static const char *const names[] = {"(any)", "/", "/a", "/a/b", "/a!", "/\xc3\xa9", "s"};
	static const __u8 columns[] = {0, 1, 9, 10, 63, BC_NO_COLUMN};
	static const __u16 rows[] = {0, 1, 9, 10, 255, 256, 4095, BC_NO_ROW};

	return (struct row){
		.site = names[rand() % 2],
		.page = names[rand() % 7],
		.event = (__u8)(rand() % BC_EVENTS),
		.device = (__u8)(rand() % BC_DEVICES),
		.column = columns[rand() % 6],
		.row = rows[rand() % 8],
		.count = (__u64)rand(),
	};
}

static void test_order(void **state)
{
	int equal = 0;

	(void)state;
	srand(1);
	for (int i = 0; i < 200000; i++) {
		struct row a = random_row(), b = random_row();

		if (i % 3) { /* so that later fields decide, too */
			b.site = a.site;
			b.page = a.page;
			b.event = a.event;
			b.device = i % 2 ? a.device : b.device;
		}
		assert_int_equal(sign(row_compare(&a, &b)), order_by_text(&a, &b));
		assert_int_equal(sign(row_compare(&b, &a)), -order_by_text(&a, &b));
		equal += !row_compare(&a, &b);
	}
	assert_true(equal > 100);
}

static void test_add_counts(void **state)
{
	(void)state;
	assert_true(row_add_counts(1, 2) == 3);
	assert_true(row_add_counts(~0ULL, 0) == ~0ULL);
	assert_true(row_add_counts(~0ULL - 1, 1) == ~0ULL);
	assert_true(row_add_counts(~0ULL, 1) == ~0ULL);
	assert_true(row_add_counts(~0ULL, ~0ULL) == ~0ULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_add_counts),
	};

	return cmocka_run_group_tests_name("row", tests, NULL, NULL);
}
