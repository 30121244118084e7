// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Sets of maps and their pins. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/map_set.h"

static const char *const map_names[MAP_IDS] = {
	[MAP_RECORD] = "record",
	[MAP_CELLS] = "cells",
	[MAP_PAGE_PLACES] = "page_places",
	[MAP_PAGE_NAMES] = "page_names",
	[MAP_FILL] = "learnt",
	[MAP_PAGE_COUNTS] = "page_counts",
	[MAP_SUPPRESSED_0] = "held_0",
	[MAP_SUPPRESSED_1] = "held_1",
	[MAP_PAGE_IDS] = "numbering",
	[MAP_TOTALS] = "totals",
	[MAP_CONNECTIONS] = "connections",
	[MAP_ARRIVALS] = "arrivals",
	[MAP_NAMED_PAGES] = "listed",
	[MAP_RULES_0] = "rules_0",
	[MAP_RULES_1] = "rules_1",
	[MAP_RULES] = "rules",
};

const char *map_set_name(enum map_id map)
{
	return map_names[map];
}

int map_set_info(int map, struct bpf_map_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(map, info, &size);
}

void map_set_clear(struct map_set *set)
{
	memset(set, 0, sizeof(*set));
	for (int i = 0; i < MAP_IDS; i++)
		set->map[i] = -1;
}

void map_set_close(struct map_set *set)
{
	for (int i = 0; i < MAP_IDS; i++)
		if (set->map[i] >= 0)
			close(set->map[i]);
	map_set_clear(set);
}

static int pin_path(char path[PATH_MAX], const char *bpffs, const char *folder, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s/%s/%s", bpffs, folder, name);

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int map_set_open_pin(const char *bpffs, const char *folder, const char *name)
{
	char path[PATH_MAX];
	int r = pin_path(path, bpffs, folder, name);

	return r ? r : bpf_obj_get(path);
}

int map_set_open(struct map_set *set, const char *bpffs, const char *folder, struct error *e)
{
	struct bpf_map_info info;

	map_set_clear(set);
	for (int i = 0; i < MAP_IDS; i++) {
		int fd = map_set_open_pin(bpffs, folder, map_names[i]);

		if (fd < 0 && fd != -ENOENT) {
			map_set_close(set);
			return error_set(e, -fd, "cannot open pin %s: %s", map_names[i],
					 strerror(-fd));
		}
		set->map[i] = fd < 0 ? -1 : fd;
	}
	if (!map_set_whole(set))
		map_set_close(set);
	if (!map_set_info(set->map[MAP_PAGE_NAMES], &info))
		set->max_pages = info.max_entries / 2;
	return 0;
}

int map_set_read_record(const struct map_set *set, struct bc_record *record, struct error *e)
{
	__u32 zero = 0;
	int r = bpf_map_lookup_elem(set->map[MAP_RECORD], &zero, record);

	return r ? error_set(e, -r, "cannot read the record of generations: %s", strerror(-r)) : 0;
}

int map_set_write_record(const struct map_set *set, const struct bc_record *record, struct error *e)
{
	__u32 zero = 0;
	int r = bpf_map_update_elem(set->map[MAP_RECORD], &zero, record, BPF_ANY);

	return r ? error_set(e, -r, "cannot write the record of generations: %s", strerror(-r)) : 0;
}

bool map_set_readable(const struct map_set *set)
{
	static const struct {
		enum map_id map;
		__u32 key, value;
	} sizes[] = {
		{MAP_RECORD, 4, sizeof(struct bc_record)},
		{MAP_CELLS, 4, sizeof(struct bc_cell_line)},
		{MAP_PAGE_PLACES, 4, sizeof(struct bc_page_place)},
		{MAP_PAGE_NAMES, 4, sizeof(struct bc_page)},
		{MAP_FILL, 4, sizeof(struct bc_fill)},
		{MAP_PAGE_COUNTS, 4, sizeof(struct bc_page_counts)},
		{MAP_SUPPRESSED_0, 4, sizeof(struct bc_text)},
		{MAP_SUPPRESSED_1, 4, sizeof(struct bc_text)},
		{MAP_PAGE_IDS, 4, sizeof(struct bc_text)},
		{MAP_RULES, 4, 4},
	};
	struct bpf_map_info info;
	struct bc_record record;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fd = set->map[sizes[i].map];

		if (fd < 0 || map_set_info(fd, &info) || info.key_size != sizes[i].key ||
		    info.value_size != sizes[i].value)
			return false;
	}
	return !map_set_read_record(set, &record, NULL) && record.layout == BC_LAYOUT;
}

int map_set_same(const struct map_set *a, const struct map_set *b, bool *same, struct error *e)
{
	struct bpf_map_info one, other;
	int r = map_set_info(a->map[MAP_RECORD], &one);

	if (!r)
		r = map_set_info(b->map[MAP_RECORD], &other);
	if (r)
		return error_set(e, -r, "cannot ask for a map: %s", strerror(-r));
	*same = one.id == other.id;
	return 0;
}

int map_set_rules_in_force(const struct map_set *set)
{
	__u32 zero = 0, id;
	int r = bpf_map_lookup_elem(set->map[MAP_RULES], &zero, &id);

	for (int map = MAP_RULES_0; map <= MAP_RULES_1 && !r; map++) {
		struct bpf_map_info info;

		r = map_set_info(set->map[map], &info);
		if (!r && info.id == id)
			return map;
	}
	return r ? r : -ENOENT;
}

int map_set_grace(const struct map_set *set, struct error *e)
{
	__u32 zero = 0;
	int which = map_set_rules_in_force(set), r = which;

	/* To update a map in a map waits for an RCU grace period, also where it changes nothing. */
	if (which >= 0)
		r = bpf_map_update_elem(set->map[MAP_RULES], &zero, &set->map[which], BPF_ANY);
	return r < 0 ? error_set(e, -r, "cannot wait for the program: %s", strerror(-r)) : 0;
}

static int pin(int fd, const char *bpffs, const char *folder, const char *name, struct error *e)
{
	char path[PATH_MAX];
	int r = pin_path(path, bpffs, folder, name);

	if (!r)
		r = bpf_obj_pin(fd, path);
	return r ? error_set(e, -r, "cannot pin %s: %s", name, strerror(-r)) : 0;
}

int map_set_pin(int folder, const char *bpffs, const char *name, int prog,
		const struct map_set *set, int link, struct error *e)
{
	int r;

	if (mkdirat(folder, name, 0700))
		return error_set(e, errno, "cannot make a folder for pins: %s", strerror(errno));
	r = pin(prog, bpffs, name, "prog", e);
	for (int i = MAP_IDS - 1; i >= MAP_RECORD && !r; i--)
		r = pin(set->map[i], bpffs, name, map_names[i], e);
	return r ? r : pin(link, bpffs, name, "link", e);
}

/* Whatever is in there: a build with other maps may have made it. */
static int empty_folder(int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		r = -errno;
		close(fd);
		return r;
	}
	if (unlinkat(fd, map_names[MAP_RECORD], 0) && errno != ENOENT)
		r = -errno;
	while (!r && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && unlinkat(fd, entry->d_name, 0) && errno != ENOENT)
			r = -errno;
	closedir(dir);
	return r;
}

int map_set_unpin(int folder, const char *name, struct error *e)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r;

	if (fd < 0)
		return errno == ENOENT ? 0
				       : error_set(e, errno, "cannot open pins in %s: %s", name,
						   strerror(errno));
	r = empty_folder(fd);
	if (!r && unlinkat(folder, name, AT_REMOVEDIR))
		r = -errno;
	return r ? error_set(e, -r, "cannot remove the pins in %s: %s", name, strerror(-r)) : 0;
}
