// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Abstract values: construction and join. */
#include <string.h>

#include "value.h"

struct value value_scalar(struct num num, __u16 taint)
{
	struct value v;

	memset(&v, 0, sizeof(v));
	v.kind = VALUE_SCALAR;
	v.taint = taint;
	v.num = num;
	return v;
}

struct value value_bytes(__u16 taint)
{
	struct value v = value_scalar(num_any(), taint);

	v.kind = VALUE_BYTES;
	return v;
}

struct value value_pointer(enum value_kind kind, int ref, bool null)
{
	struct value v = value_scalar(num_const(0), TAINT_NONE);

	v.kind = kind;
	v.ref = ref;
	v.null = null;
	return v;
}

bool value_is_scalar(const struct value *v)
{
	return v->kind == VALUE_SCALAR || v->kind == VALUE_BYTES;
}

bool value_is_pointer(const struct value *v)
{
	return v->kind != VALUE_NONE && v->kind != VALUE_LOST && !value_is_scalar(v);
}

bool value_has_function(const struct value *v)
{
	return v->fn[HEADER_VERSION] || v->fn[HEADER_NEXT] || v->fn[HEADER_DOFF];
}

bool value_is_offset(const struct value *v)
{
	return v->kind == VALUE_SCALAR || v->kind == VALUE_PACKET;
}

void value_drop_function(struct value *v)
{
	memset(v->fn, 0, sizeof(v->fn));
	memset(&v->rest, 0, sizeof(v->rest));
}

static struct num join_num(const struct num *a, const struct num *b, bool widen)
{
	return widen ? num_widen(a, b) : num_join(a, b);
}

static bool is_null(const struct value *v)
{
	return v->kind == VALUE_SCALAR && num_is_const(&v->num) && !v->num.umin;
}

/*
 * Version byte functions of two sides as one, each counting for the bytes that
 * are possible on its side: IHL × 4 for IPv4 and 40 for IPv6, say. Constant
 * rests are folded into the function. False if the sides contradict.
 */
static bool join_version(struct header_table *t, struct side a, struct side b, bool fold, __u16 *fn)
{
	__u64 merged[HEADER_VALUES] = {0};
	__u64 add_a = fold ? a.value->rest.umin : 0, add_b = fold ? b.value->rest.umin : 0;

	for (unsigned int v = 0; v < HEADER_VALUES; v++) {
		bool in_a = facts_have(a.facts, HEADER_VERSION, v);
		bool in_b = facts_have(b.facts, HEADER_VERSION, v);
		__u64 of_a = t->value[a.value->fn[HEADER_VERSION]][v] + add_a;
		__u64 of_b = t->value[b.value->fn[HEADER_VERSION]][v] + add_b;

		if (in_a && in_b && of_a != of_b)
			return false;
		if (in_a || in_b)
			merged[v] = in_a ? of_a : of_b;
	}
	return header_function(t, merged, fn);
}

/* A scalar as a function plus rest, which a plain scalar is too. */
static struct value as_function(const struct value *v)
{
	struct value r = *v;

	if (!value_has_function(v))
		r.rest = v->num;
	return r;
}

static void join_functions(struct header_table *t, struct side a, struct side b, bool widen,
			   struct value *r)
{
	struct value x = as_function(a.value), y = as_function(b.value);
	bool same_version = x.fn[HEADER_VERSION] == y.fn[HEADER_VERSION];
	bool fold = num_is_const(&x.rest) && num_is_const(&y.rest) && x.rest.umin != y.rest.umin;

	value_drop_function(r);
	if (!value_has_function(&x) && !value_has_function(&y))
		return;
	if (memcmp(&x.fn[HEADER_NEXT], &y.fn[HEADER_NEXT], 2 * sizeof(x.fn[0])))
		return;
	memcpy(r->fn, x.fn, sizeof(r->fn));
	r->rest = join_num(&x.rest, &y.rest, widen);
	if (same_version && !fold)
		return;
	a.value = &x;
	b.value = &y;
	if (join_version(t, a, b, fold, &r->fn[HEADER_VERSION])) {
		if (fold)
			r->rest = num_const(0);
	} else if (!same_version) {
		value_drop_function(r);
	}
	if (!value_has_function(r))
		value_drop_function(r);
}

bool value_join_loses(struct header_table *t, struct side a, struct side b)
{
	struct value r = *a.value;

	if (a.value->kind != b.value->kind || !value_is_offset(a.value) ||
	    (!value_has_function(a.value) && !value_has_function(b.value)))
		return false;
	join_functions(t, a, b, false, &r);
	return !value_has_function(&r);
}

static struct value join_scalars(struct header_table *t, struct side a, struct side b, bool widen)
{
	struct value r = *a.value;

	r.id = 0;
	r.num = join_num(&a.value->num, &b.value->num, widen);
	if (a.value->tag != b.value->tag)
		r.tag = TAG_NONE;
	join_functions(t, a, b, widen, &r);
	return r;
}

static struct value lost(void)
{
	return value_pointer(VALUE_LOST, 0, true);
}

struct value value_join(struct header_table *t, struct side old, struct side new, bool widen)
{
	const struct value *a = old.value, *b = new.value;
	__u16 taint = a->taint | b->taint;
	struct value r;

	if (a->kind == VALUE_NONE || b->kind == VALUE_NONE) {
		memset(&r, 0, sizeof(r));
		return r;
	}
	if (a->kind == b->kind && value_is_offset(a))
		r = join_scalars(t, old, new, widen);
	else if (value_is_scalar(a) && value_is_scalar(b))
		r = value_bytes(taint_all(taint));
	else if (a->kind == b->kind && a->ref == b->ref)
		r = *a;
	else if (value_is_pointer(a) && is_null(b))
		r = *a;
	else if (value_is_pointer(b) && is_null(a))
		r = *b;
	else
		r = lost();
	r.id = 0;
	r.taint = r.kind == VALUE_SCALAR ? taint : taint_all(taint);
	if (value_is_pointer(&r)) {
		r.null = is_null(a) || is_null(b) || a->null || b->null;
		if (value_is_pointer(a) && value_is_pointer(b) && !value_is_offset(&r))
			r.num = join_num(&a->num, &b->num, widen);
	}
	return r;
}
