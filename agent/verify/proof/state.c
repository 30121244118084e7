// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Abstract machine states of the reader. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/bpf.h>

#include "verify/proof/state.h"

unsigned int facts_ranges(enum fact fact, struct scalar ranges[FACTS_RANGES])
{
	/*
	 * The last value of each range; the first is the one after the range before. They are
	 * blocks of values that differ in lower bits only, so that masks keep them apart.
	 */
	static const __u16 last[FACTS][FACTS_RANGES] = {
		/* Versions other than 4, and each IHL of version 4. */
		{0x3f, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
		 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x5f, 0x6f, 0x7f, 0xff},
		/* TCP, 6, and what is not. */
		{3, 5, 6, 7, 15, 31, 63, 127, 255},
		/* Each number of words in the header. */
		{0x0f, 0x1f, 0x2f, 0x3f, 0x4f, 0x5f, 0x6f, 0x7f, 0x8f, 0x9f, 0xaf, 0xbf, 0xcf, 0xdf,
		 0xef, 0xff},
		/* 262 is MPTCP, which is TCP on the wire, and the last that there is. */
		{3, 5, 6, 7, 15, 31, 63, 127, 255, 259, 261, 262},
	};
	unsigned int count = 0;

	for (__u64 from = 0; count < FACTS_RANGES && last[fact][count]; count++) {
		ranges[count] = scalar_range(from, last[fact][count]);
		from = last[fact][count] + 1;
	}
	return count;
}

bool facts_know(const struct facts *f, enum fact fact, struct scalar *range)
{
	struct scalar ranges[FACTS_RANGES];

	if (!f->range[fact])
		return false;
	facts_ranges(fact, ranges);
	*range = ranges[f->range[fact] - 1];
	return true;
}

struct value value_scalar(struct scalar scalar)
{
	return (struct value){.kind = VALUE_SCALAR, .scalar = scalar};
}

struct value value_pointer(enum value_kind kind, int ref)
{
	return (struct value){.kind = kind, .ref = ref, .scalar = scalar_const(0)};
}

bool value_is_null(const struct value *v)
{
	return v->kind == VALUE_SCALAR && !v->scalar.hi;
}

size_t state_size(const struct state *s)
{
	return offsetof(struct state, cell) + s->count * sizeof(s->cell[0]);
}

void state_copy(struct state *to, const struct state *from)
{
	memcpy(to, from, state_size(from));
}

/* Bytes from..from+size-1 of a value that has more. */
static struct value part(const struct value *v, int from, int size)
{
	struct scalar by = scalar_const(from * 8), scalar;

	if (v->kind != VALUE_SCALAR)
		return value_pointer(VALUE_LOST, 0);
	scalar = scalar_alu(BPF_RSH, false, &v->scalar, &by);
	return value_scalar(scalar_truncate(&scalar, size * 8));
}

/* How many of a cell's bytes are among these. */
static int overlap(const struct cell *c, int frame, int offset, int size)
{
	int from = c->offset > offset ? c->offset : offset;
	int to = c->offset + c->size < offset + size ? c->offset + c->size : offset + size;

	return c->frame == frame && from < to ? to - from : 0;
}

struct value state_load(const struct state *s, int frame, int offset, int size)
{
	int written = 0;

	for (int i = 0; i < s->count; i++) {
		const struct cell *c = &s->cell[i];
		int bytes = overlap(c, frame, offset, size);

		if (!bytes)
			continue;
		if (c->offset == offset && c->size == size)
			return c->value;
		if (c->value.kind != VALUE_SCALAR)
			return value_pointer(VALUE_LOST, 0);
		if (bytes == size)
			return part(&c->value, offset - c->offset, size);
		written += bytes;
	}
	return written == size ? value_scalar(scalar_sized(size))
			       : (struct value){.kind = VALUE_NONE};
}

struct cell *state_cell(struct state *s, int frame, int offset, int size)
{
	for (int i = 0; i < s->count; i++)
		if (s->cell[i].frame == frame && s->cell[i].offset == offset &&
		    s->cell[i].size == size)
			return &s->cell[i];
	return NULL;
}

static bool add_cell(struct state *s, int frame, int offset, int size, const struct value *v)
{
	if (s->count == STATE_CELLS)
		return false;
	s->cell[s->count++] = (struct cell){frame, offset, size, *v};
	return true;
}

/* Cells that reach over the edge of these bytes keep what lies outside, byte by byte. */
static bool cut(struct state *s, int frame, int offset, int size)
{
	for (int i = 0; i < s->count;) {
		struct cell c = s->cell[i];

		if (!overlap(&c, frame, offset, size)) {
			i++;
			continue;
		}
		s->cell[i] = s->cell[--s->count];
		for (int at = 0; at < c.size; at++) {
			struct value byte = part(&c.value, at, 1);

			if (c.offset + at >= offset && c.offset + at < offset + size)
				continue;
			if (!add_cell(s, frame, c.offset + at, 1, &byte))
				return false;
		}
	}
	return true;
}

bool state_store(struct state *s, int frame, int offset, int size, const struct value *v)
{
	return cut(s, frame, offset, size) && add_cell(s, frame, offset, size, v);
}

void state_blur(struct state *s, int frame, int offset, int size)
{
	for (int i = 0; i < s->count; i++) {
		struct cell *c = &s->cell[i];

		if (!overlap(c, frame, offset, size))
			continue;
		c->value = c->value.kind == VALUE_SCALAR ? value_scalar(scalar_sized(c->size))
							 : value_pointer(VALUE_LOST, 0);
	}
}

bool state_fill(struct state *s, int frame, int offset, int size)
{
	int end = offset + size;

	if (!cut(s, frame, offset, size))
		return false;
	while (offset < end) {
		int bytes = 8;
		struct value v;

		while (offset % bytes || offset + bytes > end)
			bytes /= 2;
		v = value_scalar(scalar_sized(bytes));
		if (!add_cell(s, frame, offset, bytes, &v))
			return false;
		offset += bytes;
	}
	return true;
}

bool state_is_data(const struct state *s, int frame, int offset, int size)
{
	int written = 0;

	for (int i = 0; i < s->count; i++) {
		int bytes = overlap(&s->cell[i], frame, offset, size);

		if (bytes && s->cell[i].value.kind != VALUE_SCALAR)
			return false;
		written += bytes;
	}
	return written == size;
}

bool state_enter(struct state *s, int site)
{
	if (s->depth + 1 == STATE_DEPTH)
		return false;
	for (int r = 6; r < 10; r++)
		if (!state_store(s, s->depth, (r - 6) * 8, 8, &s->reg[r]))
			return false;
	s->site[s->depth++] = site;
	for (int r = 6; r < 10; r++)
		s->reg[r] = (struct value){.kind = VALUE_NONE};
	s->reg[0] = (struct value){.kind = VALUE_NONE};
	s->reg[10] = value_pointer(VALUE_STACK, s->depth);
	return true;
}

void state_leave(struct state *s)
{
	struct value *v;
	int gone = s->depth;

	for (int i = 0; i < s->count;)
		if (s->cell[i].frame == gone)
			s->cell[i] = s->cell[--s->count];
		else
			i++;
	/* Pointers to the frame that is gone point to nothing. */
	for (int i = 0; (v = state_value(s, i)); i++)
		if (v->kind == VALUE_STACK && v->ref == gone)
			*v = value_pointer(VALUE_LOST, 0);
	s->site[--s->depth] = 0;
	for (int r = 1; r < 6; r++)
		s->reg[r] = (struct value){.kind = VALUE_NONE};
	for (int r = 6; r < 10; r++) {
		s->reg[r] = state_load(s, s->depth, (r - 6) * 8, 8);
		cut(s, s->depth, (r - 6) * 8, 8);
	}
	s->reg[10] = value_pointer(VALUE_STACK, s->depth);
}

struct value *state_value(struct state *s, int index)
{
	if (index < STATE_REGS)
		return &s->reg[index];
	index -= STATE_REGS;
	return index < s->count ? &s->cell[index].value : NULL;
}

void state_name(struct state *s, struct value *v, __u32 id)
{
	struct value *other;

	if (v->id)
		return;
	/* What had this id, an earlier turn's value, is no longer known to be equal. */
	for (int i = 0; (other = state_value(s, i)); i++)
		if (other->id == id)
			other->id = 0;
	v->id = id;
}

static struct value join(const struct value *a, const struct value *b, bool widen)
{
	struct value r = *a;

	r.id = a->id == b->id ? a->id : 0;
	if (a->kind == VALUE_NONE || b->kind == VALUE_NONE)
		return (struct value){.kind = VALUE_NONE};
	if (a->kind == b->kind && a->ref == b->ref)
		r.scalar = widen ? scalar_widen(&a->scalar, &b->scalar)
				 : scalar_join(&a->scalar, &b->scalar);
	else if (a->kind != VALUE_SCALAR && value_is_null(b))
		return r;
	else if (b->kind != VALUE_SCALAR && value_is_null(a))
		r.kind = b->kind, r.ref = b->ref, r.scalar = b->scalar;
	else
		r = value_pointer(VALUE_LOST, 0);
	return r;
}

static bool join_value(struct value *into, const struct value *from, bool widen)
{
	struct value was = *into;

	*into = join(into, from, widen);
	return memcmp(into, &was, sizeof(was));
}

bool state_join(struct state *into, const struct state *from, bool widen)
{
	bool grew = false;

	for (int r = 0; r < STATE_REGS; r++)
		grew |= join_value(&into->reg[r], &from->reg[r], widen);
	for (int i = 0; i < into->count;) {
		struct cell *c = &into->cell[i];
		struct value other = state_load(from, c->frame, c->offset, c->size);

		grew |= join_value(&c->value, &other, widen);
		/* Bytes that one of the two never wrote are as if neither had. */
		if (c->value.kind == VALUE_NONE)
			*c = into->cell[--into->count];
		else
			i++;
	}
	return grew;
}
