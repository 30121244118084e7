// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads, restores and compares the contents of all maps of an object. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/twins/mapdump.h"

enum sort {
	SORT_ARRAY,
	SORT_HASH,
	SORT_UNREADABLE,
};

static enum sort sort_of(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		return SORT_ARRAY;
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return SORT_HASH;
	default:
		return SORT_UNREADABLE;
	}
}

static bool is_per_cpu(const struct bpf_map *map)
{
	enum bpf_map_type type = bpf_map__type(map);

	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Arrays of one value a key are read and written in one call. */
static bool takes_batches(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY && bpf_map__max_entries(map) > 1;
}

static size_t row_of(const struct mapdump_map *m)
{
	return m->key + m->value;
}

/* Read an array in one call: keys and values apart, then put side by side. */
static int read_batch(int fd, struct mapdump_map *m)
{
	__u32 count = m->count, *keys = calloc(m->count, m->key), position;
	unsigned char *values = calloc(m->count, m->value);
	int r = keys && values
			? bpf_map_lookup_batch(fd, NULL, &position, keys, values, &count, NULL)
			: -ENOMEM;

	if (r == -ENOENT) /* the end was reached */
		r = 0;
	for (size_t i = 0; i < m->count && !r; i++) {
		memcpy(m->bytes + i * row_of(m), &keys[i], m->key);
		memcpy(m->bytes + i * row_of(m) + m->key, values + i * m->value, m->value);
	}
	free(keys);
	free(values);
	return r;
}

static int read_array(const struct bpf_map *map, struct mapdump_map *m)
{
	int fd = bpf_map__fd(map), r = 0;

	m->count = bpf_map__max_entries(map);
	m->bytes = calloc(m->count, row_of(m));
	if (!m->bytes)
		return -ENOMEM;
	if (takes_batches(map))
		return read_batch(fd, m);
	for (__u32 i = 0; i < m->count && !r; i++) {
		unsigned char *row = m->bytes + i * row_of(m);

		memcpy(row, &i, sizeof(i));
		r = bpf_map_lookup_elem(fd, row, row + m->key);
		if (r == -ENOENT) /* an empty slot of a map of maps */
			r = 0;
	}
	return r;
}

static int compare_rows(const void *a, const void *b, void *length)
{
	return memcmp(a, b, *(const size_t *)length);
}

static int read_hash(const struct bpf_map *map, struct mapdump_map *m)
{
	size_t room = 0, most = bpf_map__max_entries(map);
	const unsigned char *before = NULL;
	int fd = bpf_map__fd(map), r = 0;

	for (;;) {
		unsigned char *row;

		if (m->count == room) {
			room = room ? room * 2 : 256;
			row = reallocarray(m->bytes, room, row_of(m));
			if (!row)
				return -ENOMEM;
			m->bytes = row;
			before = m->count ? m->bytes + (m->count - 1) * row_of(m) : NULL;
		}
		row = m->bytes + m->count * row_of(m);
		r = bpf_map_get_next_key(fd, before, row);
		if (!r)
			r = bpf_map_lookup_elem(fd, row, row + m->key);
		if (r || ++m->count > most)
			break;
		before = row;
	}
	if (r != -ENOENT)
		return r ? r : -ELOOP;
	qsort_r(m->bytes, m->count, row_of(m), compare_rows, &m->key);
	return 0;
}

static int read_map(const struct bpf_map *map, int cpus, struct mapdump_map *m)
{
	m->name = bpf_map__name(map);
	m->key = bpf_map__key_size(map);
	m->value = bpf_map__value_size(map);
	if (is_per_cpu(map))
		m->value = (m->value + 7) / 8 * 8 * cpus;
	return sort_of(map) == SORT_ARRAY ? read_array(map, m) : read_hash(map, m);
}

int mapdump_take(const struct bpf_object *object, struct mapdump *dump, struct error *e)
{
	int cpus = libbpf_num_possible_cpus(), most = 0, r = cpus < 0 ? cpus : 0;
	struct bpf_map *map;

	*dump = (struct mapdump){.maps = 0};
	bpf_object__for_each_map (map, object)
		most++;
	dump->map = calloc(most + 1, sizeof(*dump->map));
	if (!dump->map)
		return error_set(e, ENOMEM, "out of memory");
	bpf_object__for_each_map (map, object) {
		size_t used = strlen(dump->unread);

		if (sort_of(map) == SORT_UNREADABLE)
			snprintf(dump->unread + used, sizeof(dump->unread) - used, "%s%s",
				 used ? ", " : "", bpf_map__name(map));
		else if (!r)
			r = read_map(map, cpus, &dump->map[dump->maps++]);
		if (r) {
			error_set(e, -r, "cannot read map %s: %s", bpf_map__name(map),
				  strerror(-r));
			break;
		}
	}
	if (r)
		mapdump_free(dump);
	return r;
}

static int write_batch(int fd, const struct mapdump_map *m)
{
	__u32 count = m->count, *keys = calloc(m->count, m->key);
	unsigned char *values = calloc(m->count, m->value);
	int r = keys && values ? 0 : -ENOMEM;

	for (size_t i = 0; i < m->count && !r; i++) {
		memcpy(&keys[i], m->bytes + i * row_of(m), m->key);
		memcpy(values + i * m->value, m->bytes + i * row_of(m) + m->key, m->value);
	}
	if (!r)
		r = bpf_map_update_batch(fd, keys, values, &count, NULL);
	free(keys);
	free(values);
	return r;
}

static int write_map(const struct bpf_map *map, const struct mapdump_map *was,
		     const struct mapdump_map *is)
{
	int fd = bpf_map__fd(map), r = 0;

	if (takes_batches(map))
		return write_batch(fd, was);
	for (size_t i = 0; i < is->count && !r && sort_of(map) == SORT_HASH; i++) {
		r = bpf_map_delete_elem(fd, is->bytes + i * row_of(is));
		if (r == -ENOENT) /* the least recently used make room by themselves */
			r = 0;
	}
	for (size_t i = 0; i < was->count && !r; i++) {
		const unsigned char *row = was->bytes + i * row_of(was);

		r = bpf_map_update_elem(fd, row, row + was->key, BPF_ANY);
	}
	return r;
}

static bool same_map(const struct mapdump_map *a, const struct mapdump_map *b)
{
	return a->count == b->count && !memcmp(a->bytes, b->bytes, a->count * row_of(a));
}

int mapdump_restore(const struct bpf_object *object, const struct mapdump *was,
		    const struct mapdump *is, struct error *e)
{
	for (int i = 0; i < was->maps; i++) {
		const struct bpf_map *map = bpf_object__find_map_by_name(object, was->map[i].name);
		int r = 0;

		if (!same_map(&was->map[i], &is->map[i]))
			r = write_map(map, &was->map[i], &is->map[i]);
		if (r)
			return error_set(e, -r, "cannot reset map %s: %s", was->map[i].name,
					 strerror(-r));
	}
	return 0;
}

bool mapdump_same(const struct mapdump *a, const struct mapdump *b, char *where, size_t size)
{
	for (int i = 0; i < a->maps; i++) {
		const struct mapdump_map *m = &a->map[i], *n = &b->map[i];
		size_t at = 0;

		if (same_map(m, n))
			continue;
		if (m->count != n->count) {
			snprintf(where, size, "map %s has %zu entries or %zu", m->name, m->count,
				 n->count);
			return false;
		}
		while (m->bytes[at] == n->bytes[at])
			at++;
		snprintf(where, size, "map %s differs in byte %zu of the %s of entry %zu", m->name,
			 at % row_of(m) < m->key ? at % row_of(m) : at % row_of(m) - m->key,
			 at % row_of(m) < m->key ? "key" : "value", at / row_of(m));
		return false;
	}
	return true;
}

size_t mapdump_size(const struct mapdump *dump)
{
	size_t size = 0;

	for (int i = 0; i < dump->maps; i++)
		size += dump->map[i].count * row_of(&dump->map[i]);
	return size;
}

void mapdump_free(struct mapdump *dump)
{
	for (int i = 0; i < dump->maps; i++)
		free(dump->map[i].bytes);
	free(dump->map);
	*dump = (struct mapdump){.maps = 0};
}
