// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Stack frames: pieces, loads, stores and joins. */
#include <stdint.h>
#include <string.h>
#include <linux/bpf.h>

#include "frame.h"

static size_t frame_size(__u32 room)
{
	return sizeof(struct frame) + room * sizeof(struct piece);
}

struct frame *frame_new(struct machine *m, __u32 room)
{
	struct frame *f = pool_alloc(&m->pool, frame_size(room));

	f->refs = 1;
	f->room = room;
	return f;
}

struct frame *frame_share(struct frame *f)
{
	f->refs++;
	return f;
}

void frame_drop(struct machine *m, struct frame *f)
{
	if (f && !--f->refs)
		pool_free(&m->pool, f, frame_size(f->room));
}

void frame_own(struct machine *m, struct frame **f, __u32 more)
{
	struct frame *old = *f, *new;

	if (old->refs == 1 && old->count + more <= old->room)
		return;
	new = frame_new(m, old->count + more + 4);
	new->count = old->count;
	memcpy(new->piece, old->piece, old->count * sizeof(old->piece[0]));
	frame_drop(m, old);
	*f = new;
}

bool frame_equal(const struct frame *a, const struct frame *b)
{
	return a == b || (a->count == b->count &&
			  !memcmp(a->piece, b->piece, a->count * sizeof(a->piece[0])));
}

struct value piece_part(const struct piece *p, int from, int size)
{
	struct num by = num_const(from * 8);
	__u16 taint = p->value.taint;
	struct num part;

	if (p->value.kind != VALUE_SCALAR)
		return value_scalar(num_sized(size), taint_part(taint_all(taint), 0, size));
	num_alu(BPF_RSH, false, &p->value.num, &by, &part);
	return value_scalar(num_truncate(&part, size * 8), taint_part(taint, from, size));
}

static void append(struct frame *f, int offset, int size, const struct value *v)
{
	struct piece *last = f->count ? &f->piece[f->count - 1] : NULL;

	/* Neighbours of one taint are one piece, so that equal frames look equal. */
	if (last && last->value.kind == VALUE_BYTES && v->kind == VALUE_BYTES &&
	    last->value.taint == v->taint && last->offset + last->size == offset) {
		last->size += size;
		return;
	}
	f->piece[f->count++] = (struct piece){.offset = offset, .size = size, .value = *v};
}

/* What is left of a piece that is cut. */
static void append_rest(struct frame *f, const struct piece *p, int lo, int hi)
{
	struct value v = value_bytes(taint_all(p->value.taint));

	if (lo >= hi)
		return;
	if (p->offset == lo && p->offset + p->size == hi)
		v = p->value;
	append(f, lo, hi - lo, &v);
}

/* The common case: a piece of the same place is there already. */
static bool replace_piece(struct machine *m, struct frame **f, int offset, int size,
			  const struct value *v)
{
	if (v->kind == VALUE_BYTES)
		return false;
	for (__u32 i = 0; i < (*f)->count; i++) {
		if ((*f)->piece[i].offset != offset || (*f)->piece[i].size != size)
			continue;
		frame_own(m, f, 0);
		(*f)->piece[i].value = *v;
		return true;
	}
	return false;
}

void state_store(struct machine *m, struct state *s, int frame, int offset, int size,
		 const struct value *v)
{
	struct frame *old = s->frame[frame], *new;
	bool placed = false;

	if (replace_piece(m, &s->frame[frame], offset, size, v))
		return;
	new = frame_new(m, old->count + 3);
	for (__u32 i = 0; i < old->count; i++) {
		const struct piece *p = &old->piece[i];
		int end = p->offset + p->size;

		append_rest(new, p, p->offset, end < offset ? end : offset);
		if (!placed && end > offset) {
			append(new, offset, size, v);
			placed = true;
		}
		append_rest(new, p, p->offset > offset + size ? p->offset : offset + size, end);
	}
	if (!placed)
		append(new, offset, size, v);
	frame_drop(m, old);
	s->frame[frame] = new;
}

void state_blur(struct machine *m, struct state *s, int frame, int offset, int size, __u16 taint)
{
	struct frame *old = s->frame[frame];
	struct frame *new = frame_new(m, old->count + 2);

	for (__u32 i = 0; i < old->count; i++) {
		const struct piece *p = &old->piece[i];
		struct value v = p->value;

		if (p->offset < offset + size && p->offset + p->size > offset) {
			__u16 worse = taint_all(v.taint | taint);

			v = value_is_scalar(&v) ? value_bytes(worse)
						: value_pointer(VALUE_LOST, 0, true);
			v.taint = worse;
		}
		append(new, p->offset, p->size, &v);
	}
	frame_drop(m, old);
	s->frame[frame] = new;
}

struct value state_load(const struct state *s, int frame, int offset, int size)
{
	const struct frame *f = s->frame[frame];
	struct value sum = value_scalar(num_const(0), TAINT_NONE);
	int covered = 0;

	for (__u32 i = 0; i < f->count; i++) {
		const struct piece *p = &f->piece[i];
		int lo = p->offset > offset ? p->offset : offset;
		int hi = p->offset + p->size < offset + size ? p->offset + p->size : offset + size;
		struct num by = num_const((lo - offset) * 8);
		struct value part;

		if (lo >= hi)
			continue;
		if (p->offset == offset && p->size == size && p->value.kind != VALUE_BYTES)
			return p->value;
		covered += hi - lo;
		part = piece_part(p, lo - p->offset, hi - lo > 8 ? 8 : hi - lo);
		sum.taint |= size > 8 ? taint_all(part.taint) : part.taint << (2 * (lo - offset));
		num_alu(BPF_LSH, false, &part.num, &by, &part.num);
		num_alu(BPF_OR, false, &part.num, &sum.num, &sum.num);
	}
	if (covered < size)
		memset(&sum, 0, sizeof(sum));
	else if (size > 8)
		sum = value_bytes(sum.taint);
	return sum;
}

/* The piece that holds byte `offset`, from *at on, or NULL. */
static const struct piece *piece_at(const struct frame *f, __u32 *at, int offset)
{
	while (*at < f->count && f->piece[*at].offset + f->piece[*at].size <= offset)
		++*at;
	return *at < f->count && f->piece[*at].offset <= offset ? &f->piece[*at] : NULL;
}

static bool same_place(const struct piece *a, const struct piece *b)
{
	return a->offset == b->offset && a->size == b->size;
}

/* The value of a stretch in which two different pieces overlap. */
static struct value overlap(const struct value *a, const struct value *b)
{
	__u16 taint = taint_all(a->taint | b->taint);
	struct value v = value_bytes(taint);

	if (!value_is_scalar(a) || !value_is_scalar(b)) {
		v = value_pointer(VALUE_LOST, 0, true);
		v.taint = taint;
	}
	return v;
}

static void join_pieces(struct machine *m, struct frame *new, struct side sa, struct side sb,
			const struct frame *a, const struct frame *b, bool widen)
{
	__u32 i = 0, j = 0;
	int offset = INT16_MIN;

	while (i < a->count && j < b->count) {
		const struct piece *p, *q;
		struct value v;
		int end_p, end_q;

		/* The next byte that both have. */
		offset = a->piece[i].offset > offset ? a->piece[i].offset : offset;
		offset = b->piece[j].offset > offset ? b->piece[j].offset : offset;
		p = piece_at(a, &i, offset);
		q = piece_at(b, &j, offset);
		if (!p || !q)
			continue;
		end_p = p->offset + p->size;
		end_q = q->offset + q->size;
		if (same_place(p, q)) {
			sa.value = &p->value;
			sb.value = &q->value;
			v = value_join(&m->headers, sa, sb, widen);
		} else {
			v = overlap(&p->value, &q->value);
		}
		end_p = end_p < end_q ? end_p : end_q;
		append(new, offset, end_p - offset, &v);
		offset = end_p;
		piece_at(a, &i, offset);
		piece_at(b, &j, offset);
	}
}

struct frame *frame_join(struct machine *m, struct frame *a, const struct facts *facts_a,
			 const struct frame *b, const struct facts *facts_b, bool widen)
{
	struct frame *new;
	struct side sa = {.facts = facts_a}, sb = {.facts = facts_b};

	if (frame_equal(a, b))
		return frame_share(a);
	new = frame_new(m, 2 * (a->count + b->count) + 1);
	join_pieces(m, new, sa, sb, a, b, widen);
	return new;
}

bool frame_join_loses(struct machine *m, const struct frame *a, const struct facts *facts_a,
		      const struct frame *b, const struct facts *facts_b)
{
	struct side sa = {.facts = facts_a}, sb = {.facts = facts_b};
	__u32 j = 0;

	if (a == b)
		return false;
	for (__u32 i = 0; i < a->count; i++) {
		while (j < b->count && b->piece[j].offset < a->piece[i].offset)
			j++;
		if (j == b->count || !same_place(&a->piece[i], &b->piece[j]))
			continue;
		sa.value = &a->piece[i].value;
		sb.value = &b->piece[j].value;
		if (value_join_loses(&m->headers, sa, sb))
			return true;
	}
	return false;
}
