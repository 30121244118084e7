// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Abstract numbers: ranges, their arithmetic, and what a branch tells of them. */
#include <stdint.h>
#include <linux/bpf.h>

#include "verify/proof/scalar.h"

/* Let the range and that of the lower half narrow each other; false if nothing is left. */
static bool settle(struct scalar *a)
{
	__u64 upper = a->lo & ~(__u64)UINT32_MAX;

	if (a->lo > a->hi || a->low_lo > a->low_hi)
		return false;
	if (upper != (a->hi & ~(__u64)UINT32_MAX))
		return true;
	if ((__u32)a->lo > a->low_lo)
		a->low_lo = a->lo;
	if ((__u32)a->hi < a->low_hi)
		a->low_hi = a->hi;
	a->lo = upper | a->low_lo;
	a->hi = upper | a->low_hi;
	return a->low_lo <= a->low_hi;
}

struct scalar scalar_range(__u64 lo, __u64 hi)
{
	struct scalar a = {lo, hi, 0, UINT32_MAX};

	settle(&a);
	return a;
}

struct scalar scalar_const(__u64 value)
{
	return scalar_range(value, value);
}

struct scalar scalar_any(void)
{
	return scalar_range(0, UINT64_MAX);
}

struct scalar scalar_sized(unsigned int bytes)
{
	return bytes >= 8 ? scalar_any() : scalar_range(0, (1ULL << (bytes * 8)) - 1);
}

bool scalar_is_const(const struct scalar *a)
{
	return a->lo == a->hi;
}

bool scalar_has(const struct scalar *a, __u64 value)
{
	return value >= a->lo && value <= a->hi && (__u32)value >= a->low_lo &&
	       (__u32)value <= a->low_hi;
}

bool scalar_equal(const struct scalar *a, const struct scalar *b)
{
	return a->lo == b->lo && a->hi == b->hi && a->low_lo == b->low_lo && a->low_hi == b->low_hi;
}

/* Where the bits cut off are the same in both bounds, they are in all values. */
static struct scalar cut(__u64 lo, __u64 hi, __u64 low)
{
	return (lo & ~low) == (hi & ~low) ? scalar_range(lo & low, hi & low) : scalar_range(0, low);
}

struct scalar scalar_truncate(const struct scalar *a, unsigned int width)
{
	if (width >= 64)
		return *a;
	if (width < 32)
		return cut(a->low_lo, a->low_hi, (1U << width) - 1);
	return scalar_range(a->low_lo, a->low_hi);
}

struct scalar scalar_join(const struct scalar *a, const struct scalar *b)
{
	return (struct scalar){
		.lo = a->lo < b->lo ? a->lo : b->lo,
		.hi = a->hi > b->hi ? a->hi : b->hi,
		.low_lo = a->low_lo < b->low_lo ? a->low_lo : b->low_lo,
		.low_hi = a->low_hi > b->low_hi ? a->low_hi : b->low_hi,
	};
}

struct scalar scalar_widen(const struct scalar *old, const struct scalar *new)
{
	struct scalar r = scalar_join(old, new);

	if (r.lo < old->lo)
		r.lo = 0;
	if (r.hi > old->hi)
		r.hi = r.hi <= UINT32_MAX ? UINT32_MAX : UINT64_MAX;
	if (r.low_lo < old->low_lo)
		r.low_lo = 0;
	if (r.low_hi > old->low_hi)
		r.low_hi = UINT32_MAX;
	return r;
}

bool scalar_meet(struct scalar *a, const struct scalar *b)
{
	struct scalar r = {
		.lo = a->lo > b->lo ? a->lo : b->lo,
		.hi = a->hi < b->hi ? a->hi : b->hi,
		.low_lo = a->low_lo > b->low_lo ? a->low_lo : b->low_lo,
		.low_hi = a->low_hi < b->low_hi ? a->low_hi : b->low_hi,
	};

	if (!settle(&r))
		return false;
	*a = r;
	return true;
}

/* Bits that the two bounds do not share, and all below: those that are not known. */
static __u64 unknown_bits(const struct scalar *a)
{
	__u64 apart = a->lo ^ a->hi;

	return apart ? UINT64_MAX >> __builtin_clzll(apart) : 0;
}

static struct scalar add(const struct scalar *a, const struct scalar *b)
{
	__u64 lo, hi;

	/* Bounds hold if neither sum wraps, or both do. */
	if (__builtin_add_overflow(a->lo, b->lo, &lo) != __builtin_add_overflow(a->hi, b->hi, &hi))
		return scalar_any();
	return scalar_range(lo, hi);
}

static struct scalar sub(const struct scalar *a, const struct scalar *b)
{
	__u64 lo, hi;

	if (__builtin_sub_overflow(a->lo, b->hi, &lo) != __builtin_sub_overflow(a->hi, b->lo, &hi))
		return scalar_any();
	return scalar_range(lo, hi);
}

static struct scalar mul(const struct scalar *a, const struct scalar *b)
{
	__u64 hi;

	if (scalar_is_const(a) && scalar_is_const(b))
		return scalar_const(a->lo * b->lo);
	if (__builtin_mul_overflow(a->hi, b->hi, &hi))
		return scalar_any();
	return scalar_range(a->lo * b->lo, hi);
}

static struct scalar bit_and(const struct scalar *a, const struct scalar *b)
{
	__u64 sure = a->lo & ~unknown_bits(a) & b->lo & ~unknown_bits(b);
	__u64 may = (a->lo | unknown_bits(a)) & (b->lo | unknown_bits(b));
	__u64 least = a->hi < b->hi ? a->hi : b->hi;

	/* With all bits below some bit it cuts off what is above. */
	if (scalar_is_const(b) && !(b->lo & (b->lo + 1)) && (a->lo & ~b->lo) == (a->hi & ~b->lo))
		return scalar_range(a->lo & b->lo, a->hi & b->lo);
	return scalar_range(sure, may < least ? may : least);
}

static struct scalar bit_or(const struct scalar *a, const struct scalar *b)
{
	return scalar_range(a->lo > b->lo ? a->lo : b->lo,
			    a->lo | unknown_bits(a) | b->lo | unknown_bits(b));
}

static struct scalar bit_xor(const struct scalar *a, const struct scalar *b)
{
	__u64 unknown = unknown_bits(a) | unknown_bits(b);

	return scalar_range((a->lo ^ b->lo) & ~unknown, (a->lo ^ b->lo) | unknown);
}

/* The shift counts below are already within 0..width-1. */
static struct scalar shift_left(const struct scalar *a, const struct scalar *by)
{
	if (scalar_is_const(a) && scalar_is_const(by))
		return scalar_const(a->lo << by->lo);
	if (a->hi << by->hi >> by->hi != a->hi)
		return scalar_any();
	return scalar_range(a->lo << by->lo, a->hi << by->hi);
}

static struct scalar shift_right(const struct scalar *a, const struct scalar *by)
{
	return scalar_range(a->lo >> by->hi, a->hi >> by->lo);
}

struct scalar scalar_alu(unsigned int op, bool narrow, const struct scalar *a,
			 const struct scalar *b)
{
	unsigned int width = narrow ? 32 : 64;
	struct scalar x = scalar_truncate(a, width);
	struct scalar y = scalar_truncate(b, width);
	struct scalar limit = scalar_const(width - 1), count = bit_and(&y, &limit);
	struct scalar r;

	switch (op) {
	case BPF_ADD:
		r = add(&x, &y);
		break;
	case BPF_SUB:
		r = sub(&x, &y);
		break;
	case BPF_MUL:
		r = mul(&x, &y);
		break;
	case BPF_AND:
		r = bit_and(&x, &y);
		break;
	case BPF_OR:
		r = bit_or(&x, &y);
		break;
	case BPF_XOR:
		r = bit_xor(&x, &y);
		break;
	case BPF_LSH:
		r = shift_left(&x, &count);
		break;
	case BPF_RSH:
		r = shift_right(&x, &count);
		break;
	default:
		r = scalar_any();
	}
	return scalar_truncate(&r, width);
}

struct scalar scalar_endian(const struct scalar *a, unsigned int width, bool swap)
{
	struct scalar r = scalar_truncate(a, width);

	return swap ? scalar_sized(width / 8) : r;
}

/* a < b, or a <= b if `equal`. */
static bool below(struct scalar *a, struct scalar *b, bool equal)
{
	struct scalar upper, lower;

	if (!equal && (!b->hi || a->lo == UINT64_MAX))
		return false;
	upper = scalar_range(0, b->hi - !equal);
	lower = scalar_range(a->lo + !equal, UINT64_MAX);
	return scalar_meet(a, &upper) && scalar_meet(b, &lower);
}

/* a != k moves a bound of a that is k. */
static bool differs(struct scalar *a, __u64 k)
{
	struct scalar other = scalar_range(a->lo + (a->lo == k), a->hi - (a->hi == k));

	return !(scalar_is_const(a) && a->lo == k) && scalar_meet(a, &other);
}

/*
 * Make *op the unsigned comparison that tells the same, where the lesser side is not negative,
 * as the greater one isn't then; or BPF_JA, which tells nothing. False if that can't be.
 */
static bool as_unsigned(unsigned int *op, bool taken, struct scalar *a, struct scalar *b, __u64 max)
{
	static const unsigned int plain[][2] = {
		{BPF_JSGT, BPF_JGT}, {BPF_JSGE, BPF_JGE}, {BPF_JSLT, BPF_JLT}, {BPF_JSLE, BPF_JLE}};
	bool greater = (*op == BPF_JSGT || *op == BPF_JSGE) == taken;
	struct scalar positive = scalar_range(0, max);
	unsigned int was = *op;

	*op = BPF_JA;
	if ((greater ? b : a)->hi > max)
		return true;
	for (int i = 0; i < 4; i++)
		if (plain[i][0] == was)
			*op = plain[i][1];
	return scalar_meet(greater ? a : b, &positive);
}

static bool is_signed(unsigned int op)
{
	return op == BPF_JSGT || op == BPF_JSGE || op == BPF_JSLT || op == BPF_JSLE;
}

static bool holds(unsigned int op, bool taken, struct scalar *a, struct scalar *b)
{
	switch (op) {
	case BPF_JEQ:
	case BPF_JNE:
		if (taken == (op == BPF_JEQ))
			return scalar_meet(a, b) && scalar_meet(b, a);
		return (!scalar_is_const(b) || differs(a, b->lo)) &&
		       (!scalar_is_const(a) || differs(b, a->lo));
	case BPF_JGT:
		return taken ? below(b, a, false) : below(a, b, true);
	case BPF_JGE:
		return taken ? below(b, a, true) : below(a, b, false);
	case BPF_JLT:
		return taken ? below(a, b, false) : below(b, a, true);
	case BPF_JLE:
		return taken ? below(a, b, true) : below(b, a, false);
	case BPF_JSET:
		return !scalar_is_const(a) || !scalar_is_const(b) || taken == !!(a->lo & b->lo);
	default:
		return true;
	}
}

/* What was learnt of the lower half. */
static bool carry_back(struct scalar *a, const struct scalar *low)
{
	struct scalar known = scalar_any();

	known.low_lo = low->low_lo;
	known.low_hi = low->low_hi;
	return scalar_meet(a, &known);
}

bool scalar_branch(unsigned int op, bool narrow, bool taken, struct scalar *a, struct scalar *b)
{
	struct scalar x = scalar_truncate(a, narrow ? 32 : 64),
		      y = scalar_truncate(b, narrow ? 32 : 64);

	if (is_signed(op) && !as_unsigned(&op, taken, &x, &y, narrow ? INT32_MAX : INT64_MAX))
		return false;
	if (!holds(op, taken, &x, &y))
		return false;
	if (narrow)
		return carry_back(a, &x) && carry_back(b, &y);
	*a = x;
	*b = y;
	return true;
}
