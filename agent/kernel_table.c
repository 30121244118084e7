// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Maps the tables of a generation. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel_table.h"

int kernel_table_map(const struct kernel_set *set, enum kernel_map which, __u32 slot,
		     struct kernel_table *table, struct error *e)
{
	struct bpf_map_info info;
	int r = kernel_map_info(set->map[which], &info);
	size_t count, bytes;
	void *map;

	if (r)
		return error_set(e, -r, "cannot ask for map %s: %s", kernel_map_name(which),
				 strerror(-r));
	count = info.max_entries / 2;
	bytes = count * info.value_size;
	map = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_SHARED, set->map[which], 0);
	if (map == MAP_FAILED)
		return error_set(e, errno, "cannot map %s: %s", kernel_map_name(which),
				 strerror(errno));
	*table = (struct kernel_table){
		.first = (char *)map + slot * bytes,
		.count = count,
		.bytes = bytes,
		.map = map,
	};
	return 0;
}

void kernel_table_unmap(struct kernel_table *table)
{
	munmap(table->map, 2 * table->bytes);
	memset(table, 0, sizeof(*table));
}

int kernel_table_clear(const struct kernel_set *set, enum kernel_map which, __u32 slot,
		       struct error *e)
{
	struct kernel_table table;
	int r = kernel_table_map(set, which, slot, &table, e);

	if (r)
		return r;
	memset(table.first, 0, table.bytes);
	kernel_table_unmap(&table);
	return 0;
}
