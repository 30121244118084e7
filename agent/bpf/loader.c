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
#include "bpf/loader.h"

static bool map_fits(const struct loader *k, const struct map_set *set, enum map_id map)
{
	const struct bpf_map *ours = bpf_object__find_map_by_name(k->skel->obj, map_set_name(map));
	struct bpf_map_info info;

	return set->map[map] >= 0 && ours && !map_set_info(set->map[map], &info) &&
	       info.type == bpf_map__type(ours) && info.key_size == bpf_map__key_size(ours) &&
	       info.value_size == bpf_map__value_size(ours) &&
	       info.max_entries == bpf_map__max_entries(ours);
}

static int folder_open(struct loader *k, const char *bpffs, struct error *e)
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

static int program_id(int prog, __u32 *id)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	int r = bpf_obj_get_info_by_fd(prog, &info, &size);

	*id = info.id;
	return r;
}

/* The program that a link runs, 0 if it is detached or its cgroup was removed; and where. */
static int link_info(int link, __u32 *program, __u64 *cgroup)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	int r = bpf_obj_get_info_by_fd(link, &info, &size);

	*cgroup = info.cgroup.cgroup_id;
	*program = *cgroup ? info.prog_id : 0;
	return r;
}

/* Open a pin; *fd is -1 if there is none. */
static int pin_find(const char *bpffs, const char *folder, const char *name, int *fd,
		    struct error *e)
{
	int r = map_set_open_pin(bpffs, folder, name);

	*fd = r < 0 ? -1 : r;
	return r >= 0 || r == -ENOENT
		       ? 0
		       : error_set(e, -r, "cannot open pin %s: %s", name, strerror(-r));
}

static int compare_programs(int link, int prog, bool *same, struct error *e)
{
	__u32 linked, ready;
	__u64 cgroup;
	int r = link_info(link, &linked, &cgroup);

	if (!r)
		r = program_id(prog, &ready);
	if (r)
		return error_set(e, -r, "cannot tell which program counts: %s", strerror(-r));
	*same = linked && linked == ready;
	return 0;
}

/* Is the program pinned in `next` the one that counts? */
static int next_counts(const char *bpffs, bool *counts, struct error *e)
{
	int link, prog = -1, r = pin_find(bpffs, MAP_SET_NEXT, "link", &link, e);

	*counts = false;
	if (!r)
		r = pin_find(bpffs, MAP_SET_NEXT, "prog", &prog, e);
	if (!r && link >= 0 && prog >= 0)
		r = compare_programs(link, prog, counts, e);
	if (link >= 0)
		close(link);
	if (prog >= 0)
		close(prog);
	return r;
}

/* `next` becomes `live`, and the other way round if there is one. */
static int rename_pins(const struct loader *k, struct error *e)
{
	if (renameat2(k->folder, MAP_SET_NEXT, k->folder, MAP_SET_LIVE, RENAME_EXCHANGE) &&
	    (errno != ENOENT || renameat(k->folder, MAP_SET_NEXT, k->folder, MAP_SET_LIVE)))
		return error_set(e, errno, "cannot rename pins: %s", strerror(errno));
	return 0;
}

static int check_readable(const struct map_set *set, const char *bpffs, struct error *e)
{
	if (!map_set_whole(set) || map_set_readable(set))
		return 0;
	return error_set(e, EPROTO,
			 "the counts pinned in %s are of a version that this one cannot read: "
			 "start that version and stop it for good, or give them up by "
			 "`blindcount detach`",
			 bpffs);
}

/* What `next` holds is to be drained, unless it is the live set, too, or nothing counted there. */
static int drop_needless(struct loader *k, struct error *e)
{
	bool same = false;
	int r = 0;

	if (map_set_whole(&k->set) && map_set_whole(&k->old)) {
		r = map_set_same(&k->set, &k->old, &same, e);
		if (r || !same)
			return r;
	}
	return loader_drop_old(k, e);
}

/*
 * What a predecessor left. If it died between putting its program in place and
 * renaming, `next` is what counts.
 */
static int take_stock(struct loader *k, const char *bpffs, struct error *e)
{
	bool counts;
	int r = next_counts(bpffs, &counts, e);

	if (!r && counts)
		r = rename_pins(k, e);
	if (!r)
		r = map_set_open(&k->set, bpffs, MAP_SET_LIVE, e);
	if (!r)
		r = map_set_open(&k->old, bpffs, MAP_SET_NEXT, e);
	if (!r)
		r = check_readable(&k->set, bpffs, e);
	if (!r)
		r = check_readable(&k->old, bpffs, e);
	if (r)
		return r;
	k->succeeds = map_set_whole(&k->set) || map_set_whole(&k->old);
	return drop_needless(k, e);
}

static void init(struct loader *k)
{
	memset(k, 0, sizeof(*k));
	map_set_clear(&k->set);
	map_set_clear(&k->old);
	k->link = k->folder = -1;
}

int loader_open(struct loader *k, const char *bpffs, struct error *e)
{
	int r;

	init(k);
	r = libbpf_num_possible_cpus();
	if (r < 0)
		return error_set(e, -r, "cannot tell the number of processors");
	k->cpus = r;
	r = folder_open(k, bpffs, e);
	return r ? r : take_stock(k, bpffs, e);
}

static void configure(struct loader *k, const struct loader_options *o)
{
	struct blindcount_bpf *skel = k->skel;

	for (size_t i = 0; i < o->ports; i++)
		skel->rodata->ports[i] = o->port[i];
	skel->rodata->port_count = o->ports;
	skel->rodata->mptcp = !access("/proc/sys/net/mptcp", F_OK);
	skel->rodata->max_pages = o->max_pages;
	skel->rodata->max_cells = o->max_cells;
	bpf_map__set_max_entries(skel->maps.cells, 2 * BC_CELL_LINES(o->max_cells));
	bpf_map__set_max_entries(skel->maps.page_places, 2 * BC_PAGE_PLACES(o->max_pages));
	bpf_map__set_max_entries(skel->maps.page_names, 2 * o->max_pages);
	bpf_map__set_max_entries(skel->maps.page_counts, 2 * (BC_PAGE_DISCOVERED + o->max_pages));
}

/* May this build's program go on with what the predecessor's knows of connections and rules? */
static bool state_fits(const struct loader *k)
{
	struct bc_record record;
	bool fit = map_set_whole(&k->set) && !map_set_read_record(&k->set, &record, NULL) &&
		   record.state == BC_STATE;

	for (int i = MAP_COUNTS; i < MAP_IDS; i++)
		fit = fit && map_fits(k, &k->set, i);
	return fit;
}

/* Load on maps of a predecessor: all that hold counts, or none of them. */
static int adopt(struct loader *k, struct error *e)
{
	bool state = state_fits(k), counts = true;
	int r = 0;

	for (int i = 0; i < MAP_COUNTS; i++)
		counts = counts && map_fits(k, &k->set, i);
	for (int i = 0; i < MAP_IDS && !r; i++)
		if (i < MAP_COUNTS ? counts : state)
			r = bpf_map__reuse_fd(
				bpf_object__find_map_by_name(k->skel->obj, map_set_name(i)),
				k->set.map[i]);
	k->adopted = counts;
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

/* From now on `set` is ours; the predecessor's is `old` if its counts are elsewhere. */
static int set_from_skeleton(struct loader *k, const struct loader_options *o, struct error *e)
{
	struct map_set ours = {.max_pages = o->max_pages};
	int r = 0;

	for (int i = 0; i < MAP_IDS; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(k->skel->obj, map_set_name(i));

		ours.map[i] = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3);
		if (ours.map[i] < 0)
			r = error_set(e, errno, "cannot keep a map open: %s", strerror(errno));
	}
	if (k->adopted)
		map_set_close(&k->set);
	else
		k->old = k->set;
	k->set = ours;
	return r;
}

/* Epochs go on from those of a predecessor: connections remember them. */
static int epoch_read(struct loader *k, struct error *e)
{
	struct bc_ruleset *rules = malloc(sizeof(*rules));
	__u32 zero = 0;
	int r = rules ? 0 : -ENOMEM;

	for (int i = 0; i < 2 && !r; i++) {
		r = bpf_map_lookup_elem(k->set.map[MAP_RULES_0 + i], &zero, rules);
		if (!r && rules->epoch > k->epoch)
			k->epoch = rules->epoch;
	}
	free(rules);
	return r ? error_set(e, -r, "cannot read the rules in force: %s", strerror(-r)) : 0;
}

int loader_load(struct loader *k, const struct loader_options *o, struct error *e)
{
	int r;

	k->skel = blindcount_bpf__open();
	if (!k->skel)
		return error_set(e, errno, "cannot open the built-in program: %s", strerror(errno));
	configure(k, o);
	r = adopt(k, e);
	if (r)
		return r;
	r = blindcount_bpf__load(k->skel);
	if (r)
		return explain_load(r, e);
	r = set_from_skeleton(k, o, e);
	return r ? r : epoch_read(k, e);
}

/* The predecessor's link if it is on this cgroup; one elsewhere is given up. */
static int link_adopt(struct loader *k, const struct loader_options *o, struct error *e)
{
	int link, r = pin_find(o->bpffs, MAP_SET_LIVE, "link", &link, e);
	__u64 cgroup;
	__u32 linked;
	struct stat st;

	if (r || link < 0)
		return r;
	r = link_info(link, &linked, &cgroup);
	if (!r && fstat(o->cgroup, &st))
		r = -errno;
	/* A cgroup's id is the inode number of its folder. */
	if (!r && linked && st.st_ino == cgroup) {
		k->link = link;
		return 0;
	}
	if (!r)
		bpf_link_detach(link);
	close(link);
	return r ? error_set(e, -r, "cannot tell where the program is attached: %s", strerror(-r))
		 : 0;
}

/* Make a link, or put the program in place of the predecessor's on its link. */
static int put_in_place(struct loader *k, const struct loader_options *o, struct error *e)
{
	int prog = bpf_program__fd(k->skel->progs.blindcount), r = link_adopt(k, o, e);
	bool replaces = k->link >= 0;

	if (r)
		return r;
	if (!replaces) {
		k->link = bpf_link_create(prog, o->cgroup, BPF_CGROUP_INET_INGRESS, NULL);
		if (k->link < 0)
			return error_set(e, -k->link, "cannot attach to the cgroup: %s",
					 strerror(-k->link));
	}
	/* Pinned first: should we die now, the successor finds what counts. */
	r = map_set_pin(k->folder, o->bpffs, MAP_SET_NEXT, prog, &k->set, k->link, e);
	if (r || !replaces)
		return r;
	r = bpf_link_update(k->link, prog, NULL);
	return r ? error_set(e, -r, "cannot put the program in place: %s", strerror(-r)) : 0;
}

int loader_attach(struct loader *k, const struct loader_options *o, struct error *e)
{
	int r = put_in_place(k, o, e);

	if (!r)
		r = rename_pins(k, e);
	if (!r && !map_set_whole(&k->old))
		r = map_set_unpin(k->folder, MAP_SET_NEXT, e);
	if (r)
		return r;
	/* Descriptors are all that is needed from now on. */
	blindcount_bpf__destroy(k->skel);
	k->skel = NULL;
	return 0;
}

int loader_drop_old(struct loader *k, struct error *e)
{
	map_set_close(&k->old);
	return map_set_unpin(k->folder, MAP_SET_NEXT, e);
}

static int give(int folder, const char *name, uid_t uid, gid_t gid)
{
	return fchownat(folder, name, uid, gid, AT_SYMLINK_NOFOLLOW) ? -errno : 0;
}

int loader_give(const struct loader *k, uid_t uid, gid_t gid, struct error *e)
{
	int r = fchown(k->folder, uid, gid) ? -errno : 0;

	if (!r)
		r = give(k->folder, MAP_SET_LIVE, uid, gid);
	if (!r && give(k->folder, MAP_SET_NEXT, uid, gid) && errno != ENOENT)
		r = -errno;
	return r ? error_set(e, -r, "cannot give the pins' folder to the agent's user: %s",
			     strerror(-r))
		 : 0;
}

/* Are these the rules in force but for their epoch? */
static int rules_same(int map, const struct bc_ruleset *rules, bool *same)
{
	struct bc_ruleset *in_force = malloc(sizeof(*in_force));
	__u32 zero = 0;
	int r = in_force ? bpf_map_lookup_elem(map, &zero, in_force) : -ENOMEM;

	if (!r) {
		in_force->epoch = rules->epoch;
		*same = !memcmp(in_force, rules, sizeof(*rules));
	}
	free(in_force);
	return r;
}

int loader_put_rules(struct loader *k, struct bc_ruleset *rules, struct error *e)
{
	int used = map_set_rules_in_force(&k->set), spare, r;
	__u32 zero = 0;
	bool same = false;

	if (used < 0)
		return error_set(e, -used, "cannot tell which rules are in force: %s",
				 strerror(-used));
	spare = k->set.map[used == MAP_RULES_0 ? MAP_RULES_1 : MAP_RULES_0];
	/* Requests that have begun need not end as undecided where nothing changes. */
	r = rules_same(k->set.map[used], rules, &same);
	if (!r && same)
		return 0;
	/* Across restarts too, no two rule sets share an epoch. */
	rules->epoch = ++k->epoch;
	if (!r)
		r = bpf_map_update_elem(spare, &zero, rules, BPF_ANY);
	if (!r)
		r = bpf_map_update_elem(k->set.map[MAP_RULES], &zero, &spare, BPF_ANY);
	return r ? error_set(e, -r, "cannot put rules into force: %s", strerror(-r)) : 0;
}

int loader_totals(const struct loader *k, uint64_t totals[BC_TOTALS], struct error *e)
{
	uint64_t sum[BC_TOTALS] = {}, (*copies)[BC_TOTALS] = calloc(k->cpus, sizeof(*copies));
	__u32 zero = 0;
	int r;

	if (!copies)
		return -ENOMEM;
	r = bpf_map_lookup_elem(k->set.map[MAP_TOTALS], &zero, copies);
	for (unsigned int cpu = 0; cpu < k->cpus && !r; cpu++)
		for (int i = 0; i < BC_TOTALS; i++)
			sum[i] += copies[cpu][i];
	free(copies);
	if (r)
		return error_set(e, -r, "cannot read the totals: %s", strerror(-r));
	memcpy(totals, sum, sizeof(sum));
	return 0;
}

bool loader_attached(const struct loader *k)
{
	__u64 cgroup;
	__u32 program;

	return !link_info(k->link, &program, &cgroup) && program;
}

/* A link whose cgroup is gone can't be detached, and need not be. */
static int link_detach(int link, struct error *e)
{
	int r = bpf_link_detach(link);

	return r && r != -ENOLINK ? error_set(e, -r, "cannot detach the program: %s", strerror(-r))
				  : 0;
}

int loader_detach(struct loader *k, struct error *e)
{
	int r = k->link < 0 ? 0 : link_detach(k->link, e);

	if (!r && k->link >= 0) {
		close(k->link);
		k->link = -1;
	}
	return r;
}

int loader_unpin(const struct loader *k, struct error *e)
{
	return map_set_unpin(k->folder, MAP_SET_LIVE, e);
}

int loader_detach_dead(const char *bpffs, struct error *e)
{
	static const char *const folders[] = {MAP_SET_LIVE, MAP_SET_NEXT};
	struct loader k;
	int r, found = 0;

	init(&k);
	r = folder_open(&k, bpffs, e);
	for (int i = 0; i < 2 && !r; i++) {
		int link;

		r = pin_find(bpffs, folders[i], "link", &link, e);
		found |= link >= 0 || !faccessat(k.folder, folders[i], F_OK, 0);
		if (link >= 0) {
			r = link_detach(link, e);
			close(link);
		}
		if (!r)
			r = map_set_unpin(k.folder, folders[i], e);
	}
	loader_close(&k);
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

uint64_t loader_memory(const struct loader *k)
{
	uint64_t bytes = 0;

	for (int i = 0; i < MAP_IDS; i++)
		bytes += map_memory(k->set.map[i]);
	return bytes;
}

void loader_close(struct loader *k)
{
	map_set_close(&k->set);
	map_set_close(&k->old);
	blindcount_bpf__destroy(k->skel);
	if (k->link >= 0)
		close(k->link);
	if (k->folder >= 0)
		close(k->folder);
	k->skel = NULL;
	k->link = k->folder = -1;
}
