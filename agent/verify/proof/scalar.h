/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Abstract numbers: what is known of a 64-bit value, as a range of unsigned numbers, and one
 * of its lower half, which 32-bit comparisons tell of alone.
 * Every operation on numbers yields a number that holds all results the real operation
 * can have on values within its operands.
 */
#ifndef AGENT_VERIFY_PROOF_SCALAR_H
#define AGENT_VERIFY_PROOF_SCALAR_H

#include <stdbool.h>
#include <linux/types.h>

struct scalar {
	__u64 lo, hi; /* lo <= value <= hi */
	__u32 low_lo, low_hi; /* the same of its lower 32 bits */
};

struct scalar scalar_any(void);
struct scalar scalar_const(__u64 value);
struct scalar scalar_range(__u64 lo, __u64 hi);
/* What a load of `bytes` (1, 2, 4 or 8) can yield. */
struct scalar scalar_sized(unsigned int bytes);

bool scalar_is_const(const struct scalar *a);
bool scalar_has(const struct scalar *a, __u64 value);
bool scalar_equal(const struct scalar *a, const struct scalar *b);

/* The lowest `width` bits (8, 16, 32 or 64), zero-extended. */
struct scalar scalar_truncate(const struct scalar *a, unsigned int width);
/* Values in a or in b. */
struct scalar scalar_join(const struct scalar *a, const struct scalar *b);
/* As join, but bounds that grew since `old` jump, so that loops come to an end. */
struct scalar scalar_widen(const struct scalar *old, const struct scalar *new);
/* Values in both: false, leaving *a alone, if there is none. */
bool scalar_meet(struct scalar *a, const struct scalar *b);

/*
 * An ALU instruction's result: `op` is BPF_ADD … BPF_ARSH (not NEG, MOV or END); of others
 * it is any number. With `narrow` it is the 32-bit form, whose result is zero-extended.
 */
struct scalar scalar_alu(unsigned int op, bool narrow, const struct scalar *a,
			 const struct scalar *b);
/* BPF_END: `width` bits, swapped or cut only. */
struct scalar scalar_endian(const struct scalar *a, unsigned int width, bool swap);

/*
 * Narrow a and b to what they can be if `a op b` is `taken` (op is BPF_JEQ …
 * BPF_JSLE; with `narrow` the lower 32 bits are compared). False if that can't
 * be; a and b then mean nothing.
 */
bool scalar_branch(unsigned int op, bool narrow, bool taken, struct scalar *a, struct scalar *b);

#endif
