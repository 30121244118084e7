// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What an object's BTF says: which array of a map's value some bytes lie in, which variables
 * are constants of the object itself, what members are called, and what a function takes.
 */
#include <stdio.h>
#include <string.h>

#include "verify/proof/object.h"
#include "verify/proof/policy.h"

#define DEPTH 16

static const struct btf_type *skip_modifiers(const struct btf *btf, __u32 *id)
{
	const struct btf_type *t = btf ? btf__type_by_id(btf, *id) : NULL;

	for (int i = 0; t && i < 2 * DEPTH && (btf_is_mod(t) || btf_is_typedef(t)); i++) {
		*id = t->type;
		t = btf__type_by_id(btf, *id);
	}
	return t;
}

/* Bytes lo..end-1 of a type that lies at `base`. */
struct span {
	const struct btf *btf;
	__u64 lo, end;
	struct object_array *array;
};

static bool find_array(const struct span *s, __u32 id, __u64 base, int depth);

/* Is it this member that they lie in? */
static bool find_in_member(const struct span *s, __u32 id, __u32 name, __u64 at, int depth)
{
	__s64 size = btf__resolve_size(s->btf, id);
	char *to = s->array->name;
	size_t used = strlen(to);
	const char *member = btf__name_by_offset(s->btf, name) ?: "";

	if (size <= 0 || s->lo < at || s->end > at + size)
		return false;
	if (*member)
		snprintf(to + used, sizeof(s->array->name) - used, "%s%s", used ? "." : "", member);
	if (find_array(s, id, at, depth + 1))
		return true;
	to[used] = '\0';
	return false;
}

static bool find_array(const struct span *s, __u32 id, __u64 base, int depth)
{
	const struct btf_type *t = skip_modifiers(s->btf, &id);

	if (!t || depth > DEPTH)
		return false;
	if (btf_is_composite(t)) {
		const struct btf_member *m = btf_members(t);

		for (int i = 0; i < btf_vlen(t); i++)
			if (find_in_member(s, m[i].type, m[i].name_off,
					   base + btf_member_bit_offset(t, i) / 8, depth))
				return true;
	} else if (btf_is_datasec(t)) {
		const struct btf_var_secinfo *v = btf_var_secinfos(t);

		for (int i = 0; i < btf_vlen(t); i++) {
			const struct btf_type *var = btf__type_by_id(s->btf, v[i].type);

			if (var && btf_is_var(var) &&
			    find_in_member(s, var->type, var->name_off, base + v[i].offset, depth))
				return true;
		}
	} else if (btf_is_array(t)) {
		__u32 element = btf_array(t)->type;
		__s64 each = btf__resolve_size(s->btf, element);
		const struct btf_type *of = skip_modifiers(s->btf, &element);

		if (of && each == 1 && btf_is_int(of)) {
			s->array->from = base;
			s->array->to = base + btf_array(t)->nelems;
			return true;
		}
		if (of && each > 1 && (s->lo - base) / each == (s->end - 1 - base) / each)
			return find_array(s, element, base + (s->lo - base) / each * each,
					  depth + 1);
	}
	return false;
}

bool object_array_at(const struct object *o, int map, __u64 lo, __u64 end,
		     struct object_array *array)
{
	struct span s = {.btf = o->btf, .lo = lo, .end = end, .array = array};

	*array = (struct object_array){.name = ""};
	return lo < end && end <= o->map[map].value_size &&
	       find_array(&s, o->map[map].value_type, 0, 0);
}

const char *object_member_at(const struct object *o, const char *type, __u64 offset)
{
	__s32 id = o->btf ? btf__find_by_name_kind(o->btf, type, BTF_KIND_STRUCT) : -1;
	const struct btf_type *t = id > 0 ? btf__type_by_id(o->btf, id) : NULL;

	for (int i = 0; t && i < btf_vlen(t); i++) {
		__u64 at = btf_member_bit_offset(t, i) / 8;
		__s64 size = btf__resolve_size(o->btf, btf_members(t)[i].type);

		if (offset >= at && size > 0 && offset < at + size)
			return btf__name_by_offset(o->btf, btf_members(t)[i].name_off);
	}
	return NULL;
}

bool object_is_frozen(const struct object *o, const struct object_map *map, __u64 at,
		      unsigned int size)
{
	const struct btf_type *t = o->btf ? btf__type_by_id(o->btf, map->value_type) : NULL;
	const struct btf_var_secinfo *v = t && btf_is_datasec(t) ? btf_var_secinfos(t) : NULL;

	for (int i = 0; v && i < btf_vlen(t); i++) {
		const struct btf_type *var = btf__type_by_id(o->btf, v[i].type);

		if (var && btf_is_var(var) && at >= v[i].offset &&
		    at + size <= (__u64)v[i].offset + v[i].size)
			return policy_frozen(btf__name_by_offset(o->btf, var->name_off) ?: "");
	}
	return false;
}

/* No pointer is in it, and the kernel takes it for nothing but memory. */
static bool is_plain(const struct btf *btf, __u32 id, int depth)
{
	const struct btf_type *t = skip_modifiers(btf, &id);

	if (!t || depth > DEPTH)
		return false;
	if (btf_is_int(t) || btf_is_any_enum(t))
		return true;
	if (btf_is_array(t))
		return is_plain(btf, btf_array(t)->type, depth + 1);
	if (!btf_is_composite(t) || !policy_struct(btf__name_by_offset(btf, t->name_off) ?: ""))
		return false;
	for (int i = 0; i < btf_vlen(t); i++)
		if (!is_plain(btf, btf_members(t)[i].type, depth + 1))
			return false;
	return true;
}

static bool has_tag(const struct btf *btf, __u32 type)
{
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_decl_tag(t) && t->type == type)
			return true;
	}
	return false;
}

int object_parameters(const struct object *o, const struct object_function *f,
		      struct object_parameter parameter[OBJECT_PARAMETERS], const char **why)
{
	const struct btf_type *t = f->type ? btf__type_by_id(o->btf, f->type) : NULL;
	const struct btf_type *proto = t ? btf__type_by_id(o->btf, t->type) : NULL;

	*why = "its parameters are not known";
	if (!proto || !btf_is_func_proto(proto) || btf_vlen(proto) > OBJECT_PARAMETERS)
		return -1;
	*why = "a tag gives it or a parameter another meaning";
	if (has_tag(o->btf, f->type))
		return -1;
	for (int i = 0; i < btf_vlen(proto); i++) {
		__u32 id = btf_params(proto)[i].type;
		const struct btf_type *p = skip_modifiers(o->btf, &id);
		bool pointer = p && btf_is_ptr(p);
		__s64 size;

		if (pointer)
			id = p->type;
		size = btf__resolve_size(o->btf, id);
		*why = "a parameter is neither a number nor a pointer to a plain struct";
		if (!is_plain(o->btf, id, 0) || size <= 0 || (!pointer && !p) ||
		    (!pointer && !btf_is_int(p) && !btf_is_any_enum(p)))
			return -1;
		parameter[i] = (struct object_parameter){.pointer = pointer, .size = size};
	}
	return btf_vlen(proto);
}
