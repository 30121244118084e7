/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The numbers of a generation's learnt pages: their names by number, and an
 * open-addressed table that tells a page's number by the hash of its name. A search
 * goes from the place that the hash says to those behind it, until one is the page's
 * or free.
 *
 * While programs run, places are only ever taken, each by one exchange of hash and
 * number, and what a number is the name of stands there before: two processors that
 * bring the same new page meet at the same free place, and who comes second finds the
 * page there and leaves the number that it had taken to nobody.
 *
 * Where names and places are kept is the includer's, so that unit tests run this too.
 */
#ifndef BC_COUNT_PAGES_H
#define BC_COUNT_PAGES_H

#include "blindcount.h"
#include "portable.h"
#include "text.h"

/* A place of a generation's table. */
static __always_inline struct bc_page_place *bc_pages_place(__u32 bank, __u32 place);
/* The name of a learnt page, by its number less BC_PAGE_DISCOVERED. */
static __always_inline struct bc_page *bc_pages_name(__u32 bank, __u32 number);
/* Pages that a generation may learn. */
static __always_inline __u32 bc_pages_max(void);
/* Numbers taken in a generation. */
static __always_inline __u32 *bc_pages_taken(__u32 bank);

/* A place as it is read and exchanged: its number above its hash; 0: it is free. */
static __always_inline __u64 *bc_pages_whole(struct bc_page_place *place)
{
	return (__u64 *)place;
}

#define BC_PAGE_WORDS (sizeof(struct bc_page) / sizeof(__u64))
#define BC_PAGE_LANES 4 /* that the processor computes side by side */

static __always_inline __u64 bc_pages_word(const struct bc_page *page, int i)
{
	return bc_word_at((const char *)page + i * sizeof(__u64));
}

/* The seed is secret, so that nobody can choose names that crowd the same places. */
static __always_inline __u64 bc_pages_hash(const struct bc_page *page, __u64 seed)
{
	__u64 lane[BC_PAGE_LANES], hash = seed;

#pragma unroll
	for (int i = 0; i < BC_PAGE_LANES; i++)
		lane[i] = seed + i;
#pragma unroll
	for (int i = 0; i < (int)BC_PAGE_WORDS; i++) {
		__u64 *at = &lane[i % BC_PAGE_LANES];

		/* Folded first: what the secret factor leaves of a top bit would be no secret. */
		*at ^= bc_pages_word(page, i);
		*at ^= *at >> 32;
		*at *= seed | 1;
	}
#pragma unroll
	for (int i = 0; i < BC_PAGE_LANES; i++) {
		hash = (hash ^ lane[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	return hash;
}

bc_subprogram int bc_pages_same(const struct bc_page *a, const struct bc_page *b)
{
	if (!a || !b)
		return false;
#pragma unroll
	for (int i = 0; i < (int)BC_PAGE_WORDS; i++)
		if (bc_pages_word(a, i) != bc_pages_word(b, i))
			return false;
	return true;
}

/* Give the page a number of its own; 0: there is none left. */
static __always_inline __u32 bc_pages_take(__u32 bank, const struct bc_page *page)
{
	__u32 *taken = bc_pages_taken(bank), number;
	struct bc_page *name;

	if (!taken || *taken >= bc_pages_max())
		return 0;
	number = __sync_fetch_and_add(taken, 1);
	name = number < bc_pages_max() ? bc_pages_name(bank, number) : NULL;
	if (!name)
		return 0;
#pragma unroll
	for (int i = 0; i < (int)BC_PAGE_WORDS; i++)
		bc_put_word((char *)name + i * sizeof(__u64), bc_pages_word(page, i));
	return BC_PAGE_DISCOVERED + number;
}

/* A search for a page, and where it ended. */
struct bc_pages_search {
	__u64 hash;
	__u32 place; /* free for the page; means nothing where it has a number */
	__u32 number; /* the page's; 0: it has none */
};

/* The first place of a search. */
static __always_inline __u32 bc_pages_first(__u64 hash)
{
	return (hash >> 32) * BC_PAGE_FIRSTS(bc_pages_max()) >> 32;
}

/* Search for a page; 0: it is not there, and there is no place for it. */
bc_subprogram int bc_pages_find(__u32 bank, const struct bc_page *page, struct bc_pages_search *at)
{
	__u32 first;

	if (!page || !at)
		return 0;
	first = bc_pages_first(at->hash);
	at->number = 0;
	for (int i = 0; i < BC_PAGE_PROBES; i++) {
		struct bc_page_place *place = bc_pages_place(bank, first + i);
		const struct bc_page *name;
		__u64 there;

		if (!place)
			return 0;
		there = *bc_pages_whole(place);
		if (!there) {
			at->place = first + i;
			return 1;
		}
		if ((__u32)there != (__u32)at->hash)
			continue;
		name = bc_pages_name(bank, (there >> 32) - BC_PAGE_DISCOVERED);
		if (name && bc_pages_same(name, page)) {
			at->number = there >> 32;
			return 1;
		}
	}
	return 0;
}

#define BC_PAGE_TRIES 8 /* at places that other processors take first */

/* The number of a page, which is learnt if it is new; 0: there is no room for it. */
bc_subprogram int bc_pages_number(__u32 bank, const struct bc_page *page, __u64 seed)
{
	struct bc_pages_search at = {};
	__u32 mine = 0;

	if (!page)
		return 0;
	at.hash = bc_pages_hash(page, seed);
	for (int i = 0; i < BC_PAGE_TRIES && bc_pages_find(bank, page, &at); i++) {
		struct bc_page_place *place;

		if (bc_likely(at.number))
			return at.number;
		/* Not looked at again: what another processor puts there may be another page. */
		place = bc_pages_place(bank, at.place);
		if (place && !mine)
			mine = bc_pages_take(bank, page);
		if (!place || !mine)
			break;
		if (!__sync_val_compare_and_swap(bc_pages_whole(place), 0,
						 (__u64)mine << 32 | (__u32)at.hash))
			return mine;
	}
	return 0;
}

#endif
