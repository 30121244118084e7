// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Which fields of a map's key or value an access touches, by BTF. */
#include <stdio.h>
#include <string.h>
#include <linux/bpf.h>

#include "fields.h"

#define FIELDS_DEPTH 16
#define FIELDS_MAX 1000000 /* looked at for one access */
#define QUALIFIERS_MAX 32

struct walk {
	const struct btf *btf;
	unsigned int size; /* of the access */
	field_fn fn;
	void *context;
	int depth;
	int left; /* of FIELDS_MAX */
};

static const struct btf_type *skip_qualifiers(const struct btf *btf, __u32 *id, bool *is_volatile)
{
	const struct btf_type *t = btf ? btf__type_by_id(btf, *id) : NULL;

	for (int i = 0; t && i < QUALIFIERS_MAX && (btf_is_mod(t) || btf_is_typedef(t)); i++) {
		*is_volatile |= btf_is_volatile(t);
		*id = t->type;
		t = btf__type_by_id(btf, *id);
	}
	return t;
}

static void walk(struct walk *w, __u32 id, unsigned int size, const struct num *at,
		 struct field field);

/* The access, at `at`, can touch offset..offset+size-1. */
static bool touches(const struct walk *w, const struct num *at, unsigned int offset,
		    unsigned int size)
{
	struct num may = *at;
	struct num near = num_signed((__s64)offset - w->size + 1, (__s64)offset + size - 1);

	return num_meet(&may, &near);
}

/* Byte of the access at which something begins, to which `at` is relative. */
static int from_of(const struct num *at)
{
	return num_is_const(at) && (__s64)at->umin <= 0 ? (int)-at->umin : -1;
}

static struct num relative(const struct num *at, unsigned int offset)
{
	struct num base = num_const(offset), r;

	num_alu(BPF_SUB, false, at, &base, &r);
	return r;
}

static void walk_member(struct walk *w, const char *type, const char *name, __u32 id,
			unsigned int offset, unsigned int size, const struct num *at,
			struct field field)
{
	struct num inside = relative(at, offset);
	size_t used = strlen(field.path);

	if (!size || !touches(w, at, offset, size))
		return;
	if (*name) {
		snprintf(field.path + used, sizeof(field.path) - used, "%s%s", used ? "." : "",
			 name);
		field.type = type;
		field.member = name;
	}
	field.offset += offset;
	walk(w, id, size, &inside, field);
}

/* Bytes from..to-1 belong to no member: what is put there is not named, but is there. */
static void walk_gap(struct walk *w, const char *type, unsigned int from, unsigned int to,
		     const struct num *at, struct field field)
{
	struct num inside = relative(at, from);
	size_t used = strlen(field.path);

	if (from >= to || !touches(w, at, from, to - from))
		return;
	snprintf(field.path + used, sizeof(field.path) - used, "%s(padding)", used ? "." : "");
	field.type = type;
	field.member = "(padding)";
	field.offset += from;
	field.size = to - from;
	field.from = from_of(&inside);
	w->fn(&field, w->context);
}

static void walk_struct(struct walk *w, const struct btf_type *t, const struct num *at,
			struct field field)
{
	const struct btf_member *m = btf_members(t);
	const char *type = btf__name_by_offset(w->btf, t->name_off);
	unsigned int end = 0;

	if (!*type)
		type = field.type;
	for (int i = 0; i < btf_vlen(t); i++) {
		unsigned int offset = btf_member_bit_offset(t, i) / 8;
		__s64 size = btf__resolve_size(w->btf, m[i].type);

		walk_gap(w, type, end, offset, at, field);
		walk_member(w, type, btf__name_by_offset(w->btf, m[i].name_off), m[i].type, offset,
			    size > 0 ? size : 0, at, field);
		if (size > 0 && offset + size > end)
			end = offset + size;
	}
	walk_gap(w, type, end, field.size, at, field);
}

static void walk_section(struct walk *w, const struct btf_type *t, const struct num *at,
			 struct field field)
{
	const struct btf_var_secinfo *v = btf_var_secinfos(t);
	unsigned int end = 0;

	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_type *var = btf__type_by_id(w->btf, v[i].type);

		walk_gap(w, NULL, end, v[i].offset, at, field);
		end = v[i].offset + v[i].size;
		if (var && btf_is_var(var))
			walk_member(w, NULL, btf__name_by_offset(w->btf, var->name_off), var->type,
				    v[i].offset, v[i].size, at, field);
	}
	walk_gap(w, NULL, end, field.size, at, field);
}

static __u64 common(__u64 a, __u64 b)
{
	while (b) {
		__u64 rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* All numbers of the widest step that offsets and elements share. */
static struct num stepping(const struct num *at, unsigned int each)
{
	unsigned int align = at->mask ? (unsigned int)(at->mask & -at->mask) : 0;
	__u64 step = at->step > 1 ? at->step : 1, rest = at->step > 1 ? at->first : 0;
	struct num r = num_any();

	/* Known low bits are a step, too. */
	if (align > step) {
		step = align;
		rest = at->bits & (align - 1);
	}
	r.step = common(step, each);
	r.first = rest % r.step;
	return r;
}

/* Offsets within one element, from those within the array, where they are not constant. */
static struct num within_element(const struct num *at, unsigned int each, unsigned int access)
{
	struct num any = num_range(0, each - 1), r = any, stepped;

	if (at->smin < 0)
		return num_signed(at->smin, each - 1);
	if (at->umin / each == at->umax / each) {
		r = relative(at, at->umin / each * each);
	} else if (at->step && at->step % each == 0) {
		/* What offsets and elements have in common as steps remains. */
		r = num_const(at->first % each);
	} else {
		stepped = stepping(at, each);
		num_meet(&r, &stepped);
	}
	/* An access that may reach into the next element touches that one's start. */
	return r.umax + access > each ? any : r;
}

static void walk_array(struct walk *w, const struct btf_type *t, const struct num *at,
		       struct field field)
{
	__u32 id = btf_array(t)->type;
	__s64 each = btf__resolve_size(w->btf, id), first, last;
	const struct btf_type *element = skip_qualifiers(w->btf, &id, &field.is_volatile);
	size_t used = strlen(field.path);
	struct num inside;

	snprintf(field.path + used, sizeof(field.path) - used, "[]");
	if (!element || each <= 0 || !(btf_is_composite(element) || btf_is_array(element))) {
		w->fn(&field, w->context);
		return;
	}
	if (!num_is_const(at)) {
		inside = within_element(at, each, w->size);
		walk(w, id, each, &inside, field);
		return;
	}
	first = at->smin < 0 ? 0 : at->smin / each;
	last = at->smin + w->size < field.size ? at->smin + w->size : field.size;
	for (__s64 i = first; i * each < last; i++) {
		struct field one = field;

		inside = relative(at, i * each);
		one.offset += i * each;
		walk(w, id, each, &inside, one);
	}
}

static void walk(struct walk *w, __u32 id, unsigned int size, const struct num *at,
		 struct field field)
{
	const struct btf_type *t = skip_qualifiers(w->btf, &id, &field.is_volatile);

	if (--w->left < 0)
		return;
	field.size = size;
	field.from = from_of(at);
	if (!t || w->depth == FIELDS_DEPTH) {
		w->fn(&field, w->context);
		return;
	}
	w->depth++;
	if (btf_is_composite(t))
		walk_struct(w, t, at, field);
	else if (btf_is_datasec(t))
		walk_section(w, t, at, field);
	else if (btf_is_array(t))
		walk_array(w, t, at, field);
	else
		w->fn(&field, w->context);
	w->depth--;
}

bool fields_visit(const struct btf *btf, __u32 type, unsigned int total, const struct num *at,
		  unsigned int size, field_fn fn, void *context)
{
	struct walk w = {
		.btf = btf, .size = size, .fn = fn, .context = context, .left = FIELDS_MAX};
	struct num whole = num_range(0, total > size ? total - size : 0);
	struct field field = {.path = "", .size = total};

	/* The kernel keeps accesses inside: what lies outside can't be. */
	num_meet(&whole, at);
	walk(&w, type, total, &whole, field);
	return w.left >= 0;
}
