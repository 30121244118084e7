/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The counts of a generation's cells: an open-addressed table in lines of four
 * entries. The search for a cell goes from level to level, to the line that its hash
 * says in each, until a line holds it or has a free entry.
 *
 * While programs run, entries are only ever taken, each by one exchange of its
 * whole key. So all that stands before a cell in its search stays as it is; two
 * processors that bring the same new cell meet at the same free entry, and who
 * comes second finds the cell there: no cell has two entries, no count is lost.
 *
 * Where the table is kept is the includer's, so that unit tests run this too.
 */
#ifndef BC_COUNT_CELLS_H
#define BC_COUNT_CELLS_H

#include "blindcount.h"
#include "portable.h"
#include "text.h"

/* A line of a generation's table. */
static __always_inline struct bc_cell_line *bc_cells_line(__u32 bank, __u32 line);
/* Cells that a generation may have. */
static __always_inline __u32 bc_cells_max(void);
/* Entries taken in a generation. */
static __always_inline __u32 *bc_cells_taken(__u32 bank);

/* An entry's key as it is read and exchanged; 0: the entry is free. */
static __always_inline __u64 *bc_cells_key(struct bc_cell_entry *entry)
{
	return (__u64 *)&entry->cell;
}

static __always_inline __u64 bc_cells_key_of(const struct bc_cell *cell)
{
	const __u64 used = (__u64)BC_KIND_USED << 8 * __builtin_offsetof(struct bc_cell, kind);

	return bc_word_at(cell) | used;
}

#define BC_CELL_TRIES 8 /* at entries that other processors take first */

/* A search for a key. */
struct bc_cells_search {
	__u64 hash;
	__u32 level;
	__u32 line;
};

/* The key's line in a level, told by a hash of its own. */
static __always_inline void bc_cells_look(struct bc_cells_search *at)
{
	__u32 first = BC_CELL_FIRST(bc_cells_max()), length = first << at->level;

	at->hash ^= at->hash >> 32;
	at->hash *= 0x9e3779b97f4a7c15ULL;
	at->line = length - first + ((at->hash >> 32) * length >> 32);
}

/* The seed is secret, so that nobody can choose cells that crowd the same lines. */
static __always_inline void bc_cells_begin(struct bc_cells_search *at, __u64 key, __u64 seed)
{
	at->hash = (key ^ seed) * (seed | 1);
	at->level = 0;
	bc_cells_look(at);
}

/* The line is full of others. */
static __always_inline void bc_cells_go_on(struct bc_cells_search *at)
{
	if (at->level < BC_CELL_LEVELS - 1) {
		at->level++;
		bc_cells_look(at);
	} else {
		at->line++;
	}
}

/* Is there room for one more? Then it is taken, and must be used or given back. */
static __always_inline bool bc_cells_reserve(__u32 bank)
{
	__u32 *taken = bc_cells_taken(bank);

	if (!taken || *taken >= bc_cells_max())
		return false;
	if (__sync_fetch_and_add(taken, 1) < bc_cells_max())
		return true;
	__sync_fetch_and_add(taken, -1);
	return false;
}

static __always_inline void bc_cells_give_back(__u32 bank)
{
	__u32 *taken = bc_cells_taken(bank);

	if (taken)
		__sync_fetch_and_add(taken, -1);
}

/* 1 for anything but 0, without a branch, also where the compiler would rather have one. */
static __always_inline __u64 bc_cells_any(__u64 value)
{
	__u64 minus = -value;

	return (value | minus) >> 63;
}

/*
 * The first entry of a line that is free or the key's; BC_CELL_LINE: there is none.
 * Computed rather than searched for: it hangs on no branch, so that the processor has
 * none to guess, and the verifier goes on once rather than once for each entry.
 */
static __always_inline __u64 bc_cells_place(struct bc_cell_line *line, __u64 key)
{
	__u64 others = 1, place = 0;

#pragma unroll
	for (int i = 0; i < BC_CELL_LINE; i++) {
		__u64 there = *bc_cells_key(&line->entry[i]);

		others *= bc_cells_any(there) * bc_cells_any(there ^ key);
		place += others;
	}
	return place;
}

/* An entry by its number plus one; 0 is none. */
static __always_inline struct bc_cell_entry *bc_cells_entry(__u32 bank, __u32 number)
{
	struct bc_cell_line *line;

	if (!number)
		return NULL;
	line = bc_cells_line(bank, (number - 1) / BC_CELL_LINE);
	return line ? &line->entry[(number - 1) % BC_CELL_LINE] : NULL;
}

/* The number of the entry that is the key's, or free for it, plus one; 0: there is none. */
bc_subprogram int bc_cells_find(__u32 bank, __u64 key, __u64 seed)
{
	struct bc_cells_search at = {};

	bc_cells_begin(&at, key, seed);
	for (int i = 0; i < BC_CELL_PROBES; i++) {
		struct bc_cell_line *line = bc_cells_line(bank, at.line);
		__u64 place;

		if (!line)
			return 0;
		place = bc_cells_place(line, key);
		if (place < BC_CELL_LINE)
			return at.line * BC_CELL_LINE + place + 1;
		bc_cells_go_on(&at);
	}
	return 0;
}

/* Add one to the cell of a key; 0: it is new, and there is no room for it. */
bc_subprogram int bc_cells_add(__u32 bank, __u64 key, __u64 seed)
{
	__u32 reserved = 0, counted = 0;

	for (int i = 0; i < BC_CELL_TRIES && !counted; i++) {
		__u32 found = bc_cells_find(bank, key, seed);
		struct bc_cell_entry *entry = bc_cells_entry(bank, found);
		__u64 there;

		if (!entry)
			break;
		there = *bc_cells_key(entry);
		if (!there) {
			if (!reserved && !bc_cells_reserve(bank))
				break;
			there = __sync_val_compare_and_swap(bc_cells_key(entry), 0, key);
			reserved = there != 0;
		}
		/* Else another processor took the entry for another cell. */
		counted = !there || there == key;
		if (counted)
			__sync_fetch_and_add(&entry->count, 1);
	}
	if (reserved) /* in vain */
		bc_cells_give_back(bank);
	return counted;
}

#endif
