// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Finds and sets constants of an object by their BTF names. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify/rodata.h"

#define SECTION ".rodata"

struct bpf_map *rodata_map(const struct bpf_object *object)
{
	struct bpf_map *map;

	/* libbpf calls it by the object's name, shortened, and the section. */
	bpf_object__for_each_map (map, object) {
		const char *name = bpf_map__name(map);
		size_t n = strlen(name);

		if (bpf_map__is_internal(map) && n >= strlen(SECTION) &&
		    !strcmp(name + n - strlen(SECTION), SECTION))
			return map;
	}
	return NULL;
}

int rodata_find(const struct bpf_object *object, const char *name, size_t *offset, size_t *size)
{
	const struct btf *btf = bpf_object__btf(object);
	int id = btf ? btf__find_by_name_kind(btf, SECTION, BTF_KIND_DATASEC) : -ENOENT;
	const struct btf_var_secinfo *var;
	const struct btf_type *section;

	if (id < 0)
		return -ENOENT;
	section = btf__type_by_id(btf, id);
	var = btf_var_secinfos(section);
	for (int i = 0; i < btf_vlen(section); i++, var++) {
		const struct btf_type *type = btf__type_by_id(btf, var->type);

		if (strcmp(btf__name_by_offset(btf, type->name_off), name) != 0)
			continue;
		*offset = var->offset;
		*size = var->size;
		return 0;
	}
	return -ENOENT;
}

int rodata_set(const struct bpf_object *object, const char *name, const void *value, size_t size)
{
	struct bpf_map *map = rodata_map(object);
	size_t offset, room, all = 0;
	const void *before = map ? bpf_map__initial_value(map, &all) : NULL;
	char *data;
	int r = before ? rodata_find(object, name, &offset, &room) : -ENOENT;

	if (r)
		return r;
	if (size > room || offset + room > all)
		return -EINVAL;
	data = malloc(all);
	if (!data)
		return -ENOMEM;
	memcpy(data, before, all);
	memcpy(data + offset, value, size);
	r = bpf_map__set_initial_value(map, data, all);
	free(data);
	return r;
}
