// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Maps the tables of a generation. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bpf/bank.h"

int bank_map(const struct map_set *set, enum map_id which, __u32 slot, struct bank *table,
	     struct error *e)
{
	struct bpf_map_info info;
	int r = map_set_info(set->map[which], &info);
	size_t count, bytes;
	void *map;

	if (r)
		return error_set(e, -r, "cannot ask for map %s: %s", map_set_name(which),
				 strerror(-r));
	count = info.max_entries / 2;
	bytes = count * info.value_size;
	map = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_SHARED, set->map[which], 0);
	if (map == MAP_FAILED)
		return error_set(e, errno, "cannot map %s: %s", map_set_name(which),
				 strerror(errno));
	*table = (struct bank){
		.first = (char *)map + slot * bytes,
		.count = count,
		.bytes = bytes,
		.map = map,
	};
	return 0;
}

void bank_unmap(struct bank *table)
{
	munmap(table->map, 2 * table->bytes);
	memset(table, 0, sizeof(*table));
}

int bank_clear(const struct map_set *set, enum map_id which, __u32 slot, struct error *e)
{
	struct bank table;
	int r = bank_map(set, which, slot, &table, e);

	if (r)
		return r;
	memset(table.first, 0, table.bytes);
	bank_unmap(&table);
	return 0;
}
