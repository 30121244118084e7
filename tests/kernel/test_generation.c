// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What a successor begins with, whatever its predecessor left; and what a clear leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "daemon/generation.h"
#include "daemon/generation_rows.h"

#define DAY 20261129

static struct map_set set;

static int record_up(void **state)
{
	(void)state;
	map_set_clear(&set);
	set.map[MAP_RECORD] = bpf_map_create(BPF_MAP_TYPE_ARRAY, "record", sizeof(__u32),
					     sizeof(struct bc_record), 1, NULL);
	return set.map[MAP_RECORD] < 0;
}

static int record_down(void **state)
{
	(void)state;
	map_set_close(&set);
	return 0;
}

static struct bc_record begun(void)
{
	struct bc_record record;
	struct error e;

	assert_int_equal(generation_begin(&set, DAY, &e), 0);
	assert_int_equal(map_set_read_record(&set, &record, &e), 0);
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

#define HALF 3 /* entries of each table's halves */

static const enum map_id tables[] = {MAP_CELLS, MAP_PAGE_PLACES, MAP_PAGE_NAMES, MAP_FILL};

static const __u32 sizes[MAP_IDS] = {
	[MAP_CELLS] = sizeof(struct bc_cell_line),
	[MAP_PAGE_PLACES] = sizeof(struct bc_page_place),
	[MAP_PAGE_NAMES] = sizeof(struct bc_page),
	[MAP_FILL] = sizeof(struct bc_fill),
};

/* A slot's share of a table: by halves, but what was learnt is one entry a slot. */
static __u32 half_of(enum map_id map)
{
	return map == MAP_FILL ? 1 : HALF;
}

static int tables_up(void **state)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	char full[sizeof(struct bc_page)];

	(void)state;
	map_set_clear(&set);
	memset(full, 'x', sizeof(full));
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		enum map_id map = tables[t];

		set.map[map] = bpf_map_create(BPF_MAP_TYPE_ARRAY, map_set_name(map), sizeof(__u32),
					      sizes[map], 2 * half_of(map), &opts);
		for (__u32 i = 0; i < 2 * half_of(map); i++)
			assert_int_equal(bpf_map_update_elem(set.map[map], &i, full, BPF_ANY), 0);
	}
	return 0;
}

/* Every byte of a retired generation's tables goes, and none of the current one's. */
static void test_clear(void **state)
{
	const struct generation_rows rows = {};
	struct error e;

	(void)state;
	assert_int_equal(generation_rows_clear(&set, 1, &rows, &e), 0);
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		enum map_id map = tables[t];

		for (__u32 i = 0; i < 2 * half_of(map); i++) {
			char is[sizeof(struct bc_page)], expected[sizeof(is)];

			memset(expected, i < half_of(map) ? 'x' : 0, sizeof(expected));
			assert_int_equal(bpf_map_lookup_elem(set.map[map], &i, is), 0);
			if (memcmp(is, expected, sizes[map]))
				fail_msg("map %s: entry %u of %u is not as it should be",
					 map_set_name(map), i, 2 * half_of(map));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new_set, record_up, record_down),
		cmocka_unit_test_setup_teardown(test_current_is_retired, record_up, record_down),
		cmocka_unit_test_setup_teardown(test_retired_is_left, record_up, record_down),
		cmocka_unit_test_setup_teardown(test_clear, tables_up, record_down),
	};

	return cmocka_run_group_tests_name("generation", tests, NULL, NULL);
}
