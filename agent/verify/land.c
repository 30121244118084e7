// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Where values land: stores into maps against the rules, and what maps yield again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "fields.h"
#include "frame.h"

#define DATA_SPAN 4096 /* bytes of constant data that one load is looked up in */

struct landing {
	struct engine *e;
	int insn;
	const struct state *s;
	const struct store *store;
	int fields; /* that it touches */
};

static struct proof_landed *landed_row(struct engine *e, const char *map, const char *part,
				       const char *path)
{
	struct proof *p = e->proof;
	struct proof_landed row = {0}, *grown;

	snprintf(row.map, sizeof(row.map), "%s", map);
	snprintf(row.field, sizeof(row.field), "%s%s%s", part, *path ? "." : "", path);
	for (int i = 0; i < p->landed_count; i++)
		if (!strcmp(p->landed[i].map, row.map) && !strcmp(p->landed[i].field, row.field))
			return &p->landed[i];
	grown = realloc(p->landed, (p->landed_count + 1) * sizeof(*grown));
	if (!grown) {
		e->exhausted = true;
		return NULL;
	}
	p->landed = grown;
	p->landed[p->landed_count] = row;
	return &p->landed[p->landed_count++];
}

/* Say what a field can hold, the worst that was seen of it. */
static void note(struct landing *l, const struct field *f, const struct land_rule *rule,
		 const struct value *v)
{
	const struct object_map *map = &l->e->object->map[l->store->map];
	struct proof_landed *row =
		landed_row(l->e, map->name, l->store->part == LAND_KEY ? "key" : "value", f->path);
	const char *what = l->store->adds ? "a count" : "a number not computed from payload";

	if (!row || row->from_payload)
		return;
	if (v->taint && rule) {
		row->from_payload = true;
		row->max = rule->kind == LAND_NUMBER ? rule->max : 0;
		what = rule->says;
		l->e->proof->payload_in_map |= rule->kind == LAND_WINDOW;
	} else if (*row->what) {
		return;
	}
	snprintf(row->what, sizeof(row->what), "%s", what);
}

/* May this field hold this value? */
static bool allowed(const struct land_rule *rule, const struct value *v)
{
	if (!v->taint)
		return true;
	if (!rule)
		return false;
	switch (rule->kind) {
	case LAND_NUMBER:
		return v->num.umax <= rule->max;
	case LAND_CHOSEN:
		return taint_all(v->taint) == TAINT_CHOSEN;
	default:
		return true;
	}
}

static struct value copied(struct landing *l, const struct value *from, unsigned int offset,
			   unsigned int size)
{
	struct num by = num_const(offset), at;

	num_alu(BPF_ADD, false, &from->num, &by, &at);
	if (from->kind == VALUE_MAP_VALUE)
		return engine_map_load(l->e, from->ref, &at, size);
	if (from->kind == VALUE_STACK && num_is_const(&at))
		return state_load(l->s, from->ref, (int)at.umin, size);
	return value_pointer(VALUE_LOST, 0, true);
}

/* Bytes of the field that an access of `size` bytes covers, if it covers its first. */
static unsigned int size_within(const struct field *f, unsigned int size)
{
	return f->size < size - f->from ? f->size : size - f->from;
}

/* The part of what is stored that goes to one field. */
static struct value part_for(struct landing *l, const struct field *f)
{
	struct piece whole = {.size = l->store->size, .value = l->store->value};

	if (l->store->from)
		return copied(l, l->store->from, f->offset, f->size);
	if (!value_is_scalar(&whole.value))
		return whole.value;
	if (f->from < 0 || l->store->size > 8)
		return whole.value;
	return piece_part(&whole, f->from, size_within(f, l->store->size));
}

/*
 * Does payload choose the place? An entry of a hash is found, not placed, by its key, which
 * was checked when it was made; but a place inside of it may be chosen, too.
 */
static bool is_placed(const struct store *store, const struct object_map *map)
{
	bool hash = map->type == BPF_MAP_TYPE_HASH || map->type == BPF_MAP_TYPE_LRU_HASH;

	return store->where && !(hash && num_is_const(&store->at));
}

static void land_field(const struct field *f, void *context)
{
	struct landing *l = context;
	const struct object_map *map = &l->e->object->map[l->store->map];
	const struct land_rule *rule = policy_land(map->name, f->type, f->member);
	const char *part = l->store->part == LAND_KEY ? "key" : "value";
	struct value v = part_for(l, f);

	l->fields++;
	if (!value_is_scalar(&v)) {
		engine_find(l->e, l->insn, PROOF_UNKNOWN,
			    "cannot prove: what is stored in map %s, field %s.%s, may be a pointer "
			    "or was never written",
			    map->name, part, f->path);
		return;
	}
	if (is_placed(l->store, map))
		v.taint |= TAINT_CHOSEN;
	if (!allowed(rule, &v))
		engine_find(l->e, l->insn, PROOF_PAYLOAD,
			    "payload could land in map %s, field %s%s%s (%s up to %llu)", map->name,
			    part, *f->path ? "." : "", f->path,
			    taint_all(v.taint) == TAINT_CHOSEN ? "chosen by payload,"
							       : "computed from it,",
			    v.num.umax);
	note(l, f, rule, &v);
}

void engine_land(struct engine *e, int insn, const struct state *s, const struct store *store)
{
	const struct object_map *map = &e->object->map[store->map];
	struct landing l = {.e = e, .insn = insn, .s = s, .store = store};
	bool key = store->part == LAND_KEY;

	/* Nothing is known of maps' contents but the rules: the first pass needs none of this. */
	if (!e->reporting)
		return;
	if (!fields_visit(e->object->btf, key ? map->key_type : map->value_type,
			  key ? map->key_size : map->value_size, &store->at, store->size,
			  land_field, &l) ||
	    !l.fields)
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: which fields of map %s a store touches", map->name);
}

struct yield {
	const struct object_map *map;
	unsigned int size;
	__u16 taint;
	struct num num; /* bits that its fields can set */
	bool bounded;
	bool constant; /* all fields touched are constant data */
};

static void yield_field(const struct field *f, void *context)
{
	struct yield *y = context;
	const struct land_rule *rule = policy_land(y->map->name, f->type, f->member);
	bool certain = f->from >= 0 && y->size <= 8;
	unsigned int size = certain ? size_within(f, y->size) : 8;
	__u16 taint = !rule ? TAINT_NONE : rule->kind == LAND_CHOSEN ? TAINT_CHOSEN : TAINT_PAYLOAD;
	struct num part = num_sized(size), by;

	y->taint |= certain ? taint_part(taint, 0, size) << (2 * f->from) : taint;
	if (f->is_volatile && !policy_frozen(f->member ? f->member : ""))
		y->constant = false;
	if (!certain) {
		y->bounded = false;
		return;
	}
	if (rule && rule->kind == LAND_NUMBER)
		part = num_range(0, rule->max);
	by = num_const(f->from * 8);
	num_alu(BPF_LSH, false, &part, &by, &part);
	num_alu(BPF_OR, false, &y->num, &part, &y->num);
}

/* All values that lie at some offset out of `at` in constant data. */
static struct num data_values(const struct object_map *map, const struct num *at, unsigned int size)
{
	struct num r = num_sized(size);
	bool first = true;

	if (at->umax - at->umin > DATA_SPAN || at->umax + size > map->value_size ||
	    at->umax + size < size)
		return r;
	for (__u64 o = at->umin; o <= at->umax; o++) {
		__u64 raw = 0;
		struct num one;

		if (!num_has(at, o))
			continue;
		memcpy(&raw, map->data + o, size);
		one = num_const(raw);
		r = first ? one : num_join(&r, &one);
		first = false;
	}
	return r;
}

struct value engine_map_load(struct engine *e, int index, const struct num *at, unsigned int size)
{
	const struct object_map *map = &e->object->map[index];
	struct yield y = {.map = map, .size = size, .num = num_const(0), .bounded = true};
	struct num whole = num_range(0, map->value_size > size ? map->value_size - size : 0);
	bool data = map->constant && map->value_type;
	struct value v;

	y.constant = data;
	num_meet(&whole, at);
	/* What is too intricate to be looked at may be anything, payload as well. */
	if (!fields_visit(e->object->btf, map->value_type, map->value_size, &whole, size,
			  yield_field, &y)) {
		y.taint = TAINT_PAYLOAD;
		y.constant = y.bounded = false;
	}
	if (size > 8)
		return value_bytes(taint_all(y.taint));
	v = value_scalar(num_sized(size), y.taint);
	if (y.constant)
		v.num = data_values(map, &whole, size);
	else if (y.bounded)
		num_meet(&v.num, &y.num);
	return v;
}
