/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Abstract numbers: what is known of a 64-bit value, as a range of unsigned numbers, and one
 * of its lower half, which 32-bit comparisons tell of alone.
 * Every operation on numbers yields a number that holds all results the real operation
 * can have on values within its operands.
 */
#ifndef VERIFY_NUM_H
#define VERIFY_NUM_H

#include <stdbool.h>
#include <linux/types.h>

struct num {
	__u64 lo, hi; /* lo <= value <= hi */
	__u32 low_lo, low_hi; /* the same of its lower 32 bits */
};

struct num num_any(void);
struct num num_const(__u64 value);
struct num num_range(__u64 lo, __u64 hi);
/* What a load of `bytes` (1, 2, 4 or 8) can yield. */
struct num num_sized(unsigned int bytes);

bool num_is_const(const struct num *a);
bool num_has(const struct num *a, __u64 value);
bool num_equal(const struct num *a, const struct num *b);

/* The lowest `width` bits (8, 16, 32 or 64), zero-extended. */
struct num num_truncate(const struct num *a, unsigned int width);
/* Values in a or in b. */
struct num num_join(const struct num *a, const struct num *b);
/* As join, but bounds that grew since `old` jump, so that loops come to an end. */
struct num num_widen(const struct num *old, const struct num *new);
/* Values in both: false, leaving *a alone, if there is none. */
bool num_meet(struct num *a, const struct num *b);

/*
 * An ALU instruction's result: `op` is BPF_ADD … BPF_ARSH (not NEG, MOV or END); of others
 * it is any number. With `narrow` it is the 32-bit form, whose result is zero-extended.
 */
struct num num_alu(unsigned int op, bool narrow, const struct num *a, const struct num *b);
/* BPF_END: `width` bits, swapped or cut only. */
struct num num_endian(const struct num *a, unsigned int width, bool swap);

/*
 * Narrow a and b to what they can be if `a op b` is `taken` (op is BPF_JEQ …
 * BPF_JSLE; with `narrow` the lower 32 bits are compared). False if that can't
 * be; a and b then mean nothing.
 */
bool num_branch(unsigned int op, bool narrow, bool taken, struct num *a, struct num *b);

#endif
