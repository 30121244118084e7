// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Facts about the packet's header bytes, and functions of them. */
#include <stdint.h>
#include <string.h>
#include <linux/in.h>

#include "header.h"

void facts_init(struct facts *f)
{
	memset(f, 0, sizeof(*f));
	memset(f->set, 0xff, sizeof(f->set));
}

static bool has(const __u64 *set, unsigned int value)
{
	return set[value / 64] >> (value % 64) & 1;
}

bool facts_have(const struct facts *f, enum header_byte byte, unsigned int value)
{
	/* Nothing is known of byte 6 while the packet may be another version's. */
	if (byte == HEADER_NEXT)
		for (unsigned int v = 0; v < HEADER_VALUES; v++)
			if (v >> 4 != 6 && has(f->set[HEADER_VERSION], v))
				return true;
	return has(f->set[byte], value);
}

bool facts_version(const struct facts *f, unsigned int version)
{
	for (unsigned int v = version << 4; v < (version + 1) << 4; v++)
		if (has(f->set[HEADER_VERSION], v))
			return true;
	return false;
}

bool facts_next(const struct facts *f, unsigned int value)
{
	return has(f->set[HEADER_NEXT], value);
}

bool facts_located(const struct facts *f)
{
	for (unsigned int v = 0; v < HEADER_VALUES; v++)
		if (has(f->set[HEADER_VERSION], v) && v >> 4 != 6 && (v >> 4 != 4 || (v & 15) < 5))
			return false;
	for (unsigned int v = 0; v < HEADER_VALUES; v++)
		if (v != IPPROTO_TCP && facts_next(f, v))
			return false;
	return true;
}

/* The sets again agree: byte 6 is spoken of for IPv6 alone; false if no packet is left. */
static bool settle(struct facts *f)
{
	__u64 any = 0, next = 0;

	for (int i = 0; i < HEADER_VALUES / 64; i++)
		next |= f->set[HEADER_NEXT][i];
	if (!next)
		f->set[HEADER_VERSION][1] &= ~(0xffffULL << 32); /* 0x60 to 0x6f */
	if (!facts_version(f, 6))
		memset(f->set[HEADER_NEXT], 0, sizeof(f->set[HEADER_NEXT]));
	for (int i = 0; i < HEADER_VALUES / 64; i++)
		any |= f->set[HEADER_VERSION][i];
	return any;
}

void facts_join(struct facts *into, const struct facts *from)
{
	for (int b = 0; b < HEADER_BYTES; b++)
		for (int i = 0; i < HEADER_VALUES / 64; i++)
			into->set[b][i] |= from->set[b][i];
	into->tcp &= from->tcp;
}

bool facts_meet(struct facts *into, const struct facts *with)
{
	for (int b = 0; b < HEADER_BYTES; b++)
		for (int i = 0; i < HEADER_VALUES / 64; i++)
			into->set[b][i] &= with->set[b][i];
	into->tcp |= with->tcp;
	return settle(into);
}

void header_table_init(struct header_table *t)
{
	memset(t->value[0], 0, sizeof(t->value[0]));
	for (unsigned int v = 0; v < HEADER_VALUES; v++)
		t->value[HEADER_IDENTITY][v] = v;
	t->count = HEADER_IDENTITY + 1;
}

bool header_function(struct header_table *t, const __u64 value[HEADER_VALUES], __u16 *fn)
{
	unsigned int i;

	for (i = 0; i < t->count; i++)
		if (!memcmp(t->value[i], value, sizeof(t->value[i])))
			break;
	if (i == HEADER_FUNCTIONS)
		return false;
	if (i == t->count)
		memcpy(t->value[t->count++], value, sizeof(t->value[0]));
	*fn = i;
	return true;
}

void header_bounds(const struct header_table *t, const struct facts *f, enum header_byte byte,
		   __u16 fn, __s64 *lo, __s64 *hi)
{
	*lo = INT64_MAX;
	*hi = INT64_MIN;
	for (unsigned int v = 0; v < HEADER_VALUES; v++) {
		__s64 x = t->value[fn][v];

		if (!facts_have(f, byte, v))
			continue;
		*lo = x < *lo ? x : *lo;
		*hi = x > *hi ? x : *hi;
	}
	if (*lo > *hi)
		*lo = *hi = 0;
}

static bool passes(const struct header_table *t, const struct header_test *test, unsigned int v)
{
	struct num a = num_const(t->value[test->fn][v] + test->add);
	struct num k = num_const(test->k);

	return num_branch(test->op, test->narrow, test->taken, &a, &k);
}

bool facts_filter(struct facts *f, const struct header_table *t, const struct header_test *test)
{
	bool left = false;

	for (unsigned int v = 0; v < HEADER_VALUES; v++) {
		if (!facts_have(f, test->byte, v))
			continue;
		if (passes(t, test, v))
			left = true;
		else
			f->set[test->byte][v / 64] &= ~(1ULL << (v % 64));
	}
	return left && settle(f);
}
