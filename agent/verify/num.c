// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Abstract numbers: construction, lattice and arithmetic. */
#include <limits.h>
#include <stdint.h>
#include <linux/bpf.h>

#include "num.h"

/* All bits up to the highest one that is set in x. */
static __u64 smear(__u64 x)
{
	return x ? UINT64_MAX >> __builtin_clzll(x) : 0;
}

static __u64 gcd(__u64 a, __u64 b)
{
	while (b) {
		__u64 rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* A step, with `first` reduced so that equal sets look equal. */
static void set_step(struct num *a, __u64 step, __u64 first)
{
	a->step = step;
	a->first = step ? first % step : first;
}

/* Bounds move to the nearest value that the step allows; false if there is none. */
static bool settle_step(struct num *a)
{
	if (a->umin == a->umax) {
		if (a->step > 1 && a->umin % a->step != a->first)
			return false;
		set_step(a, 0, a->umin);
		return true;
	}
	if (a->step <= 1)
		return a->step || (a->first >= a->umin && a->first <= a->umax);
	if (a->umax < a->first)
		return false;
	a->umax -= (a->umax - a->first) % a->step;
	if (a->umin <= a->first)
		a->umin = a->first;
	else
		a->umin += (a->step - (a->umin - a->first) % a->step) % a->step;
	return a->umin <= a->umax;
}

/* Let each of the views narrow the others; false if nothing is left. */
static bool settle(struct num *a)
{
	for (int round = 0; round < 2; round++) {
		__u64 known = ~smear(a->umin ^ a->umax);

		/* Leading bits that both unsigned bounds share are known. */
		if ((a->bits ^ a->umin) & known & ~a->mask)
			return false;
		a->bits |= a->umin & known;
		a->mask &= ~known;
		if (a->bits > a->umin)
			a->umin = a->bits;
		if ((a->bits | a->mask) < a->umax)
			a->umax = a->bits | a->mask;
		if (a->umin > a->umax)
			return false;
		/* Unsigned bounds on one side of the sign bit are signed bounds too. */
		if ((__s64)a->umin <= (__s64)a->umax) {
			if ((__s64)a->umin > a->smin)
				a->smin = a->umin;
			if ((__s64)a->umax < a->smax)
				a->smax = a->umax;
		}
		if (a->smin > a->smax)
			return false;
		if ((a->smin < 0) == (a->smax < 0)) {
			if ((__u64)a->smin > a->umin)
				a->umin = a->smin;
			if ((__u64)a->smax < a->umax)
				a->umax = a->smax;
		}
		if (a->umin > a->umax || !settle_step(a))
			return false;
	}
	return true;
}

struct num num_any(void)
{
	return (struct num){0, UINT64_MAX, INT64_MIN, INT64_MAX, 0, UINT64_MAX, 1, 0};
}

struct num num_const(__u64 value)
{
	return (struct num){value, value, value, value, value, 0, 0, value};
}

struct num num_range(__u64 lo, __u64 hi)
{
	struct num a = num_any();

	a.umin = lo;
	a.umax = hi;
	settle(&a);
	return a;
}

struct num num_signed(__s64 lo, __s64 hi)
{
	struct num a = num_any();

	a.smin = lo;
	a.smax = hi;
	settle(&a);
	return a;
}

struct num num_sized(unsigned int bytes)
{
	return bytes >= 8 ? num_any() : num_range(0, (1ULL << (bytes * 8)) - 1);
}

/* Known bits alone. */
static struct num from_bits(__u64 bits, __u64 mask)
{
	struct num a = num_any();

	a.bits = bits & ~mask;
	a.mask = mask;
	settle(&a);
	return a;
}

bool num_is_const(const struct num *a)
{
	return a->umin == a->umax;
}

bool num_has(const struct num *a, __u64 value)
{
	return value >= a->umin && value <= a->umax && (__s64)value >= a->smin &&
	       (__s64)value <= a->smax && !((value ^ a->bits) & ~a->mask) &&
	       (a->step ? value % a->step == a->first : value == a->first);
}

bool num_equal(const struct num *a, const struct num *b)
{
	return a->umin == b->umin && a->umax == b->umax && a->smin == b->smin &&
	       a->smax == b->smax && a->bits == b->bits && a->mask == b->mask &&
	       a->step == b->step && a->first == b->first;
}

struct num num_truncate(const struct num *a, unsigned int width)
{
	__u64 low;
	struct num r;

	if (width >= 64)
		return *a;
	low = (1ULL << width) - 1;
	if (a->umax <= low)
		return *a;
	r = from_bits(a->bits & low, a->mask & low);
	/* Bounds survive where the bits cut off are the same in both. */
	if (a->umin >> width == a->umax >> width) {
		struct num bounds = num_range(a->umin & low, a->umax & low);

		num_meet(&r, &bounds);
	}
	return r;
}

struct num num_join(const struct num *a, const struct num *b)
{
	__u64 mask = a->mask | b->mask | (a->bits ^ b->bits);
	__u64 apart = a->first > b->first ? a->first - b->first : b->first - a->first;
	struct num r = {
		.umin = a->umin < b->umin ? a->umin : b->umin,
		.umax = a->umax > b->umax ? a->umax : b->umax,
		.smin = a->smin < b->smin ? a->smin : b->smin,
		.smax = a->smax > b->smax ? a->smax : b->smax,
		.bits = a->bits & ~mask,
		.mask = mask,
	};

	set_step(&r, gcd(gcd(a->step, b->step), apart), a->first);
	return r;
}

/* The next of a few round bounds at or above x: those at which loops tend to end. */
static __u64 round_up(__u64 x)
{
	static const __u64 steps[] = {
		15,  16,   31,	 32,   63,   64,     127,      128,	  255,	      256,
		511, 1023, 1024, 4095, 4096, 0xffff, 0xffffff, INT32_MAX, UINT32_MAX,
	};

	for (unsigned int i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (x <= steps[i])
			return steps[i];
	return x <= INT64_MAX ? INT64_MAX : UINT64_MAX;
}

struct num num_widen(const struct num *old, const struct num *new)
{
	struct num r = num_join(old, new);

	if (r.umin < old->umin)
		r.umin = 0;
	if (r.umax > old->umax)
		r.umax = round_up(r.umax);
	if (r.smin < old->smin)
		r.smin = r.smin >= 0 ? 0 : r.smin >= INT32_MIN ? INT32_MIN : INT64_MIN;
	if (r.smax > old->smax)
		r.smax = r.smax < 0 ? -1 : (__s64)(round_up(r.smax) & INT64_MAX);
	/* Unknown bits jump up, but low bits that stay zero (alignment) are kept. */
	if (r.mask != old->mask) {
		__u64 low = r.mask & -r.mask;

		r.mask |= round_up(smear(r.mask)) & ~(low - 1);
		r.bits &= ~r.mask;
	}
	return r;
}

bool num_meet(struct num *a, const struct num *b)
{
	struct num r = *a;

	if ((a->bits ^ b->bits) & ~a->mask & ~b->mask)
		return false;
	r.umin = a->umin > b->umin ? a->umin : b->umin;
	r.umax = a->umax < b->umax ? a->umax : b->umax;
	r.smin = a->smin > b->smin ? a->smin : b->smin;
	r.smax = a->smax < b->smax ? a->smax : b->smax;
	r.mask = a->mask & b->mask;
	r.bits = (a->bits | b->bits) & ~r.mask;
	/* Of two steps the wider one is kept, of a constant and a step the constant. */
	if (a->step && (!b->step || b->step > a->step))
		set_step(&r, b->step, b->first);
	if (!settle(&r))
		return false;
	*a = r;
	return true;
}

/* Put bounds onto r; where they contradict it, r alone already is sound. */
static void with_range(struct num *r, __u64 lo, __u64 hi)
{
	struct num b = num_range(lo, hi);

	num_meet(r, &b);
}

static void with_signed(struct num *r, __s64 lo, __s64 hi)
{
	struct num b = num_signed(lo, hi);

	num_meet(r, &b);
}

/* Put a step onto r; the greatest sums of two remainders fit, since steps are small. */
static void with_step(struct num *r, __u64 step, __u64 first)
{
	struct num b = num_any();

	if (step > UINT32_MAX)
		return;
	set_step(&b, step, first);
	num_meet(r, &b);
}

static struct num add(const struct num *a, const struct num *b)
{
	__u64 low = a->bits + b->bits;
	__u64 high = low + a->mask + b->mask;
	__u64 mask = (low ^ high) | a->mask | b->mask;
	struct num r = from_bits(low & ~mask, mask);
	__u64 lo, hi;
	__s64 slo, shi;

	/* Bounds hold if neither sum wraps, or both do. */
	if (__builtin_add_overflow(a->umin, b->umin, &lo) ==
	    __builtin_add_overflow(a->umax, b->umax, &hi))
		with_range(&r, lo, hi);
	if (!__builtin_add_overflow(a->smin, b->smin, &slo) &&
	    !__builtin_add_overflow(a->smax, b->smax, &shi))
		with_signed(&r, slo, shi);
	if (!__builtin_add_overflow(a->umax, b->umax, &hi)) {
		__u64 step = gcd(a->step, b->step);

		with_step(&r, step, step ? a->first % step + b->first % step : r.umin);
	}
	return r;
}

static struct num sub(const struct num *a, const struct num *b)
{
	__u64 diff = a->bits - b->bits;
	__u64 mask = ((diff + a->mask) ^ (diff - b->mask)) | a->mask | b->mask;
	struct num r = from_bits(diff & ~mask, mask);
	__u64 lo, hi;
	__s64 slo, shi;

	if (__builtin_sub_overflow(a->umin, b->umax, &lo) ==
	    __builtin_sub_overflow(a->umax, b->umin, &hi))
		with_range(&r, lo, hi);
	if (!__builtin_sub_overflow(a->smin, b->smax, &slo) &&
	    !__builtin_sub_overflow(a->smax, b->smin, &shi))
		with_signed(&r, slo, shi);
	if (a->umin >= b->umax) {
		__u64 step = gcd(a->step, b->step);

		with_step(&r, step, step ? a->first % step + step - b->first % step : r.umin);
	}
	return r;
}

static unsigned int low_zeros(const struct num *a)
{
	__u64 maybe = a->bits | a->mask;

	return maybe ? __builtin_ctzll(maybe) : 64;
}

static struct num mul(const struct num *a, const struct num *b)
{
	unsigned int zeros = low_zeros(a) + low_zeros(b);
	struct num r;
	__u64 lo, hi;

	if (num_is_const(a) && num_is_const(b))
		return num_const(a->umin * b->umin);
	r = zeros >= 64 ? num_const(0) : from_bits(0, UINT64_MAX << zeros);
	if (!__builtin_mul_overflow(a->umax, b->umax, &hi)) {
		lo = a->umin * b->umin;
		with_range(&r, lo, hi);
		/* Without overflow a constant factor makes steps of its size or more. */
		if (num_is_const(b) && b->umin <= UINT32_MAX && a->step <= UINT32_MAX)
			with_step(&r, a->step * b->umin, a->first * b->umin);
	}
	if (a->smin >= INT32_MIN && a->smax <= INT32_MAX && b->smin >= INT32_MIN &&
	    b->smax <= INT32_MAX) {
		__s64 p[] = {a->smin * b->smin, a->smin * b->smax, a->smax * b->smin,
			     a->smax * b->smax};
		__s64 slo = p[0], shi = p[0];

		for (int i = 1; i < 4; i++) {
			slo = p[i] < slo ? p[i] : slo;
			shi = p[i] > shi ? p[i] : shi;
		}
		with_signed(&r, slo, shi);
	}
	return r;
}

/* Division by zero yields zero in BPF. */
static struct num divide(const struct num *a, const struct num *b)
{
	if (!b->umin)
		return num_range(0, a->umax);
	return num_range(a->umin / b->umax, a->umax / b->umin);
}

/* Modulo zero leaves the dividend as it is. */
static struct num modulo(const struct num *a, const struct num *b)
{
	if (num_is_const(a) && num_is_const(b))
		return num_const(b->umin ? a->umin % b->umin : a->umin);
	if (b->umin && a->umax < b->umin)
		return *a;
	if (!b->umin)
		return num_range(0, a->umax);
	return num_range(0, a->umax < b->umax - 1 ? a->umax : b->umax - 1);
}

static struct num bit_and(const struct num *a, const struct num *b)
{
	__u64 one = (a->bits | a->mask) & (b->bits | b->mask);
	__u64 sure = a->bits & b->bits;
	struct num r = from_bits(sure, one & ~sure);

	with_range(&r, 0, a->umax < b->umax ? a->umax : b->umax);
	return r;
}

static struct num bit_or(const struct num *a, const struct num *b)
{
	__u64 sure = a->bits | b->bits;
	struct num r = from_bits(sure, (a->mask | b->mask) & ~sure);

	with_range(&r, a->umin > b->umin ? a->umin : b->umin, smear(a->umax | b->umax));
	return r;
}

static struct num bit_xor(const struct num *a, const struct num *b)
{
	__u64 mask = a->mask | b->mask;
	struct num r = from_bits((a->bits ^ b->bits) & ~mask, mask);

	with_range(&r, 0, smear(a->umax | b->umax));
	return r;
}

/* The shift counts below are already within 0..width-1. */
static struct num shift_left(const struct num *a, const struct num *by)
{
	struct num r;

	if (num_is_const(by))
		r = from_bits(a->bits << by->umin, a->mask << by->umin);
	else
		r = from_bits(0, UINT64_MAX << by->umin << (low_zeros(a) & 63));
	if (low_zeros(a) == 64)
		return num_const(0);
	if (a->umax << by->umax >> by->umax == a->umax)
		with_range(&r, a->umin << by->umin, a->umax << by->umax);
	if (num_is_const(by) && a->umax << by->umin >> by->umin == a->umax &&
	    a->step <= UINT32_MAX && by->umin < 32)
		with_step(&r, a->step << by->umin, a->first << by->umin);
	return r;
}

static struct num shift_right(const struct num *a, const struct num *by)
{
	struct num r = num_any();

	if (num_is_const(by))
		r = from_bits(a->bits >> by->umin, a->mask >> by->umin);
	with_range(&r, a->umin >> by->umax, a->umax >> by->umin);
	return r;
}

static struct num shift_signed(const struct num *a, const struct num *by)
{
	struct num r = num_any();

	if (num_is_const(by)) {
		__u64 mask = (__s64)a->mask >> by->umin;

		r = from_bits((__u64)((__s64)a->bits >> by->umin) & ~mask, mask);
	}
	with_signed(&r, a->smin >> (a->smin < 0 ? by->umin : by->umax),
		    a->smax >> (a->smax < 0 ? by->umax : by->umin));
	return r;
}

/* The lower 32 bits, sign-extended. */
static struct num sign_extend(const struct num *a)
{
	struct num low = num_truncate(a, 32);
	struct num k = num_const(32);
	struct num up = shift_left(&low, &k);

	return shift_signed(&up, &k);
}

/* What a count does after the masking that shifts apply to it. */
static struct num shift_count(const struct num *b, unsigned int width)
{
	struct num limit = num_const(width - 1);

	return bit_and(b, &limit);
}

bool num_alu(unsigned int op, bool narrow, const struct num *a, const struct num *b,
	     struct num *result)
{
	unsigned int width = narrow ? 32 : 64;
	struct num x = num_truncate(a, width);
	struct num y = num_truncate(b, width);
	struct num count = shift_count(&y, width);
	struct num r;

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
	case BPF_DIV:
		r = divide(&x, &y);
		break;
	case BPF_MOD:
		r = modulo(&x, &y);
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
	case BPF_ARSH:
		if (narrow)
			x = sign_extend(&x);
		r = shift_signed(&x, &count);
		break;
	default:
		return false;
	}
	*result = num_truncate(&r, width);
	return true;
}

struct num num_endian(const struct num *a, unsigned int width, bool swap)
{
	struct num r = num_truncate(a, width);

	if (!swap)
		return r;
	return from_bits(__builtin_bswap64(r.bits) >> (64 - width),
			 __builtin_bswap64(r.mask) >> (64 - width));
}
