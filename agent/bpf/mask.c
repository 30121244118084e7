// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Loads bpf/mask.bpf.c, and keeps its two links pinned over the agent's restarts. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blindcount.h"
#include "bpf/mask.h"
#include "mask.skel.h"

#define LINKS 2

static const enum bpf_attach_type hooks[LINKS] = {BPF_CGROUP_INET4_GETPEERNAME,
						  BPF_CGROUP_INET6_GETPEERNAME};

static int pin_path(char path[PATH_MAX], const char *bpffs, int i)
{
	static const char *const names[LINKS] = {"mask4", "mask6"};

	return snprintf(path, PATH_MAX, "%s/%s", bpffs, names[i]) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* Whether the link still is on this cgroup: a cgroup's number is its folder's inode. */
static bool is_on(int link, int cgroup_fd)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);
	struct stat st;

	return !bpf_obj_get_info_by_fd(link, &info, &size) && info.type == BPF_LINK_TYPE_CGROUP &&
	       !fstat(cgroup_fd, &st) && info.cgroup.cgroup_id == st.st_ino;
}

static int create_link(int program, int cgroup_fd, int i, const char *path, struct error *e)
{
	int fd = bpf_link_create(program, cgroup_fd, hooks[i], NULL);

	if (fd < 0)
		return error_set(e, errno, "cannot attach to getpeername%d of the cgroup: %s",
				 i ? 6 : 4, strerror(errno));
	if (bpf_obj_pin(fd, path) < 0) {
		int r = error_set(e, errno, "cannot pin %s: %s", path, strerror(errno));

		close(fd);
		return r;
	}
	return fd;
}

/* Take over the pinned link, or make one. Returns its file descriptor. */
static int attach_one(int program, int cgroup_fd, int i, const char *bpffs, struct error *e)
{
	char path[PATH_MAX];
	int fd, r = pin_path(path, bpffs, i);

	if (r < 0)
		return error_set(e, -r, "the path %s is too long", bpffs);
	fd = bpf_obj_get(path);
	if (fd >= 0) {
		if (is_on(fd, cgroup_fd) && !bpf_link_update(fd, program, NULL))
			return fd;
		bpf_link_detach(fd);
		close(fd);
		unlink(path);
	}
	return create_link(program, cgroup_fd, i, path, e);
}

static struct mask_bpf *load(const __u16 *ports, size_t n, struct error *e)
{
	struct mask_bpf *skel = mask_bpf__open();

	if (!skel) {
		error_set(e, errno, "cannot open the mask programs: %s", strerror(errno));
		return NULL;
	}
	memcpy((void *)skel->rodata->ports, ports, n * sizeof(*ports));
	if (mask_bpf__load(skel) < 0) {
		error_set(e, errno, "cannot load the mask programs: %s", strerror(errno));
		mask_bpf__destroy(skel);
		return NULL;
	}
	return skel;
}

int mask_attach(int cgroup_fd, const __u16 *ports, size_t n, const char *bpffs, struct mask *mask,
		struct error *e)
{
	struct mask made = {.link = {-1, -1}};
	struct mask_bpf *skel;
	int program[LINKS];

	if (!n || n > BC_MAX_PORTS)
		return error_set(e, EINVAL, "1 to %d ports can be masked", BC_MAX_PORTS);
	skel = load(ports, n, e);
	if (!skel)
		return -errno;
	program[0] = bpf_program__fd(skel->progs.mask4);
	program[1] = bpf_program__fd(skel->progs.mask6);
	for (int i = 0; i < LINKS; i++) {
		made.link[i] = attach_one(program[i], cgroup_fd, i, bpffs, e);
		if (made.link[i] < 0) {
			int r = made.link[i];

			mask_bpf__destroy(skel);
			made.link[i] = -1;
			mask_detach(&made, bpffs, NULL);
			return r;
		}
	}
	mask_bpf__destroy(skel);
	*mask = made;
	return 0;
}

int mask_detach(struct mask *mask, const char *bpffs, struct error *e)
{
	int r = 0;

	for (int i = 0; i < LINKS; i++) {
		char path[PATH_MAX];

		if (pin_path(path, bpffs, i) < 0)
			return error_set(e, ENAMETOOLONG, "the path %s is too long", bpffs);
		if (mask->link[i] < 0)
			mask->link[i] = bpf_obj_get(path);
		if (mask->link[i] < 0) {
			if (errno != ENOENT)
				r = error_set(e, errno, "cannot open %s: %s", path,
					      strerror(errno));
			continue;
		}
		if (bpf_link_detach(mask->link[i]) < 0)
			r = error_set(e, errno, "cannot detach %s: %s", path, strerror(errno));
		if (unlink(path) < 0 && errno != ENOENT)
			r = error_set(e, errno, "cannot remove %s: %s", path, strerror(errno));
		close(mask->link[i]);
		mask->link[i] = -1;
	}
	return r;
}
