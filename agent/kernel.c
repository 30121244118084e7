// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Loads, attaches, pins and adopts the counting program and its maps. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "blindcount.skel.h"
#include "kernel.h"

static const char *const map_names[KERNEL_MAPS] = {
	[KERNEL_RECORD] = "record",
	[KERNEL_CELLS_0] = "cells_0",
	[KERNEL_CELLS_1] = "cells_1",
	[KERNEL_PAGES_0] = "pages_0",
	[KERNEL_PAGES_1] = "pages_1",
	[KERNEL_LEARNT] = "learnt",
	[KERNEL_PAGE_COUNTS] = "page_counts",
	[KERNEL_HELD_0] = "held_0",
	[KERNEL_HELD_1] = "held_1",
	[KERNEL_NUMBERING] = "numbering",
	[KERNEL_CELLS] = "cells",
	[KERNEL_PAGES] = "pages",
	[KERNEL_TOTALS] = "totals",
	[KERNEL_CONNS] = "conns",
	[KERNEL_ARRIVALS] = "arrivals",
	[KERNEL_LISTED] = "listed",
	[KERNEL_RULES_0] = "rules_0",
	[KERNEL_RULES_1] = "rules_1",
	[KERNEL_RULES] = "rules",
};

const char *kernel_map_name(enum kernel_map map)
{
	return map_names[map];
}

static void set_clear(struct kernel_set *set)
{
	memset(set, 0, sizeof(*set));
	for (int i = 0; i < KERNEL_MAPS; i++)
		set->map[i] = -1;
}

static void set_close(struct kernel_set *set)
{
	for (int i = 0; i < KERNEL_MAPS; i++)
		if (set->map[i] >= 0)
			close(set->map[i]);
	set_clear(set);
}

static int info_of(int map, struct bpf_map_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(map, info, &size);
}

static int pin_path(char path[PATH_MAX], const char *bpffs, const char *folder, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s/%s/%s", bpffs, folder, name);

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int pin_open(const char *bpffs, const char *folder, const char *name)
{
	char path[PATH_MAX];
	int r = pin_path(path, bpffs, folder, name);

	return r ? r : bpf_obj_get(path);
}

/* Open the maps pinned in a folder; those that are missing stay -1. */
static void set_open(struct kernel_set *set, const char *bpffs, const char *folder)
{
	struct bpf_map_info info;

	set_clear(set);
	for (int i = 0; i < KERNEL_MAPS; i++) {
		int fd = pin_open(bpffs, folder, map_names[i]);

		set->map[i] = fd < 0 ? -1 : fd;
	}
	if (set->map[KERNEL_CELLS_0] >= 0 && !info_of(set->map[KERNEL_CELLS_0], &info))
		set->max_cells = info.max_entries;
	if (set->map[KERNEL_PAGES_0] >= 0 && !info_of(set->map[KERNEL_PAGES_0], &info))
		set->max_pages = info.max_entries;
}

/* Can the counts in a set be read by this build? */
static bool set_readable(const struct kernel_set *set)
{
	static const struct {
		enum kernel_map map;
		__u32 key, value;
	} sizes[] = {
		{KERNEL_RECORD, 4, sizeof(struct bc_record)},
		{KERNEL_CELLS_0, sizeof(struct bc_cell), 8},
		{KERNEL_CELLS_1, sizeof(struct bc_cell), 8},
		{KERNEL_PAGES_0, sizeof(struct bc_page), 4},
		{KERNEL_PAGES_1, sizeof(struct bc_page), 4},
		{KERNEL_PAGE_COUNTS, 4, sizeof(struct bc_page_counts)},
		{KERNEL_HELD_0, 4, sizeof(struct bc_text)},
		{KERNEL_HELD_1, 4, sizeof(struct bc_text)},
		{KERNEL_NUMBERING, 4, sizeof(struct bc_text)},
	};
	struct bpf_map_info info;
	struct bc_record record;
	__u32 zero = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fd = set->map[sizes[i].map];

		if (fd < 0 || info_of(fd, &info) || info.key_size != sizes[i].key ||
		    info.value_size != sizes[i].value)
			return false;
	}
	return !bpf_map_lookup_elem(set->map[KERNEL_RECORD], &zero, &record) &&
	       record.layout == BC_LAYOUT;
}

static bool map_fits(const struct kernel *k, const struct kernel_set *set, enum kernel_map map)
{
	const struct bpf_map *ours = bpf_object__find_map_by_name(k->skel->obj, map_names[map]);
	struct bpf_map_info info;

	return set->map[map] >= 0 && ours && !info_of(set->map[map], &info) &&
	       info.type == bpf_map__type(ours) && info.key_size == bpf_map__key_size(ours) &&
	       info.value_size == bpf_map__value_size(ours) &&
	       info.max_entries == bpf_map__max_entries(ours);
}

static int folder_open(struct kernel *k, const char *bpffs, struct error *e)
{
	char parent[PATH_MAX];
	struct statfs fs;
	char *slash;

	if (snprintf(parent, sizeof(parent), "%s", bpffs) >= (int)sizeof(parent))
		return error_set(e, ENAMETOOLONG, "--bpffs is too long");
	slash = strrchr(parent, '/');
	if (!slash || slash == parent)
		return error_set(e, EINVAL,
				 "--bpffs takes a folder below a bpffs mount, such as "
				 "/sys/fs/bpf/blindcount");
	*slash = '\0';
	if (statfs(parent, &fs) || fs.f_type != BPF_FS_MAGIC)
		return error_set(e, ENODEV, "%s is not a bpffs mount: mount -t bpf bpf %s", parent,
				 parent);
	if (mkdir(bpffs, 0700) && errno != EEXIST)
		return error_set(e, errno, "cannot make %s: %s", bpffs, strerror(errno));
	k->folder = open(bpffs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (k->folder < 0)
		return error_set(e, errno, "cannot open %s: %s", bpffs, strerror(errno));
	if (flock(k->folder, LOCK_EX | LOCK_NB))
		return error_set(e, EBUSY,
				 "another agent uses --bpffs %s: stop it, or name "
				 "another folder",
				 bpffs);
	return 0;
}

/* Remove a folder of pins, and the folder. */
static int pins_remove(int folder, const char *name, struct error *e)
{
	static const char *const others[] = {"link", "prog"};
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0
				       : error_set(e, errno, "cannot open pins in %s: %s", name,
						   strerror(errno));
	for (int i = 0; i < KERNEL_MAPS; i++)
		if (unlinkat(fd, map_names[i], 0) && errno != ENOENT)
			r = -errno;
	for (int i = 0; i < 2; i++)
		if (unlinkat(fd, others[i], 0) && errno != ENOENT)
			r = -errno;
	close(fd);
	if (!r && unlinkat(folder, name, AT_REMOVEDIR))
		r = -errno;
	return r ? error_set(e, -r, "cannot remove the pins in %s: %s", name, strerror(-r)) : 0;
}

static __u32 program_id(int prog)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return prog >= 0 && !bpf_obj_get_info_by_fd(prog, &info, &size) ? info.id : 0;
}

static __u32 linked_program(int link, __u64 *cgroup)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);

	if (link < 0 || bpf_obj_get_info_by_fd(link, &info, &size))
		return 0;
	*cgroup = info.cgroup.cgroup_id;
	return info.prog_id;
}

/*
 * What a predecessor left in `next`: if it died between putting its program in
 * place and renaming, `next` is what counts now, and `live` is to be drained.
 */
static int settle_next(struct kernel *k, const char *bpffs, struct error *e)
{
	int link = pin_open(bpffs, KERNEL_NEXT, "link"), prog = -1;
	__u32 linked = 0, ready = 0;
	__u64 cgroup;

	if (link >= 0) {
		prog = pin_open(bpffs, KERNEL_NEXT, "prog");
		linked = linked_program(link, &cgroup);
		ready = program_id(prog);
		close(link);
	}
	if (prog >= 0)
		close(prog);
	if (!linked || linked != ready)
		return 0;
	if (!renameat2(k->folder, KERNEL_NEXT, k->folder, KERNEL_LIVE, RENAME_EXCHANGE) ||
	    (errno == ENOENT && !renameat(k->folder, KERNEL_NEXT, k->folder, KERNEL_LIVE)))
		return 0;
	return error_set(e, errno, "cannot rename pins: %s", strerror(errno));
}

int kernel_open(struct kernel *k, const char *bpffs, struct error *e)
{
	int r;

	memset(k, 0, sizeof(*k));
	set_clear(&k->set);
	set_clear(&k->old);
	k->link = k->folder = -1;
	r = libbpf_num_possible_cpus();
	if (r < 0)
		return error_set(e, -r, "cannot tell the number of processors");
	k->cpus = r;
	r = folder_open(k, bpffs, e);
	if (r)
		return r;
	r = settle_next(k, bpffs, e);
	if (r)
		return r;
	set_open(&k->old, bpffs, KERNEL_NEXT);
	if (!set_readable(&k->old))
		set_close(&k->old);
	return 0;
}

static void configure(struct kernel *k, const struct kernel_options *o)
{
	struct blindcount_bpf *skel = k->skel;

	for (size_t i = 0; i < o->ports; i++)
		skel->rodata->ports[i] = o->port[i];
	skel->rodata->port_count = o->ports;
	skel->rodata->max_pages = o->max_pages;
	bpf_map__set_max_entries(skel->maps.cells_0, o->max_cells);
	bpf_map__set_max_entries(skel->maps.cells_1, o->max_cells);
	bpf_map__set_max_entries(skel->maps.pages_0, o->max_pages);
	bpf_map__set_max_entries(skel->maps.pages_1, o->max_pages);
	bpf_map__set_max_entries(skel->maps.page_counts, 2 * (BC_PAGE_LEARNT + o->max_pages));
}

static int reuse(struct kernel *k, const struct kernel_set *from, enum kernel_map map)
{
	struct bpf_map *ours = bpf_object__find_map_by_name(k->skel->obj, map_names[map]);

	return bpf_map__reuse_fd(ours, from->map[map]);
}

/* Take over the maps of a predecessor: all that hold counts, or none of them. */
static int adopt(struct kernel *k, const struct kernel_options *o, struct error *e)
{
	struct kernel_set live;
	bool known, counts_fit = true;
	int r = 0;

	set_open(&live, o->bpffs, KERNEL_LIVE);
	known = set_readable(&live);
	for (int i = 0; i < KERNEL_COUNTS; i++)
		counts_fit &= map_fits(k, &live, i);
	for (int i = 0; known && i < KERNEL_MAPS && !r; i++)
		if (i < KERNEL_COUNTS ? counts_fit : map_fits(k, &live, i))
			r = reuse(k, &live, i);
	k->adopted = known && counts_fit;
	if (!known && live.map[KERNEL_RECORD] >= 0 && !r)
		r = -EPROTO;
	if (known && !counts_fit && !r)
		k->old = live;
	else
		set_close(&live);
	if (r == -EPROTO)
		return error_set(e, EPROTO,
				 "the counts pinned in %s are of a version that this one cannot "
				 "read: stop that agent for good first, or remove them by "
				 "`blindcount detach`",
				 o->bpffs);
	return r ? error_set(e, -r, "cannot take over the pinned maps: %s", strerror(-r)) : 0;
}

static int explain_load(int r, struct error *e)
{
	if (r == -EPERM || r == -EACCES)
		if (geteuid())
			return error_set(e, -r,
					 "loading the program needs root (or the "
					 "capabilities BPF, NET_ADMIN and PERFMON)");
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_CGROUP_SKB, BPF_FUNC_loop, NULL) == 0)
		return error_set(e, -r,
				 "this kernel lacks bpf_loop(): Linux 5.17 or newer is needed "
				 "(tested on 6.1 and later)");
	return error_set(e, -r, "the kernel refuses the program: %s", strerror(-r));
}

static void set_from_skeleton(struct kernel *k, const struct kernel_options *o)
{
	for (int i = 0; i < KERNEL_MAPS; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(k->skel->obj, map_names[i]);

		k->set.map[i] = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3);
	}
	k->set.max_cells = o->max_cells;
	k->set.max_pages = o->max_pages;
}

/* Epochs go on from those of a predecessor: connections remember them. */
static int epoch_read(struct kernel *k, struct error *e)
{
	struct bc_ruleset *rules = malloc(sizeof(*rules));
	__u32 zero = 0;
	int r = rules ? 0 : -ENOMEM;

	for (int i = 0; i < 2 && !r; i++) {
		r = bpf_map_lookup_elem(k->set.map[KERNEL_RULES_0 + i], &zero, rules);
		if (!r && rules->epoch > k->epoch)
			k->epoch = rules->epoch;
	}
	free(rules);
	return r ? error_set(e, -r, "cannot read the rules in force: %s", strerror(-r)) : 0;
}

int kernel_load(struct kernel *k, const struct kernel_options *o, struct error *e)
{
	int r;

	k->skel = blindcount_bpf__open();
	if (!k->skel)
		return error_set(e, errno, "cannot open the built-in program: %s", strerror(errno));
	configure(k, o);
	r = adopt(k, o, e);
	if (r)
		return r;
	r = blindcount_bpf__load(k->skel);
	if (r)
		return explain_load(r, e);
	set_from_skeleton(k, o);
	for (int i = 0; i < 2; i++) {
		struct bpf_map_info info;

		r = info_of(k->set.map[KERNEL_RULES_0 + i], &info);
		if (r)
			return error_set(e, -r, "cannot ask for the rules' map: %s", strerror(-r));
		k->rules_id[i] = info.id;
	}
	return epoch_read(k, e);
}

static int pin(int fd, const char *bpffs, const char *name, struct error *e)
{
	char path[PATH_MAX];
	int r = pin_path(path, bpffs, KERNEL_NEXT, name);

	if (!r)
		r = bpf_obj_pin(fd, path);
	return r ? error_set(e, -r, "cannot pin %s: %s", name, strerror(-r)) : 0;
}

static int pin_all(struct kernel *k, const char *bpffs, struct error *e)
{
	int r;

	if (mkdirat(k->folder, KERNEL_NEXT, 0700))
		return error_set(e, errno, "cannot make a folder for pins: %s", strerror(errno));
	r = pin(bpf_program__fd(k->skel->progs.blindcount), bpffs, "prog", e);
	for (int i = 0; i < KERNEL_MAPS && !r; i++)
		r = pin(k->set.map[i], bpffs, map_names[i], e);
	if (!r)
		r = pin(k->link, bpffs, "link", e);
	return r;
}

/* The predecessor's link if it is on this cgroup; one elsewhere is given up. */
static int link_adopt(struct kernel *k, const struct kernel_options *o)
{
	int link = pin_open(o->bpffs, KERNEL_LIVE, "link");
	__u64 cgroup = 0;
	struct stat st;

	if (link < 0)
		return -ENOENT;
	/* A cgroup's id is the inode number of its folder. */
	if (linked_program(link, &cgroup) && !fstat(o->cgroup, &st) && st.st_ino == cgroup) {
		k->link = link;
		return 0;
	}
	bpf_link_detach(link);
	close(link);
	return -ENOENT;
}

int kernel_attach(struct kernel *k, const struct kernel_options *o, struct error *e)
{
	int prog = bpf_program__fd(k->skel->progs.blindcount), r;
	bool replaces = !link_adopt(k, o);

	if (!replaces) {
		k->link = bpf_link_create(prog, o->cgroup, BPF_CGROUP_INET_INGRESS, NULL);
		if (k->link < 0)
			return error_set(e, -k->link, "cannot attach to the cgroup: %s",
					 strerror(-k->link));
	}
	/* Pinned first: should we die now, the successor finds what counts. */
	r = pin_all(k, o->bpffs, e);
	if (r)
		return r;
	if (replaces) {
		r = bpf_link_update(k->link, prog, NULL);
		if (r)
			return error_set(e, -r, "cannot put the program in place: %s",
					 strerror(-r));
	}
	if (renameat2(k->folder, KERNEL_NEXT, k->folder, KERNEL_LIVE, RENAME_EXCHANGE) &&
	    renameat(k->folder, KERNEL_NEXT, k->folder, KERNEL_LIVE))
		return error_set(e, errno, "cannot rename pins: %s", strerror(errno));
	if (k->old.map[KERNEL_RECORD] < 0) {
		r = pins_remove(k->folder, KERNEL_NEXT, e);
		if (r)
			return r;
	}
	return kernel_grace(k, e);
}

int kernel_drop_old(struct kernel *k, struct error *e)
{
	set_close(&k->old);
	return pins_remove(k->folder, KERNEL_NEXT, e);
}

static int give(int folder, const char *name, uid_t uid, gid_t gid)
{
	return fchownat(folder, name, uid, gid, AT_SYMLINK_NOFOLLOW) ? -errno : 0;
}

int kernel_give(const struct kernel *k, uid_t uid, gid_t gid, struct error *e)
{
	int r = fchown(k->folder, uid, gid) ? -errno : 0;

	if (!r)
		r = give(k->folder, KERNEL_LIVE, uid, gid);
	if (!r && give(k->folder, KERNEL_NEXT, uid, gid) && errno != ENOENT)
		r = -errno;
	return r ? error_set(e, -r, "cannot give the pins' folder to the agent's user: %s",
			     strerror(-r))
		 : 0;
}

int kernel_grace(const struct kernel *k, struct error *e)
{
	__u32 zero = 0;
	/* Updating a slot waits for an RCU grace period, whatever is put into it. */
	int r = bpf_map_update_elem(k->set.map[KERNEL_CELLS], &zero, &k->set.map[KERNEL_CELLS_0],
				    BPF_ANY);

	return r ? error_set(e, -r, "cannot wait for the program: %s", strerror(-r)) : 0;
}

int kernel_set_rules(struct kernel *k, struct bc_ruleset *rules, struct error *e)
{
	__u32 zero = 0, id;
	int spare, r;

	r = bpf_map_lookup_elem(k->set.map[KERNEL_RULES], &zero, &id);
	if (r)
		return error_set(e, -r, "cannot tell which rules are in force: %s", strerror(-r));
	spare = k->set.map[id == k->rules_id[0] ? KERNEL_RULES_1 : KERNEL_RULES_0];
	/* Across restarts too, no two rule sets share an epoch. */
	rules->epoch = ++k->epoch;
	r = bpf_map_update_elem(spare, &zero, rules, BPF_ANY);
	if (!r)
		r = bpf_map_update_elem(k->set.map[KERNEL_RULES], &zero, &spare, BPF_ANY);
	return r ? error_set(e, -r, "cannot put rules into force: %s", strerror(-r)) : 0;
}

int kernel_totals(const struct kernel *k, uint64_t totals[BC_TOTALS], struct error *e)
{
	uint64_t sum[BC_TOTALS] = {}, (*copies)[BC_TOTALS] = calloc(k->cpus, sizeof(*copies));
	__u32 zero = 0;
	int r;

	if (!copies)
		return -ENOMEM;
	r = bpf_map_lookup_elem(k->set.map[KERNEL_TOTALS], &zero, copies);
	for (unsigned int cpu = 0; cpu < k->cpus && !r; cpu++)
		for (int i = 0; i < BC_TOTALS; i++)
			sum[i] += copies[cpu][i];
	free(copies);
	if (r)
		return error_set(e, -r, "cannot read the totals: %s", strerror(-r));
	memcpy(totals, sum, sizeof(sum));
	return 0;
}

int kernel_detach(struct kernel *k, struct error *e)
{
	int r;

	if (k->link < 0)
		return 0;
	r = bpf_link_detach(k->link);
	if (r && r != -ENOLINK) /* ENOLINK: the cgroup is gone, and the link with it */
		return error_set(e, -r, "cannot detach the program: %s", strerror(-r));
	close(k->link);
	k->link = -1;
	return kernel_grace(k, e);
}

int kernel_unpin(const struct kernel *k, struct error *e)
{
	return pins_remove(k->folder, KERNEL_LIVE, e);
}

int kernel_detach_dead(const char *bpffs, struct error *e)
{
	static const char *const folders[] = {KERNEL_LIVE, KERNEL_NEXT};
	struct kernel k;
	int r = kernel_open(&k, bpffs, e), found = 0;

	for (int i = 0; i < 2 && !r; i++) {
		int link = pin_open(bpffs, folders[i], "link");

		found |= link >= 0 || !faccessat(k.folder, folders[i], F_OK, 0);
		if (link >= 0) {
			r = bpf_link_detach(link);
			r = r == -ENOLINK ? 0 : r;
			close(link);
		}
		if (!r)
			r = pins_remove(k.folder, folders[i], e);
	}
	kernel_close(&k);
	return r ? r : found;
}

static uint64_t map_memory(int fd)
{
	char path[48], line[128];
	unsigned long long bytes = 0;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "re");
	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (info)
		fclose(info);
	return bytes;
}

uint64_t kernel_memory(const struct kernel *k)
{
	uint64_t bytes = 0;

	for (int i = 0; i < KERNEL_MAPS; i++)
		bytes += map_memory(k->set.map[i]);
	return bytes;
}

void kernel_close(struct kernel *k)
{
	set_close(&k->set);
	set_close(&k->old);
	blindcount_bpf__destroy(k->skel);
	if (k->link >= 0)
		close(k->link);
	if (k->folder >= 0)
		close(k->folder);
	k->skel = NULL;
	k->link = k->folder = -1;
}
