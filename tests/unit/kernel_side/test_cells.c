// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The kernel's table of cells, run natively: full tables, crowded lines, and many
 * threads that bring the same new cells at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

static unsigned int max_cells;

#include "count/cells.h"

#define MOST 4096

static struct bc_cell_line table[2 * BC_CELL_LINES(MOST)];
static __u32 taken[2];
static __u64 seed;

static __always_inline __u32 bc_cells_max(void)
{
	return max_cells;
}

static __always_inline struct bc_cell_line *bc_cells_line(__u32 slot, __u32 line)
{
	/* As the kernel does: what is not in the array is not found. */
	return line < BC_CELL_LINES(max_cells) ? &table[slot * BC_CELL_LINES(max_cells) + line]
					       : NULL;
}

static __always_inline __u32 *bc_cells_taken(__u32 slot)
{
	return &taken[slot];
}

static void start(unsigned int max)
{
	memset(table, 0, sizeof(table));
	memset(taken, 0, sizeof(taken));
	max_cells = max;
}

/* The n-th of many cells. The first is all zeros but for what marks it as used. */
static struct bc_cell cell_of(unsigned int n)
{
	return (struct bc_cell){
		.page = n >> 12, .row = n >> 6 & 63, .column = n & 63, .kind = BC_KIND(0, 0)};
}

static bool add(__u32 slot, unsigned int n)
{
	struct bc_cell cell = cell_of(n);

	return bc_cells_add(slot, bc_cells_key_of(&cell), seed);
}

/* Sum of a cell's counts, and of its entries. */
static __u64 count_of(__u32 slot, unsigned int n, unsigned int *entries)
{
	struct bc_cell cell = cell_of(n);
	__u64 sum = 0;

	*entries = 0;
	cell.kind |= BC_KIND_USED;
	for (__u32 i = 0; i < BC_CELL_LINES(max_cells) * BC_CELL_LINE; i++) {
		const struct bc_cell_entry *entry =
			&bc_cells_line(slot, i / BC_CELL_LINE)->entry[i % BC_CELL_LINE];

		if (memcmp(&entry->cell, &cell, sizeof(cell)))
			continue;
		sum += entry->count;
		++*entries;
	}
	return sum;
}

static void expect(__u32 slot, unsigned int n, __u64 count)
{
	unsigned int entries;
	__u64 is = count_of(slot, n, &entries);

	if (is != count || entries != (count > 0))
		fail_msg("cell %u: %llu in %u entries, not %llu", n, is, entries, count);
}

/* A table takes as many cells as it may, each is found again, and no other one is taken. */
static void test_full(void **state)
{
	static const unsigned int sizes[] = {64, 65, 1000, MOST};

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		unsigned int n = sizes[s];

		start(n);
		for (int round = 0; round < 3; round++)
			for (unsigned int i = 0; i < n; i++)
				assert_true(add(s & 1, i));
		for (unsigned int i = n; i < n + 100; i++)
			assert_false(add(s & 1, i));
		for (unsigned int i = 0; i < n + 100; i += n / 50)
			expect(s & 1, i, i < n ? 3 : 0);
		assert_int_equal(taken[s & 1], n);
		assert_int_equal(taken[!(s & 1)], 0);
		for (unsigned int i = 0; i < n; i += n / 50)
			expect(!(s & 1), i, 0);
	}
}

/* Cells that meet in a line of the first level all find room, in others. */
static void test_crowded(void **state)
{
	unsigned int found = 0, at[100];

	(void)state;
	start(MOST);
	for (unsigned int i = 0; found < 100; i++) {
		struct bc_cell cell = cell_of(i);
		struct bc_cells_search search;

		bc_cells_begin(&search, bc_cells_key_of(&cell), seed);
		if (search.line == 7)
			at[found++] = i;
	}
	for (int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < 100; i++)
			assert_true(add(0, at[i]));
	for (unsigned int i = 0; i < 100; i++)
		expect(0, at[i], 2);
	assert_int_equal(taken[0], 100);
}

/* A search stays within the table, its last line too, and ends where all it may look at is full. */
static void test_no_room(void **state)
{
	unsigned int added = 0, lines = BC_CELL_LINES(64);

	(void)state;
	start(64);
	for (__u32 i = 0; i < lines * BC_CELL_LINE; i++)
		bc_cells_line(0, i / BC_CELL_LINE)->entry[i % BC_CELL_LINE].cell.kind = 1;
	for (unsigned int i = 0; i < 1000; i++)
		added += add(0, i);
	assert_int_equal(added, 0);
	memset(bc_cells_line(0, lines - 1), 0, sizeof(struct bc_cell_line));
	for (unsigned int i = 0; i < 1000 && added < BC_CELL_LINE; i++)
		added += add(0, i);
	assert_int_equal(added, BC_CELL_LINE);
	assert_int_equal(taken[0], BC_CELL_LINE);
}

/* No cell is turned away before the table is as full as it may be, whatever the seed. */
static void test_seeds(void **state)
{
	unsigned int refused = 0;

	(void)state;
	srand(1);
	for (int round = 0; round < 200; round++) {
		start(MOST);
		seed = (__u64)rand() << 32 ^ (__u64)rand() << 16 ^ (__u64)rand();
		for (unsigned int i = 0; i < MOST; i++)
			refused += !add(0, i);
	}
	seed = 0;
	assert_int_equal(refused, 0);
}

#define THREADS 4
#define CELLS 1500

static pthread_barrier_t together;

static void *bring(void *arg)
{
	uintptr_t refused = 0;

	(void)arg;
	for (unsigned int i = 0; i < CELLS; i++) {
		if (i % 50 == 0)
			pthread_barrier_wait(&together);
		refused += !add(0, i);
	}
	return (void *)refused;
}

static uintptr_t bring_all(void)
{
	pthread_t thread[THREADS];
	uintptr_t refused = 0;

	pthread_barrier_init(&together, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, bring, NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		void *one;

		assert_int_equal(pthread_join(thread[i], &one), 0);
		refused += (uintptr_t)one;
	}
	pthread_barrier_destroy(&together);
	return refused;
}

/* Threads that meet at each new cell lose no count, and make no cell twice. */
static void test_threads(void **state)
{
	(void)state;
	start(MOST);
	assert_int_equal(bring_all(), 0);
	for (unsigned int i = 0; i < CELLS; i++)
		expect(0, i, THREADS);
	assert_int_equal(taken[0], CELLS);
}

/* Where there is no room for all, what was counted and what was refused are all. */
static void test_threads_full(void **state)
{
	uintptr_t refused, counted = 0;

	(void)state;
	start(1000);
	refused = bring_all();
	for (unsigned int i = 0; i < CELLS; i++) {
		unsigned int entries;

		counted += count_of(0, i, &entries);
		assert_in_range(entries, 0, 1);
	}
	assert_int_equal(counted + refused, THREADS * CELLS);
	assert_in_range(taken[0], 1, 1000);
	assert_true(counted >= taken[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),	cmocka_unit_test(test_crowded),
		cmocka_unit_test(test_no_room), cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_threads), cmocka_unit_test(test_threads_full),
	};

	return cmocka_run_group_tests_name("cells", tests, NULL, NULL);
}
