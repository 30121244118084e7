// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Abstract machine states: calls, identities and joins. */
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "state.h"

void state_init(struct state *s)
{
	memset(s, 0, sizeof(*s));
	facts_init(&s->facts);
	s->depth = -1;
}

void state_copy(struct state *to, const struct state *from)
{
	memcpy(to, from, sizeof(*to));
	for (int i = 0; i <= to->depth; i++)
		frame_share(to->frame[i]);
}

void state_drop(struct machine *m, struct state *s)
{
	for (int i = 0; i <= s->depth; i++)
		frame_drop(m, s->frame[i]);
	memset(s, 0, sizeof(*s));
	s->depth = -1;
}

struct value *state_next(struct state *s, struct cursor *c)
{
	for (; c->frame <= s->depth + 1; c->frame++, c->index = 0) {
		struct frame *f;

		if (!c->frame) {
			if (c->index < STATE_REGS - 1)
				return &s->reg[c->index++];
			continue;
		}
		f = s->frame[c->frame - 1];
		if (c->index < f->count)
			return &f->piece[c->index++].value;
	}
	return NULL;
}

void state_own_all(struct machine *m, struct state *s)
{
	for (int i = 0; i <= s->depth; i++)
		frame_own(m, &s->frame[i], 0);
}

void state_forget_id(struct machine *m, struct state *s, __u32 id)
{
	struct cursor c = {0};
	struct value *v;
	bool found = false;

	while ((v = state_next(s, &c)))
		found |= v->id == id;
	if (!found)
		return;
	state_own_all(m, s);
	c = (struct cursor){0};
	while ((v = state_next(s, &c)))
		if (v->id == id)
			v->id = 0;
}

void state_kill(struct state *s, __u32 live)
{
	for (int i = 0; i < STATE_REGS - 1; i++)
		if (!(live >> i & 1))
			memset(&s->reg[i], 0, sizeof(s->reg[i]));
}

static __u64 mix(__u64 hash, __u64 x)
{
	hash = (hash ^ x) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 29);
}

static __u64 mix_value(__u64 hash, const struct value *v)
{
	hash = mix(hash, v->kind == VALUE_BYTES ? VALUE_SCALAR : v->kind);
	return mix(hash, v->ref);
}

__u64 state_shape(const struct state *s)
{
	__u64 hash = mix(s->depth, s->facts.tcp << 1 | facts_located(&s->facts));

	for (int i = 0; i < STATE_REGS - 1; i++)
		hash = mix_value(hash, &s->reg[i]);
	return hash;
}

/* Ids that two joined states give to the same place, and the place that names the pair. */
struct id_pair {
	__u32 a, b;
	__u32 id;
	__u32 members;
};

#define ID_PAIRS 256
struct id_pairs {
	struct id_pair pair[ID_PAIRS];
	int count;
	bool full; /* there were more */
};

static struct id_pair *pair_of(struct id_pairs *pairs, __u32 a, __u32 b)
{
	for (int i = 0; i < pairs->count; i++)
		if (pairs->pair[i].a == a && pairs->pair[i].b == b)
			return &pairs->pair[i];
	return NULL;
}

static void note_pair(struct id_pairs *pairs, const struct value *a, const struct value *b,
		      __u32 place)
{
	struct id_pair *p;

	if (!a->id || !b->id)
		return;
	p = pair_of(pairs, a->id, b->id);
	if (p)
		p->members++;
	else if (pairs->count < ID_PAIRS)
		pairs->pair[pairs->count++] =
			(struct id_pair){.a = a->id, .b = b->id, .id = place, .members = 1};
	else
		pairs->full = true;
}

/* A name that both sides have is kept; another must not be one of those. */
static void settle_pairs(struct id_pairs *pairs)
{
	for (int i = 0; i < pairs->count; i++) {
		struct id_pair *p = &pairs->pair[i];

		if (p->a == p->b)
			p->id = p->a;
		else if (p->members == 1 || pair_of(pairs, p->id, p->id))
			p->id = 0;
	}
}

static void name_pair(struct id_pairs *pairs, const struct value *a, const struct value *b,
		      struct value *v)
{
	struct id_pair *p = a->id && b->id ? pair_of(pairs, a->id, b->id) : NULL;
	bool named = p && (v->kind == VALUE_SCALAR || value_is_pointer(v));

	v->id = named ? p->id : 0;
}

typedef void (*pair_step)(struct id_pairs *pairs, const struct value *a, const struct value *b,
			  __u32 place, struct value *v);

static void step_note(struct id_pairs *pairs, const struct value *a, const struct value *b,
		      __u32 place, struct value *v)
{
	(void)v;
	note_pair(pairs, a, b, place);
}

static void step_name(struct id_pairs *pairs, const struct value *a, const struct value *b,
		      __u32 place, struct value *v)
{
	(void)place;
	name_pair(pairs, a, b, v);
}

/* Pieces that were joined one to one are those that stand at one place in all three frames. */
static void pair_frames(struct id_pairs *pairs, const struct frame *a, const struct frame *b,
			struct frame *new, __u32 place, pair_step step)
{
	__u32 i = 0, j = 0;

	for (__u32 k = 0; k < new->count; k++) {
		struct piece *p = &new->piece[k];

		while (i < a->count && a->piece[i].offset < p->offset)
			i++;
		while (j < b->count && b->piece[j].offset < p->offset)
			j++;
		if (i < a->count && j < b->count && a->piece[i].offset == p->offset &&
		    b->piece[j].offset == p->offset && a->piece[i].size == p->size &&
		    b->piece[j].size == p->size)
			step(pairs, &a->piece[i].value, &b->piece[j].value, place + 512 + p->offset,
			     &p->value);
		else
			p->value.id = 0;
	}
}

static void pair_states(struct id_pairs *pairs, const struct state *a, const struct state *b,
			struct state *new, pair_step step)
{
	for (int i = 0; i < STATE_REGS - 1; i++)
		step(pairs, &a->reg[i], &b->reg[i], 1 + i, &new->reg[i]);
	for (int d = 0; d <= a->depth; d++)
		if (step == step_note || new->frame[d]->refs == 1)
			pair_frames(pairs, a->frame[d], b->frame[d], new->frame[d], 16 + d * 512,
				    step);
}

static void forget_ids(struct machine *m, struct state *s)
{
	struct cursor c = {0};
	struct value *v;

	state_own_all(m, s);
	while ((v = state_next(s, &c)))
		v->id = 0;
}

static bool state_equal(const struct state *a, const struct state *b)
{
	if (memcmp(&a->facts, &b->facts, sizeof(a->facts)) ||
	    memcmp(a->reg, b->reg, sizeof(a->reg)))
		return false;
	for (int d = 0; d <= a->depth; d++)
		if (!frame_equal(a->frame[d], b->frame[d]))
			return false;
	return true;
}

bool state_join_loses(struct machine *m, const struct state *a, const struct state *b)
{
	struct side sa = {.facts = &a->facts}, sb = {.facts = &b->facts};

	for (int i = 0; i < STATE_REGS - 1; i++) {
		sa.value = &a->reg[i];
		sb.value = &b->reg[i];
		if (value_join_loses(&m->headers, sa, sb))
			return true;
	}
	for (int d = 0; d <= a->depth; d++)
		if (frame_join_loses(m, a->frame[d], sa.facts, b->frame[d], sb.facts))
			return true;
	return false;
}

bool state_join(struct machine *m, struct state *into, const struct state *from, bool widen)
{
	struct side a = {.facts = &into->facts}, b = {.facts = &from->facts};
	struct id_pairs pairs = {.count = 0};
	struct state new;
	bool changed;

	if (state_equal(into, from))
		return false;
	memset(&new, 0, sizeof(new));
	new.depth = into->depth;
	for (int i = 0; i < STATE_REGS; i++) {
		a.value = &into->reg[i];
		b.value = &from->reg[i];
		new.reg[i] = value_join(&m->headers, a, b, widen);
	}
	for (int d = 0; d <= new.depth; d++)
		new.frame[d] =
			frame_join(m, into->frame[d], a.facts, from->frame[d], b.facts, widen);
	new.facts = into->facts;
	facts_join(&new.facts, &from->facts);
	pair_states(&pairs, into, from, &new, step_note);
	settle_pairs(&pairs);
	/* With a pair left out, a new name might be one that a frame of both sides has. */
	if (pairs.full)
		forget_ids(m, &new);
	else
		pair_states(&pairs, into, from, &new, step_name);
	changed = !state_equal(into, &new);
	state_drop(m, into);
	memcpy(into, &new, sizeof(*into));
	return changed;
}
