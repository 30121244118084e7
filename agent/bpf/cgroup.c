// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Finds the app's cgroup v2 folder by path, process or unit. Unit folders carry
 * the unit's name (systemd's cgroup naming is stable), so no D-Bus is needed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "bpf/cgroup.h"

/* Deeper folders are some container's own business. */
#define WALK_DEPTH 12

struct mount {
	char at[PATH_MAX]; /* mount point */
	char root[PATH_MAX]; /* the folder that is mounted, seen from our cgroup namespace */
};

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* Slices that hold unrelated units: attaching there would match their sockets too. */
static bool is_shared_slice(const char *name)
{
	static const char *const shared[] = {"-.slice",		"system.slice", "user.slice",
					     "machine.slice",	"app.slice",	"session.slice",
					     "background.slice"};

	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (!strcmp(name, shared[i]))
			return true;
	return !strncmp(name, "user-", 5);
}

/* A unit that runs something; a user's own service manager only holds further units. */
static bool is_unit(const char *name)
{
	return (ends_with(name, ".service") && strncmp(name, "user@", 5)) ||
	       ends_with(name, ".scope");
}

/* A container's folder: its runtime's 64 hex digits, after a prefix such as "docker-" or not. */
static bool is_container(const char *name)
{
	size_t n = strcspn(name, "."), digits = 0;

	while (digits < n && strchr("0123456789abcdef", name[n - digits - 1]))
		digits++;
	return digits >= 64;
}

bool cgroup_cut_to_lasting(char *path)
{
	const char *parent = "-.slice";
	char *slash = path, *next;

	for (; *slash == '/' && slash[1]; slash = next) {
		char name[NAME_MAX + 1];
		size_t n = strcspn(slash + 1, "/");

		next = slash + 1 + n;
		snprintf(name, sizeof(name), "%.*s", (int)n, slash + 1);
		if (!is_unit(name) && !is_container(name)) {
			parent = slash + 1;
			continue;
		}
		/* The unit or container; a folder of its own around it lasts longer. */
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(parent, "/"), parent);
		if ((ends_with(name, ".slice") && !is_shared_slice(name)) ||
		    !strncmp(name, "pod", 3)) {
			*slash = '\0';
			return true;
		}
		*next = '\0';
		return false;
	}
	return true;
}

/* Undo the octal escapes of mountinfo, in place (proc_pid_mountinfo(5)). */
static void unescape(char *text)
{
	char *out = text;

	for (const char *in = text; *in;) {
		unsigned int code;

		if (*in == '\\' && sscanf(in + 1, "%3o", &code) == 1 && strlen(in) >= 4) {
			*out++ = (char)code;
			in += 4;
		} else {
			*out++ = *in++;
		}
	}
	*out = '\0';
}

/* How many levels above our cgroup namespace's root a path such as "/../.." begins. */
static int levels_above(const char *path)
{
	int n = 0;

	for (; !strncmp(path, "/..", 3) && (!path[3] || path[3] == '/'); path += 3)
		n++;
	return n;
}

/* Of two mounts the better shows more: begins further up, or at the root. */
static bool shows_more(const char *root, const char *than)
{
	int a = levels_above(root), b = levels_above(than);

	return a != b ? a > b : !strcmp(root, "/") && strcmp(than, "/");
}

static int find_mount(struct mount *found, struct error *e)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	bool any = false;

	if (!f)
		return error_set(e, errno, "cannot read /proc/self/mountinfo: is /proc mounted?");
	while (getline(&line, &size, f) > 0) {
		struct mount m;

		if (!strstr(line, " - cgroup2 ") ||
		    sscanf(line, "%*s %*s %*s %4095s %4095s", m.root, m.at) != 2)
			continue;
		unescape(m.root);
		unescape(m.at);
		if (any && !shows_more(m.root, found->root))
			continue;
		*found = m;
		any = true;
	}
	free(line);
	fclose(f);
	if (any)
		return 0;
	return error_set(
		e, ENOENT,
		"no cgroup v2 is mounted; in a container, mount the host's /sys/fs/cgroup; "
		"on a host, mount -t cgroup2 none /sys/fs/cgroup/unified");
}

/* What the walk through the tree looks for; the first folder that fits ends it. */
struct walk {
	const char *name; /* a unit's folder; only slices are entered */
	pid_t pid; /* or the folder whose cgroup.procs lists this process */
};

static bool lists_process(int folder, pid_t pid)
{
	int fd = openat(folder, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	bool found = false;
	int other;

	if (!f) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!found && fscanf(f, "%d", &other) == 1)
		found = other == pid;
	fclose(f);
	return found;
}

/* Extend `path`, of the folder `dir`, to the folder looked for below it. */
static bool walk_below(DIR *dir, const struct walk *walk, char *path, int depth)
{
	size_t used = strlen(path);
	const struct dirent *entry;

	while ((entry = readdir(dir))) {
		bool found;
		DIR *below;
		int fd;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
		    used + strlen(entry->d_name) + 2 > PATH_MAX)
			continue;
		snprintf(path + used, PATH_MAX - used, "/%s", entry->d_name);
		if (walk->name && !strcmp(entry->d_name, walk->name))
			return true;
		if (depth < WALK_DEPTH && (!walk->name || ends_with(entry->d_name, ".slice"))) {
			fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			below = fd < 0 ? NULL : fdopendir(fd);
			if (below) {
				found = (walk->pid && lists_process(fd, walk->pid)) ||
					walk_below(below, walk, path, depth + 1);
				closedir(below);
				if (found)
					return true;
			} else if (fd >= 0) {
				close(fd);
			}
		}
		path[used] = '\0';
	}
	return false;
}

/* Find the folder below the mount; `path` then is its path there. */
static bool walk_mount(const struct mount *mount, const struct walk *walk, char path[PATH_MAX])
{
	DIR *dir = opendir(mount->at);
	bool found;

	if (!dir)
		return false;
	path[0] = '\0';
	found = walk_below(dir, walk, path, 0);
	closedir(dir);
	return found;
}

/* The process's cgroup v2 path as /proc shows it, seen from our cgroup namespace. */
static int read_process_path(pid_t pid, char path[PATH_MAX], struct error *e)
{
	char name[64], *line = NULL;
	size_t size = 0;
	bool found = false;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	f = fopen(name, "re");
	if (!f)
		return error_set(e, ESRCH,
				 "no process %d here; in a container, share the app's process "
				 "namespace (Kubernetes: shareProcessNamespace: true)",
				 pid);
	while (!found && getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		found = !strncmp(line, "0::/", 4) && strlen(line + 3) < PATH_MAX;
		if (found)
			strcpy(path, line + 3);
	}
	free(line);
	fclose(f);
	if (!found)
		return error_set(e, ENOENT, "process %d is in no cgroup v2", pid);
	return 0;
}

static int find_process(pid_t pid, const struct mount *mount, char path[PATH_MAX], struct error *e)
{
	size_t n = strlen(mount->root);
	int r = read_process_path(pid, path, e);

	if (r < 0)
		return r;
	if (levels_above(mount->root)) {
		/* A host's mount in a container: names between its root and ours are hidden. */
		if (walk_mount(mount, &(struct walk){.pid = pid}, path))
			return 0;
	} else if (!strcmp(mount->root, "/")) {
		if (!levels_above(path))
			return 0;
	} else if (!strncmp(path, mount->root, n) && (!path[n] || path[n] == '/')) {
		memmove(path, path + n, strlen(path + n) + 1);
		return 0;
	}
	return error_set(e, ENOENT,
			 "process %d lies outside of the cgroups that %s shows; mount the host's "
			 "/sys/fs/cgroup into this container (Kubernetes: hostPath)",
			 pid, mount->at);
}

static int find_unit(const char *unit, const struct mount *mount, char path[PATH_MAX],
		     struct error *e)
{
	char name[NAME_MAX + 1];

	snprintf(name, sizeof(name), "%s%s", unit, strchr(unit, '.') ? "" : ".service");
	if (walk_mount(mount, &(struct walk){.name = name}, path))
		return 0;
	return error_set(e, ENOENT,
			 "unit %s has no cgroup under %s; is it running (systemctl start %s)? In a "
			 "container, mount the host's /sys/fs/cgroup",
			 name, mount->at, name);
}

/* Open a folder and make sure that it is one to attach to. */
static int open_folder(struct cgroup *cgroup, struct error *e)
{
	struct statfs fs;
	int r, fd = open(cgroup->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set(e, errno, "cannot open the cgroup %s: %s", cgroup->path,
				 strerror(errno));
	if (fstatfs(fd, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC)
		r = error_set(e, EINVAL,
			      "%s is no cgroup v2 folder; they lie where findmnt -t cgroup2 says, "
			      "under the path that /proc/PID/cgroup has after 0::",
			      cgroup->path);
	else if (faccessat(fd, "cgroup.type", F_OK, 0) < 0)
		r = error_set(e, EINVAL,
			      "%s is the root cgroup and would match the port in every container; "
			      "name the app by --pid, --unit or its own folder (/proc/PID/cgroup)",
			      cgroup->path);
	else
		r = fd;
	if (r < 0)
		close(fd);
	return r;
}

int cgroup_open(const struct cgroup_choice *choice, struct cgroup *cgroup, struct error *e)
{
	struct cgroup found = {.fd = -1};
	char path[PATH_MAX];
	struct mount mount;
	int r = find_mount(&mount, e);

	if (r < 0)
		return r;
	if (choice->path) {
		if (!realpath(choice->path, found.path))
			return error_set(e, errno, "cannot open the cgroup %s: %s", choice->path,
					 strerror(errno));
		strcpy(path, found.path);
		found.lasting = cgroup_cut_to_lasting(path) && !strcmp(path, found.path);
	} else {
		r = choice->unit ? find_unit(choice->unit, &mount, path, e)
				 : find_process(choice->pid, &mount, path, e);
		if (r < 0)
			return r;
		found.lasting = cgroup_cut_to_lasting(path);
		if (strlen(mount.at) + strlen(path) >= sizeof(found.path))
			return error_set(e, ENAMETOOLONG, "the cgroup's path is too long");
		stpcpy(stpcpy(found.path, mount.at), path);
	}
	found.fd = open_folder(&found, e);
	if (found.fd < 0)
		return found.fd;
	*cgroup = found;
	return 0;
}

enum cgroup_fate cgroup_fate(const struct cgroup *cgroup)
{
	/* A removed folder can still be open, but holds nothing. */
	if (!faccessat(cgroup->fd, "cgroup.procs", F_OK, 0) || errno != ENOENT)
		return CGROUP_STAYS;
	return faccessat(AT_FDCWD, cgroup->path, F_OK, 0) ? CGROUP_GONE : CGROUP_MADE_AGAIN;
}

int cgroup_watch(const struct cgroup *cgroup, struct error *e)
{
	int r, fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char parent[PATH_MAX];

	strcpy(parent, cgroup->path);
	*strrchr(parent, '/') = '\0';
	if (fd >= 0 && inotify_add_watch(fd, parent, IN_CREATE | IN_DELETE | IN_ONLYDIR) >= 0)
		return fd;
	r = error_set(e, errno, "cannot watch the cgroup %s: %s", parent, strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}
