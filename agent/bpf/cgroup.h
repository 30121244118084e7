/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From the operator's name for the app (a folder, a process, a systemd unit) to
 * the cgroup v2 folder that the programs are attached to. A bpf_link dies with
 * its folder, so one that outlives the app's restarts is preferred.
 */
#ifndef AGENT_BPF_CGROUP_H
#define AGENT_BPF_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* How the app was named: exactly one is set, the others are NULL or 0. */
struct cgroup_choice {
	const char *path; /* --cgroup */
	const char *unit; /* --unit; ".service" is added where it has no suffix */
	pid_t pid; /* --pid */
};

struct cgroup {
	int fd; /* the folder, O_DIRECTORY | O_CLOEXEC; the caller's to close */
	/*
	 * False if the service manager removes the folder when the app stops:
	 * the folder of a service in a shared slice, or of a container.
	 */
	bool lasting;
	char path[PATH_MAX];
};

/*
 * Resolve and open the folder. For a process or unit that is the slice of its
 * own or the pod it runs in, else the unit's or container's own folder; a path
 * is taken as it is. Returns 0, or negative errno with a message that says
 * what to do: no cgroup v2 mount, not a cgroup v2 folder, the root (it would
 * match the port in every container), no such process or unit, or a process
 * outside of what this mount or namespace shows.
 */
int cgroup_open(const struct cgroup_choice *choice, struct cgroup *cgroup, struct error *e);

/* What may become of the folder that is open. */
enum cgroup_fate {
	CGROUP_STAYS,
	CGROUP_GONE, /* removed: what was attached to it counts no more */
	CGROUP_MADE_AGAIN, /* removed, and another one is at its path */
};

enum cgroup_fate cgroup_fate(const struct cgroup *cgroup);

/*
 * Returns an inotify descriptor that becomes readable when the folder may have
 * been removed or made again, for the caller to close; or negative errno.
 */
int cgroup_watch(const struct cgroup *cgroup, struct error *e);

/*
 * Cut `path`, a path below the cgroup2 mount such as
 * "/kubepods.slice/kubepods-pod1.slice/cri-containerd-2.scope", to the folder
 * to attach to. Returns whether that one outlives a restart of the app.
 */
bool cgroup_cut_to_lasting(char *path);

#endif
