// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Asks the kernel where a program is attached, and for others around it. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify/running/hook.h"
#include "verify/running/loaded.h"

#define PROGRAMS_MAX 64

struct neighbour {
	__u32 id;
	const char *where;
};

struct hook {
	enum bpf_attach_type type;
	__u32 program; /* ours */
	char path[PATH_MAX]; /* the cgroup's folder */
	bool in_force; /* ours is among those that run there */
	struct neighbour neighbour[PROGRAMS_MAX];
	int neighbours;
	bool replaced; /* one of them runs instead of a function of ours */
	int unknown; /* why there may be others: a negative errno; 0: there are none */
	struct evidence *ev;
};

/* Look below one mount for the folder of a cgroup, whose id is its folder's inode. */
static bool find_below(const char *mount, __u64 id, char path[PATH_MAX])
{
	char *const roots[] = {(char *)mount, NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_XDEV, NULL);
	bool found = false;
	FTSENT *entry;

	while (tree && !found && (entry = fts_read(tree)))
		if (entry->fts_info == FTS_D && entry->fts_statp->st_ino == id)
			found = snprintf(path, PATH_MAX, "%s", entry->fts_path) < PATH_MAX;
	if (tree)
		fts_close(tree);
	return found;
}

/* The folder of a cgroup; false: no cgroup2 mount that is visible here shows it. */
static bool find_folder(__u64 id, char path[PATH_MAX])
{
	char line[PATH_MAX + 256], at[PATH_MAX], type[32];
	FILE *mounts = fopen("/proc/self/mounts", "re");
	bool found = false;

	while (mounts && !found && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*s %4095s %31s", at, type) == 2 && !strcmp(type, "cgroup2"))
			found = find_below(at, id, path);
	if (mounts)
		fclose(mounts);
	return found;
}

static void meet(struct hook *h, __u32 id, const char *where)
{
	for (int i = 0; i < h->neighbours; i++)
		if (h->neighbour[i].id == id)
			return;
	if (h->neighbours < PROGRAMS_MAX)
		h->neighbour[h->neighbours++] = (struct neighbour){id, where};
	else
		h->unknown = -ENOSPC;
}

/* Programs at the hook of one folder but ours: those in force there, or its own. */
static int ask_folder(struct hook *h, const char *path, __u32 flags)
{
	__u32 ids[PROGRAMS_MAX], count = PROGRAMS_MAX, attached;
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (folder < 0)
		return -errno;
	r = bpf_prog_query(folder, h->type, flags, &attached, ids, &count) ? -errno : 0;
	for (__u32 i = 0; i < count && !r; i++) {
		if (ids[i] == h->program)
			h->in_force = true;
		else
			meet(h, ids[i],
			     flags ? "runs at the same hook, of this cgroup or of one above it"
				   : "runs at the same hook, of a cgroup below it");
	}
	close(folder);
	return r;
}

static void ask_below(struct hook *h)
{
	char *const roots[] = {h->path, NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_XDEV, NULL);
	FTSENT *entry;

	while (tree && (entry = fts_read(tree))) {
		int r = entry->fts_info == FTS_D && entry->fts_level > 0
				? ask_folder(h, entry->fts_accpath, 0)
				: 0;

		/* A folder may go while it is looked at. */
		if (r && r != -ENOENT && r != -ENODEV)
			h->unknown = r;
	}
	if (tree)
		fts_close(tree);
}

/* Extensions (freplace) run instead of a function of the program that they are attached to. */
static bool is_extension(__u32 id)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);
	bool is = fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) &&
		  info.type == BPF_PROG_TYPE_EXT;

	if (fd >= 0)
		close(fd);
	return is;
}

static void meet_observer(struct hook *h, __u32 id)
{
	bool extension = is_extension(id);

	meet(h, id, extension ? "runs instead of a function of ours" : "is attached to ours");
	h->replaced |= extension;
}

/* Tracing programs that run when ours does. Of kernel objects, too, the number may be ours. */
static void ask_observers(struct hook *h)
{
	__u32 id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id);
		struct bpf_link_info info = {0};
		__u32 size = sizeof(info);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) &&
		    info.type == BPF_LINK_TYPE_TRACING && info.tracing.target_obj_id == h->program)
			meet_observer(h, info.prog_id);
		if (fd < 0 && errno != ENOENT) /* that one has gone meanwhile */
			h->unknown = -errno;
		if (fd >= 0)
			close(fd);
	}
	if (errno != ENOENT)
		h->unknown = -errno;
}

static void tell_neighbours(const struct hook *h)
{
	if (h->unknown)
		evidence_add(h->ev, "neighbours", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			     "Which other BPF programs run beside program %u, or are attached to "
			     "it, could not be found out in full: %s.",
			     h->program, strerror(-h->unknown));
	if (!h->neighbours && h->unknown)
		return;
	if (!h->neighbours) {
		evidence_add(h->ev, "neighbours", EVIDENCE_COMPARED, EVIDENCE_HOLDS,
			     "No other BPF program runs at this hook in this cgroup or those above "
			     "and below it, and none is attached to program %u.",
			     h->program);
		return;
	}
	if (h->replaced)
		evidence_add(h->ev, "neighbours", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			     "Functions of program %u are replaced: what runs is not what was "
			     "proven.",
			     h->program);
	else
		evidence_add(h->ev, "neighbours", EVIDENCE_COMPARED, EVIDENCE_NOTED,
			     "Other BPF programs see the same packets. They are not blindcount's, "
			     "nothing here is about them, and they could read addresses:");
	for (int i = 0; i < h->neighbours; i++) {
		int fd = bpf_prog_get_fd_by_id(h->neighbour[i].id);
		char name[16] = "?";
		__u32 id;

		if (fd >= 0) {
			loaded_name(fd, name, &id);
			close(fd);
		}
		evidence_detail(h->ev, "Program %u (%s) %s.", h->neighbour[i].id, name,
				h->neighbour[i].where);
	}
}

/* Returns whether the link is as it should be. */
static bool check_link(struct hook *h, int link)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);
	const char *wrong = NULL;

	if (bpf_obj_get_info_by_fd(link, &info, &size))
		wrong = "cannot be asked";
	else if (info.type != BPF_LINK_TYPE_CGROUP || info.cgroup.attach_type != h->type)
		wrong = "is for another hook";
	else if (info.prog_id != h->program)
		wrong = "runs another program than the pinned one";
	else if (!info.cgroup.cgroup_id)
		wrong = "has lost its cgroup, which is gone: nothing is counted";
	else if (!find_folder(info.cgroup.cgroup_id, h->path))
		wrong = "is on a cgroup that cannot be seen from here";
	if (wrong)
		evidence_add(h->ev, "link", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			     "The pinned link of program %u %s.", h->program, wrong);
	return !wrong;
}

void hook_check(int link, __u32 program, enum bpf_attach_type type, struct evidence *ev)
{
	struct hook h = {.type = type, .program = program, .ev = ev};
	int r;

	if (!check_link(&h, link))
		return;
	r = ask_folder(&h, h.path, BPF_F_QUERY_EFFECTIVE);
	if (r || !h.in_force) {
		evidence_add(ev, "link", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			     "Program %u is not known to run in %s: %s.", program, h.path,
			     r ? strerror(-r) : "the kernel does not list it there");
		return;
	}
	evidence_add(ev, "link", EVIDENCE_COMPARED, EVIDENCE_HOLDS,
		     "Program %u is attached to the cgroup %s by a link that is pinned.", program,
		     h.path);
	ask_below(&h);
	ask_observers(&h);
	tell_neighbours(&h);
}
