// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Calls: what a function sees of its caller's state, and what the caller gets back. */
#include <string.h>

#include "frame.h"
#include "state.h"

static void mark(const struct state *s, const struct value *v, bool *seen)
{
	const struct frame *f;

	if (v->kind != VALUE_STACK || v->ref < 0 || v->ref > s->depth || seen[v->ref])
		return;
	seen[v->ref] = true;
	f = s->frame[v->ref];
	for (__u32 i = 0; i < f->count; i++)
		mark(s, &f->piece[i].value, seen);
}

bool state_passage(const struct state *s, struct passage *p)
{
	bool seen[STATE_DEPTH] = {false};

	for (int r = 1; r <= 5; r++)
		mark(s, &s->reg[r], seen);
	memset(p, 0xff, sizeof(*p));
	p->visible = 0;
	for (int i = 0; i <= s->depth; i++) {
		if (!seen[i])
			continue;
		p->from[p->visible] = i;
		p->to[i] = p->visible++;
	}
	return p->visible + 1 < STATE_DEPTH;
}

struct value state_renumber(const struct value *v, const int *numbers)
{
	struct value r = *v;

	if (v->kind != VALUE_STACK)
		return r;
	if (numbers[v->ref] < 0)
		return value_pointer(VALUE_LOST, 0, true);
	r.ref = numbers[v->ref];
	return r;
}

/* Share a frame with pointers renumbered and, if told so, all ids forgotten. */
static struct frame *pass_frame(struct machine *m, struct frame *f, const int *numbers, bool forget)
{
	struct frame *r = frame_share(f);

	for (__u32 i = 0; i < f->count; i++) {
		const struct value *old = &f->piece[i].value;
		struct value v = state_renumber(old, numbers);

		if (forget)
			v.id = 0;
		if (v.kind == old->kind && v.ref == old->ref && v.id == old->id)
			continue;
		frame_own(m, &r, 0);
		r->piece[i].value = v;
	}
	return r;
}

void state_pass(struct machine *m, const struct state *caller, const struct passage *p,
		struct state *t)
{
	memset(t, 0, sizeof(*t));
	t->facts = caller->facts;
	for (int r = 1; r <= 5; r++)
		t->reg[r] = state_renumber(&caller->reg[r], p->to);
	for (int i = 0; i < p->visible; i++)
		t->frame[i] = pass_frame(m, caller->frame[p->from[i]], p->to, false);
	t->depth = p->visible - 1;
}

bool state_pass_back(struct machine *m, const struct state *caller, const struct passage *p,
		     const struct state *left, struct state *t)
{
	struct facts facts = left->facts;

	/* The function was run for all its callers: what this one knew of the packet still holds. */
	if (!facts_meet(&facts, &caller->facts))
		return false;
	state_copy(t, caller);
	t->facts = facts;
	memset(t->reg, 0, 6 * sizeof(t->reg[0]));
	t->reg[0] = state_renumber(&left->reg[0], p->from);
	t->reg[0].id = 0;
	/* The function's ids and the caller's are different names: they must not meet. */
	for (int i = 0; i < p->visible; i++) {
		struct frame **f = &t->frame[p->from[i]];

		frame_drop(m, *f);
		*f = pass_frame(m, left->frame[i], p->from, true);
	}
	return true;
}

void state_begin(struct machine *m, struct state *s)
{
	s->depth++;
	s->frame[s->depth] = frame_new(m, 4);
	s->reg[10] = value_pointer(VALUE_STACK, s->depth, false);
}

void state_end(struct machine *m, struct state *s)
{
	struct cursor c = {0};
	struct value *v;
	int gone = s->depth;

	frame_drop(m, s->frame[gone]);
	s->frame[gone] = NULL;
	s->depth--;
	memset(&s->reg[1], 0, (STATE_REGS - 1) * sizeof(s->reg[0]));
	state_own_all(m, s);
	while ((v = state_next(s, &c)))
		if (v->kind == VALUE_STACK && v->ref == gone)
			*v = value_pointer(VALUE_LOST, 0, true);
}
