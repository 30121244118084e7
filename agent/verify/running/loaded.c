// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Compares loaded programs, their constants and maps with an object. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blindcount.h"
#include "verify/running/loaded.h"
#include "verify/rodata.h"
#include "verify/tag.h"

#define MAPS_MAX 64
#define NAME_SHOWN 15 /* what the kernel keeps of a name */

struct comparison {
	const struct object *object;
	const char *program;
	struct bpf_prog_info info;
	__u32 map_ids[MAPS_MAX];
	struct evidence *ev;
	int unlike; /* maps that differ */
};

static int program_info(int fd, struct bpf_prog_info *info)
{
	__u32 size = sizeof(*info);

	return bpf_obj_get_info_by_fd(fd, info, &size) ? -errno : 0;
}

static int map_info(int fd, struct bpf_map_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &size) ? -errno : 0;
}

int loaded_name(int fd, char name[16], __u32 *id)
{
	struct bpf_prog_info info = {0};
	int r = program_info(fd, &info);

	if (r)
		return r;
	snprintf(name, 16, "%s", info.name);
	*id = info.id;
	return 0;
}

static void compare_tag(struct comparison *c)
{
	char tag[TAG_TEXT];
	struct tags tags;
	int r = tag_compute(c->object, c->program, &tags);
	bool new;

	tag_text(c->info.tag, tag);
	if (r) {
		evidence_add(c->ev, "program", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			     "The tag of program %s cannot be computed from the object: %s.",
			     c->program, strerror(-r));
		return;
	}
	new = !strcmp(tag, tags.sha256);
	if (new || !strcmp(tag, tags.sha1))
		evidence_add(c->ev, "program", EVIDENCE_COMPARED, EVIDENCE_HOLDS,
			     "Program %u is the built-in %s: its tag %s is the %s digest of the "
			     "object's %d instructions.",
			     c->info.id, c->program, tag, new ? "SHA-256" : "SHA-1",
			     tags.instructions);
	else
		evidence_add(
			c->ev, "program", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			"Program %u is not the built-in %s: its tag is %s, not %s (SHA-256) or "
			"%s (SHA-1). Perhaps another release of blindcount loaded it: verify "
			"with that one.",
			c->info.id, c->program, tag, tags.sha256, tags.sha1);
}

static bool is_constants(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && !strcmp(dot, ".rodata");
}

/* Nothing but a map's own file tells whether user space may still write to it. */
static bool is_frozen(int fd)
{
	char path[48], line[128];
	int frozen = 0;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "re");
	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "frozen: %d", &frozen) == 1)
			break;
	if (info)
		fclose(info);
	return frozen;
}

/* Make the same in both what the agent sets by its options. */
static void level_settings(const struct object *o, char *is, char *should, size_t size)
{
	static const char *const settings[] = {"ports", "port_count", "max_pages", "max_cells",
					       "mptcp"};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		size_t at, n;

		if (!rodata_find(o->bpf, settings[i], &at, &n) && at + n <= size)
			memcpy(is + at, should + at, n);
	}
}

static void tell_ports(struct comparison *c, const char *data, size_t size)
{
	size_t at, n, used = 0;
	char text[8 * BC_MAX_PORTS] = "";

	if (rodata_find(c->object->bpf, "ports", &at, &n) || at + n > size)
		return;
	for (size_t i = 0; i < n / sizeof(__u16); i++) {
		__u16 port;

		memcpy(&port, data + at + i * sizeof(port), sizeof(port));
		if (port && used < sizeof(text))
			used += snprintf(text + used, sizeof(text) - used, "%s%u", used ? ", " : "",
					 port);
	}
	evidence_detail(c->ev, "Ports: %s.", text);
}

static void compare_constants(struct comparison *c, int fd, const struct bpf_map_info *info)
{
	const struct bpf_map *map = rodata_map(c->object->bpf);
	size_t size = 0;
	const void *initial = map ? bpf_map__initial_value((struct bpf_map *)map, &size) : NULL;
	char *should = malloc(size + 1), *is = malloc(info->value_size + 1), *leveled = NULL;
	__u32 zero = 0;
	bool same = false;

	if (initial && should && is && info->value_size == size &&
	    !bpf_map_lookup_elem(fd, &zero, is)) {
		memcpy(should, initial, size);
		leveled = malloc(size + 1);
	}
	if (leveled) {
		memcpy(leveled, is, size);
		level_settings(c->object, leveled, should, size);
		same = !memcmp(leveled, should, size);
	}
	if (same && is_frozen(fd)) {
		evidence_add(c->ev, "constants", EVIDENCE_COMPARED, EVIDENCE_HOLDS,
			     "The constants of %s are frozen and those of the object, but for "
			     "what the agent's options set; test mode is off.",
			     c->program);
		tell_ports(c, is, size);
	} else {
		evidence_add(c->ev, "constants", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			     "The constants of %s %s.", c->program,
			     same ? "are not frozen: they could be changed while it runs"
				  : "are not those of the object");
	}
	free(should);
	free(is);
	free(leveled);
}

/* Maps whose number of entries is an option of the agent. */
static bool is_sized_by_option(const char *name)
{
	return !strcmp(name, "cells") || !strncmp(name, "page_", 5);
}

static const struct bpf_map *map_of_name(const struct object *o, const char *name)
{
	const struct bpf_map *map;

	bpf_object__for_each_map (map, o->bpf)
		if (!strncmp(bpf_map__name(map), name, NAME_SHOWN))
			return map;
	return is_constants(name) ? rodata_map(o->bpf) : NULL;
}

static bool is_defined_so(const struct bpf_map *map, const struct bpf_map_info *info)
{
	return map && info->type == bpf_map__type(map) &&
	       info->key_size == bpf_map__key_size(map) &&
	       info->value_size == bpf_map__value_size(map) &&
	       info->map_flags == bpf_map__map_flags(map) &&
	       (info->max_entries == bpf_map__max_entries(map) || is_sized_by_option(info->name));
}

static void compare_map(struct comparison *c, __u32 id, int depth);

/* What the slots of a map of maps hold. */
static void compare_slots(struct comparison *c, int fd, const struct bpf_map_info *info)
{
	for (__u32 i = 0; i < info->max_entries; i++) {
		__u32 id;

		if (!bpf_map_lookup_elem(fd, &i, &id))
			compare_map(c, id, 1);
	}
}

static void compare_map(struct comparison *c, __u32 id, int depth)
{
	int fd = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info;

	if (fd < 0 || map_info(fd, &info)) {
		evidence_detail(c->ev, "Map %u cannot be opened: %s.", id, strerror(errno));
		c->unlike++;
	} else if (!is_defined_so(map_of_name(c->object, info.name), &info)) {
		evidence_detail(c->ev, "Map %u (%s) is not defined as in the object.", id,
				info.name);
		c->unlike++;
	} else if (info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS && !depth) {
		compare_slots(c, fd, &info);
	}
	if (fd >= 0)
		close(fd);
}

static void compare_maps(struct comparison *c)
{
	__u32 count = c->info.nr_map_ids;

	evidence_add(c->ev, "maps", EVIDENCE_COMPARED, EVIDENCE_HOLDS,
		     "All maps of %s (%u) are defined as in the object.", c->program, count);
	if (count > MAPS_MAX) {
		evidence_detail(c->ev, "There are more maps than the object has.");
		c->unlike++;
		count = MAPS_MAX;
	}
	for (__u32 i = 0; i < count; i++)
		compare_map(c, c->map_ids[i], 0);
	if (c->unlike)
		evidence_fail(c->ev, "Maps of %s are not as in the object:", c->program);
}

static void find_constants(struct comparison *c)
{
	bool found = !rodata_map(c->object->bpf);

	for (__u32 i = 0; i < c->info.nr_map_ids && i < MAPS_MAX; i++) {
		int fd = bpf_map_get_fd_by_id(c->map_ids[i]);
		struct bpf_map_info info;

		if (fd < 0)
			continue;
		if (!map_info(fd, &info) && is_constants(info.name)) {
			compare_constants(c, fd, &info);
			found = true;
		}
		close(fd);
	}
	if (!found)
		evidence_add(c->ev, "constants", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			     "The constants of %s cannot be read: that takes CAP_SYS_ADMIN.",
			     c->program);
}

void loaded_compare(int fd, const struct object *object, const char *program, struct evidence *ev)
{
	struct comparison c = {.object = object, .program = program, .ev = ev};
	int r;

	c.info.nr_map_ids = MAPS_MAX;
	c.info.map_ids = (__u64)(unsigned long)c.map_ids;
	r = program_info(fd, &c.info);
	if (r) {
		evidence_add(ev, "program", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			     "The kernel tells nothing of the loaded program: %s.", strerror(-r));
		return;
	}
	compare_tag(&c);
	find_constants(&c);
	compare_maps(&c);
}
