// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Abstract numbers: what a branch tells about the two sides of its comparison. */
#include <stdint.h>
#include <linux/bpf.h>

#include "num.h"

/* The comparison that holds on the other edge; BPF_JSET has none here. */
static unsigned int negate(unsigned int op)
{
	switch (op) {
	case BPF_JEQ:
		return BPF_JNE;
	case BPF_JNE:
		return BPF_JEQ;
	case BPF_JGT:
		return BPF_JLE;
	case BPF_JLE:
		return BPF_JGT;
	case BPF_JGE:
		return BPF_JLT;
	case BPF_JLT:
		return BPF_JGE;
	case BPF_JSGT:
		return BPF_JSLE;
	case BPF_JSLE:
		return BPF_JSGT;
	case BPF_JSGE:
		return BPF_JSLT;
	default:
		return BPF_JSGE;
	}
}

static bool within(struct num *a, __u64 lo, __u64 hi)
{
	struct num b;

	if (lo > hi)
		return false;
	b = num_range(lo, hi);
	return num_meet(a, &b);
}

static bool within_signed(struct num *a, __s64 lo, __s64 hi)
{
	struct num b;

	if (lo > hi)
		return false;
	b = num_signed(lo, hi);
	return num_meet(a, &b);
}

/* a != k moves a bound of a that is k. */
static bool differs(struct num *a, __u64 k)
{
	if (num_is_const(a) && a->umin == k)
		return false;
	if (a->umin == k)
		return within(a, k + 1, UINT64_MAX);
	if (a->umax == k)
		return within(a, 0, k - 1);
	if (a->smin == (__s64)k)
		return within_signed(a, (__s64)k + 1, INT64_MAX);
	if (a->smax == (__s64)k)
		return within_signed(a, INT64_MIN, (__s64)k - 1);
	return true;
}

/* a < b, or a <= b if `equal`. */
static bool below(struct num *a, struct num *b, bool equal)
{
	if (!equal && (!b->umax || a->umin == UINT64_MAX))
		return false;
	return within(a, 0, b->umax - !equal) && within(b, a->umin + !equal, UINT64_MAX);
}

static bool below_signed(struct num *a, struct num *b, bool equal)
{
	if (!equal && (b->smax == INT64_MIN || a->smin == INT64_MAX))
		return false;
	return within_signed(a, INT64_MIN, b->smax - !equal) &&
	       within_signed(b, a->smin + !equal, INT64_MAX);
}

/* (a & b) != 0 if `taken`, for a constant b. */
static bool bits_set(bool taken, struct num *a, const struct num *b)
{
	struct num clear = num_any();

	if (!num_is_const(b))
		return true;
	if (taken)
		return (a->bits | a->mask) & b->umin;
	clear.mask = ~b->umin;
	return num_meet(a, &clear);
}

static bool holds(unsigned int op, struct num *a, struct num *b)
{
	switch (op) {
	case BPF_JEQ:
		return num_meet(a, b) && num_meet(b, a);
	case BPF_JNE:
		return (!num_is_const(b) || differs(a, b->umin)) &&
		       (!num_is_const(a) || differs(b, a->umin));
	case BPF_JGT:
		return below(b, a, false);
	case BPF_JGE:
		return below(b, a, true);
	case BPF_JLT:
		return below(a, b, false);
	case BPF_JLE:
		return below(a, b, true);
	case BPF_JSGT:
		return below_signed(b, a, false);
	case BPF_JSGE:
		return below_signed(b, a, true);
	case BPF_JSLT:
		return below_signed(a, b, false);
	case BPF_JSLE:
		return below_signed(a, b, true);
	}
	return true;
}

static bool is_signed(unsigned int op)
{
	return op == BPF_JSGT || op == BPF_JSGE || op == BPF_JSLT || op == BPF_JSLE;
}

/* The lower 32 bits as the comparison reads them. */
static struct num narrowed(const struct num *a, bool sign)
{
	struct num low = num_truncate(a, 32);
	struct num offset = num_const(1ULL << 32);

	if (!sign || low.umax <= INT32_MAX)
		return low;
	if (low.umin <= INT32_MAX)
		return num_signed(INT32_MIN, INT32_MAX);
	num_alu(BPF_SUB, false, &low, &offset, &low);
	return low;
}

/* Carry what was learnt of the lower 32 bits back, where they are the whole value. */
static bool carry_back(struct num *a, const struct num *low, bool sign)
{
	struct num plain = num_truncate(low, 32);

	/* A signed view that spans zero is two unsigned intervals: keep a as it is. */
	if (a->umax > UINT32_MAX || (sign && low->smin < 0 && low->smax >= 0))
		return true;
	return num_meet(a, &plain);
}

bool num_branch(unsigned int op, bool narrow, bool taken, struct num *a, struct num *b)
{
	bool sign = is_signed(op);
	struct num x = *a, y = *b;

	if (narrow) {
		x = narrowed(a, sign);
		y = narrowed(b, sign);
	}
	if (op == BPF_JSET) {
		if (!bits_set(taken, &x, &y))
			return false;
	} else if (!holds(taken ? op : negate(op), &x, &y)) {
		return false;
	}
	if (narrow)
		return carry_back(a, &x, sign) && carry_back(b, &y, sign);
	*a = x;
	*b = y;
	return true;
}
