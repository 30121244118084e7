// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What a successor begins with, whatever its predecessor left in the record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "generation.h"

#define DAY 20261129

static struct kernel_set set;

static int record_up(void **state)
{
	(void)state;
	kernel_set_clear(&set);
	set.map[KERNEL_RECORD] = bpf_map_create(BPF_MAP_TYPE_ARRAY, "record", sizeof(__u32),
						sizeof(struct bc_record), 1, NULL);
	return set.map[KERNEL_RECORD] < 0;
}

static int record_down(void **state)
{
	(void)state;
	kernel_set_close(&set);
	return 0;
}

static struct bc_record begun(void)
{
	struct bc_record record;
	struct error e;

	assert_int_equal(generation_begin(&set, DAY, &e), 0);
	assert_int_equal(kernel_record_read(&set, &record, &e), 0);
	return record;
}

static void test_new_set(void **state)
{
	struct bc_record record = begun();

	(void)state;
	assert_int_equal(record.current, 0);
	assert_int_not_equal(record.slot[0].number, 0);
	assert_int_equal(record.slot[0].day, DAY);
	assert_int_equal(record.slot[1].number, 0);
	assert_int_not_equal(record.seed, 0);
}

/* An agent that was killed while it stopped may have brought it to the disk. */
static void test_current_is_retired(void **state)
{
	struct bc_record before = begun(), record = begun();

	(void)state;
	assert_int_equal(record.current, 1);
	assert_int_equal(record.slot[0].number, before.slot[0].number);
	assert_int_equal(record.slot[1].number, before.slot[0].number + 1);
	assert_int_equal(record.seed, before.seed);
}

/* While one is retired, a stop has not come to the current one; there is no third slot. */
static void test_retired_is_left(void **state)
{
	struct bc_record before, record;

	(void)state;
	begun();
	before = begun();
	record = begun();
	assert_memory_equal(&record, &before, sizeof(record));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new_set, record_up, record_down),
		cmocka_unit_test_setup_teardown(test_current_is_retired, record_up, record_down),
		cmocka_unit_test_setup_teardown(test_retired_is_left, record_up, record_down),
	};

	return cmocka_run_group_tests_name("generation", tests, NULL, NULL);
}
