/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The word by which processors agree about a connection. All changes are atomic
 * operations on the whole of it, each of which orders what stands around it; so what who
 * has claimed the connection wrote is there for the next.
 *
 *   low half   sequence number of the next byte to parse; who has claimed it moves it
 *   READY      the connection is known
 *   OWNED      a processor has claimed it, and is parsing
 *   LOST       nothing is known of where requests begin
 *   WAITS(i)   pending segment i waits for its turn
 *   FILLS(i)   pending segment i is being written
 */
#ifndef BC_STREAM_WORD_H
#define BC_STREAM_WORD_H

#include "stream/state.h"

#define BC_READY (1ULL << 32)
#define BC_OWNED (1ULL << 33)
#define BC_LOST (1ULL << 34)
#define BC_WAITS(i) (1ULL << 40 << (i))
#define BC_WAITS_ANY (0xffULL << 40)
#define BC_FILLS(i) (1ULL << 48 << (i))

_Static_assert(BC_PENDING <= 8, "a bit each");

static __always_inline __u64 bc_word(const struct bc_connection *conn)
{
	return *(const volatile __u64 *)&conn->word;
}

/* Replace the word, if it is still what it was. */
static __always_inline bool bc_word_swap(struct bc_connection *conn, __u64 was, __u64 now)
{
	return __sync_val_compare_and_swap(&conn->word, was, now) == was;
}

/* Set flags; returns the word before. */
static __always_inline __u64 bc_word_set(struct bc_connection *conn, __u64 flags)
{
	return __sync_fetch_and_or(&conn->word, flags);
}

static __always_inline void bc_word_clear(struct bc_connection *conn, __u64 flags)
{
	__sync_fetch_and_and(&conn->word, ~flags);
}

/* The owner goes on to another byte: the difference leaves the upper half as it is. */
static __always_inline void bc_word_move(struct bc_connection *conn, __u32 to)
{
	__u64 from = (__u32)bc_word(conn);

	__sync_fetch_and_add(&conn->word, (__u64)to - from);
}

/* How far is a sequence number ahead of another? */
static __always_inline __s32 bc_ahead(__u32 seq, __u32 of)
{
	return seq - of;
}

#endif
