// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The kernel's table of learnt pages, run natively: full tables, names that share a
 * hash, and many threads that bring the same new names at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

static unsigned int max_pages;

#include "count/pages.h"

#define MOST 4096

static struct bc_page_place table[2 * BC_PAGE_PLACES(MOST)];
static struct bc_page names[2 * MOST];
static __u32 taken[2];
static __u64 seed;

/* What another processor does just before a place is looked up for the second time. */
static void (*intrusion)(struct bc_page_place *place);
static unsigned int looked_up;

static __always_inline __u32 bc_pages_max(void)
{
	return max_pages;
}

static __always_inline struct bc_page_place *bc_pages_place(__u32 slot, __u32 place)
{
	if (intrusion && looked_up++ == 1)
		intrusion(&table[slot * BC_PAGE_PLACES(max_pages) + place]);
	/* As the kernel does: what is not in the array is not found. */
	return place < BC_PAGE_PLACES(max_pages) ? &table[slot * BC_PAGE_PLACES(max_pages) + place]
						 : NULL;
}

static __always_inline struct bc_page *bc_pages_name(__u32 slot, __u32 number)
{
	return number < max_pages ? &names[slot * max_pages + number] : NULL;
}

static __always_inline __u32 *bc_pages_taken(__u32 slot)
{
	return &taken[slot];
}

static void start(unsigned int max)
{
	memset(table, 0, sizeof(table));
	memset(names, 0, sizeof(names));
	memset(taken, 0, sizeof(taken));
	max_pages = max;
}

/* The n-th of many pages: short names, long ones, of several sites. */
static struct bc_page page_of(unsigned int n)
{
	struct bc_page page = {.site = n % 3};

	snprintf(page.name, sizeof(page.name), n % 5 ? "/%u" : "/%0*u", n % 5 ? n : BC_NAME_MAX - 1,
		 n);
	return page;
}

static __u32 learn(__u32 slot, unsigned int n)
{
	struct bc_page page = page_of(n);

	return bc_pages_number(slot, &page, seed);
}

/* A page has the number under which its name stands. */
static void expect(__u32 slot, unsigned int n, __u32 number)
{
	struct bc_page page = page_of(n);

	assert_in_range(number, BC_PAGE_DISCOVERED, BC_PAGE_DISCOVERED + max_pages - 1);
	assert_memory_equal(bc_pages_name(slot, number - BC_PAGE_DISCOVERED), &page, sizeof(page));
}

/* A table takes as many pages as it may, each has one number of its own, and no other has. */
static void test_full(void **state)
{
	static const unsigned int sizes[] = {1, 8, 1000, MOST};
	static __u32 number[MOST];

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		unsigned int n = sizes[s];

		start(n);
		for (unsigned int i = 0; i < n; i++)
			expect(s & 1, i, number[i] = learn(s & 1, i));
		for (unsigned int i = n; i < n + 100; i++)
			assert_int_equal(learn(s & 1, i), 0);
		for (unsigned int i = 0; i < n; i++)
			assert_int_equal(learn(s & 1, i), number[i]);
		assert_int_equal(taken[s & 1], n);
		assert_int_equal(taken[!(s & 1)], 0);
		assert_int_equal(learn(!(s & 1), n - 1), BC_PAGE_DISCOVERED);
	}
}

/* Every byte of a page tells it from others. */
static void test_each_byte(void **state)
{
	struct bc_page page = {};

	(void)state;
	start(MOST);
	assert_int_equal(bc_pages_number(0, &page, seed), BC_PAGE_DISCOVERED);
	for (size_t i = 0; i < sizeof(page); i++) {
		((char *)&page)[i] = 'x';
		assert_int_equal(bc_pages_number(0, &page, seed), BC_PAGE_DISCOVERED + i + 1);
		((char *)&page)[i] = 0;
	}
	assert_int_equal(bc_pages_number(0, &page, seed), BC_PAGE_DISCOVERED);
}

/* Names that share place and hash are two pages all the same. */
static void test_same_hash(void **state)
{
	struct bc_page one = page_of(1), other = page_of(2);
	__u64 hash = bc_pages_hash(&one, seed);
	__u32 first = bc_pages_first(hash);

	(void)state;
	start(MOST);
	/* The other page, as if its hash were that of the first. */
	*bc_pages_name(0, 0) = other;
	*bc_pages_place(0, first) =
		(struct bc_page_place){.hash = (__u32)hash, .number = BC_PAGE_DISCOVERED};
	taken[0] = 1;
	for (int round = 0; round < 2; round++)
		assert_int_equal(bc_pages_number(0, &one, seed), BC_PAGE_DISCOVERED + 1);
	assert_memory_equal(bc_pages_name(0, 0), &other, sizeof(other));
	assert_memory_equal(bc_pages_name(0, 1), &one, sizeof(one));
}

/* The other page, learnt by another processor. */
static void other_page_comes(struct bc_page_place *place)
{
	*bc_pages_name(0, 0) = page_of(2);
	*place = (struct bc_page_place){.hash = 77, .number = BC_PAGE_DISCOVERED};
	taken[0] = 1;
}

/* A place that was free, and is another page's when it is to be taken, is not the page's. */
static void test_taken_meanwhile(void **state)
{
	(void)state;
	start(MOST);
	looked_up = 0;
	intrusion = other_page_comes;
	expect(0, 1, learn(0, 1));
	intrusion = NULL;
	assert_int_equal(learn(0, 1), BC_PAGE_DISCOVERED + 1);
}

/* Names that differ so that a hash of top bits alone would be the same, whatever the seed. */
static void test_top_bits(void **state)
{
	unsigned int same = 0;

	(void)state;
	srand(1);
	for (int round = 0; round < 1000; round++) {
		struct bc_page one = {
			.name = "/abcdefghijklmnopqrstuvwxyz/abcdefghijklmnopqrstuvwxyz"};
		struct bc_page other = one;
		__u64 *word = (__u64 *)(void *)&other;

		seed = (__u64)rand() << 32 ^ (__u64)rand() << 16 ^ (__u64)rand();
		word[1] ^= 1ULL << (62 + (round & 1));
		word[1 + BC_PAGE_LANES] ^= (1ULL << 32 | 1) << (30 + (round & 1));
		same += bc_pages_hash(&one, seed) == bc_pages_hash(&other, seed);
	}
	seed = 0;
	assert_int_equal(same, 0);
}

/* A search stays within the table, its last place too, and ends where it may look no further. */
static void test_no_room(void **state)
{
	unsigned int places = BC_PAGE_PLACES(64), learnt = 0;

	(void)state;
	start(64);
	for (__u32 i = 0; i < places; i++)
		bc_pages_place(0, i)->number = BC_PAGE_DISCOVERED;
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(learn(0, i), 0);
	assert_int_equal(taken[0], 0);
	*bc_pages_whole(bc_pages_place(0, places - 1)) = 0;
	for (unsigned int i = 0; i < 100000 && !learnt; i++)
		learnt = learn(0, i);
	assert_int_equal(learnt, BC_PAGE_DISCOVERED);
}

/* No page is turned away before the table is as full as it may be, whatever the seed. */
static void test_seeds(void **state)
{
	unsigned int refused = 0;

	(void)state;
	srand(1);
	for (int round = 0; round < 100; round++) {
		start(MOST);
		seed = (__u64)rand() << 32 ^ (__u64)rand() << 16 ^ (__u64)rand();
		for (unsigned int i = 0; i < MOST; i++)
			refused += !learn(0, i);
	}
	seed = 0;
	assert_int_equal(refused, 0);
}

#define THREADS 4
#define PAGES 1500

static pthread_barrier_t together;
static __u32 page_ids[THREADS][PAGES];

static void *bring(void *arg)
{
	static const unsigned int order[THREADS] = {7, 11, 13, 17}; /* none divides PAGES / 2 */
	unsigned int thread = (uintptr_t)arg;

	for (unsigned int i = 0; i < PAGES; i++) {
		/* Half of the way in step, half of it in an order of its own. */
		unsigned int n = i < PAGES / 2 ? i : PAGES - 1 - i * order[thread] % (PAGES / 2);

		if (i % 50 == 0)
			pthread_barrier_wait(&together);
		page_ids[thread][n] = learn(0, n);
	}
	return NULL;
}

static void bring_all(void)
{
	pthread_t thread[THREADS];

	pthread_barrier_init(&together, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, bring, (void *)(uintptr_t)i), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	pthread_barrier_destroy(&together);
}

/* Threads that meet at each new page all get one number for it. */
static void test_threads(void **state)
{
	(void)state;
	start(MOST);
	bring_all();
	for (unsigned int i = 0; i < PAGES; i++)
		for (int t = 0; t < THREADS; t++) {
			expect(0, i, page_ids[t][i]);
			assert_int_equal(page_ids[t][i], page_ids[0][i]);
		}
	assert_in_range(taken[0], PAGES, PAGES * THREADS);
}

/* Where there is no room for all, who gets a number gets the page's. */
static void test_threads_full(void **state)
{
	(void)state;
	start(1000);
	bring_all();
	for (unsigned int i = 0; i < PAGES; i++)
		for (int t = 0; t < THREADS; t++)
			if (page_ids[t][i])
				expect(0, i, page_ids[t][i]);
	assert_true(taken[0] >= 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),	     cmocka_unit_test(test_each_byte),
		cmocka_unit_test(test_same_hash),    cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_seeds),	     cmocka_unit_test(test_threads),
		cmocka_unit_test(test_threads_full), cmocka_unit_test(test_taken_meanwhile),
		cmocka_unit_test(test_top_bits),
	};

	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
