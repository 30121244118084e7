// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Drops user, groups and capabilities, then enters Landlock and seccomp. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/confine.h"
#include "confine/landlock.h"
#include "confine/seccomp.h"

/* Capability sets as the kernel has them: bit n is capability n. */
struct capabilities {
	uint64_t effective, permitted, inheritable;
};

static bool parse_id(const char *text, unsigned int *id)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || text[0] < '0' || text[0] > '9' || value >= UINT32_MAX)
		return false;
	*id = value;
	return true;
}

int confine_find_user(const char *user, const char *socket_group, struct confine_ids *ids,
		      struct error *e)
{
	const struct passwd *passwd = getpwnam(user);
	const struct group *group;
	struct confine_ids found;

	if (passwd) {
		found = (struct confine_ids){.uid = passwd->pw_uid, .gid = passwd->pw_gid};
	} else {
		if (!parse_id(user, &found.uid))
			return error_set(e, ENOENT,
					 "there is no user '%s'; create it (useradd --system "
					 "--no-create-home --shell /usr/sbin/nologin %s) or name "
					 "another by --user",
					 user, user);
		passwd = getpwuid(found.uid);
		found.gid = passwd ? passwd->pw_gid : found.uid;
	}
	found.socket_gid = found.gid;
	if (socket_group && !parse_id(socket_group, &found.socket_gid)) {
		group = getgrnam(socket_group);
		if (!group)
			return error_set(e, ENOENT,
					 "there is no group '%s'; create it (groupadd --system %s) "
					 "or name another by --socket-group",
					 socket_group, socket_group);
		found.socket_gid = group->gr_gid;
	}
	*ids = found;
	return 0;
}

static int get_capabilities(struct capabilities *c)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(__NR_capget, &header, data) < 0)
		return -errno;
	*c = (struct capabilities){
		.effective = data[0].effective | (uint64_t)data[1].effective << 32,
		.permitted = data[0].permitted | (uint64_t)data[1].permitted << 32,
		.inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32};
	return 0;
}

static int set_capabilities(const struct capabilities *c)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[2] = {
		{c->effective, c->permitted, c->inheritable},
		{c->effective >> 32, c->permitted >> 32, c->inheritable >> 32}};

	return syscall(__NR_capset, &header, data) < 0 ? -errno : 0;
}

/*
 * Whether bpf() refuses even commands on open file descriptors to a process
 * without capabilities: tried with none in effect, on a descriptor that does
 * not exist, since the kernel looks at privileges first.
 */
static int needs_cap_bpf(bool *needs)
{
	union bpf_attr attr = {.map_fd = -1};
	struct capabilities all, none;
	int r = get_capabilities(&all);

	if (r < 0)
		return r;
	none = all;
	none.effective = 0;
	r = set_capabilities(&none);
	if (r < 0)
		return r;
	*needs = syscall(__NR_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) < 0 && errno == EPERM;
	return set_capabilities(&all);
}

/* Without CAP_SETPCAP the bounding set stays; no_new_privs makes it useless. */
static int empty_bounding_set(bool *left)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		if (!prctl(PR_CAPBSET_READ, cap, 0, 0, 0) || !prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			continue;
		if (errno != EPERM)
			return -errno;
		*left = true;
		return 0;
	}
	return 0;
}

/* Whether the supplementary groups are none but those that would be set. */
static bool groups_are_ours(const struct confine_ids *ids)
{
	gid_t groups[64];
	int n = getgroups(sizeof(groups) / sizeof(groups[0]), groups);

	for (int i = 0; i < n; i++)
		if (groups[i] != ids->gid && groups[i] != ids->socket_gid)
			return false;
	return n >= 0;
}

static int become(const struct confine_ids *ids, struct error *e)
{
	uid_t real, effective, saved;

	if (setgroups(ids->socket_gid != ids->gid, &ids->socket_gid) < 0 && !groups_are_ours(ids))
		return error_set(e, errno,
				 "cannot drop supplementary groups: %s; start with CAP_SETGID",
				 strerror(errno));
	if (setresgid(ids->gid, ids->gid, ids->gid) < 0 ||
	    setresuid(ids->uid, ids->uid, ids->uid) < 0)
		return error_set(e, errno,
				 "cannot become user %u: %s; start with CAP_SETUID and CAP_SETGID, "
				 "or as that user",
				 ids->uid, strerror(errno));
	if (getresuid(&real, &effective, &saved) < 0 || real != ids->uid || effective != ids->uid ||
	    saved != ids->uid)
		return error_set(e, EPERM, "did not become user %u", ids->uid);
	return 0;
}

/* Empty the capability sets but for CAP_BPF where it is needed; check that they are. */
static int drop_capabilities(bool keep_bpf, struct error *e)
{
	const uint64_t kept = keep_bpf ? 1ULL << CAP_BPF : 0;
	const struct capabilities want = {.effective = kept, .permitted = kept};
	struct capabilities got;
	int r;

	/* EINVAL: the kernel has no ambient set. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return error_set(e, errno, "cannot empty the ambient capabilities: %s",
				 strerror(errno));
	r = set_capabilities(&want);
	if (!r)
		r = get_capabilities(&got);
	if (!r && memcmp(&want, &got, sizeof(got)) != 0)
		r = -EPERM;
	return r < 0 ? error_set(e, -r, "cannot drop capabilities: %s", strerror(-r)) : 0;
}

/* What outlasts the change of user: no new privileges, no core dumps, no tracing. */
static int close_doors(struct error *e)
{
	const struct rlimit none = {0};

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return error_set(e, errno, "cannot turn core dumps off: %s", strerror(errno));
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(e, errno, "cannot become undumpable: %s", strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(e, errno, "cannot set no_new_privs: %s", strerror(errno));
	return 0;
}

int confine_enter(const struct confine_plan *plan, struct confine_result *result, struct error *e)
{
	struct confine_result reached = {.landlock_abi = 0};
	int r, landlock;

	/* libbpf reads this from /sys once, which is out of reach later. */
	libbpf_num_possible_cpus();
	landlock = landlock_prepare(plan->writable, plan->readable, &reached.landlock_abi, e);
	if (landlock < 0 && landlock != -EOPNOTSUPP)
		return landlock;
	r = needs_cap_bpf(&reached.kept_cap_bpf);
	if (!r)
		r = empty_bounding_set(&reached.bounding_left);
	if (!r && prctl(PR_SET_KEEPCAPS, reached.kept_cap_bpf, 0, 0, 0) < 0)
		r = -errno;
	if (r < 0)
		return error_set(e, -r, "cannot drop capabilities: %s", strerror(-r));
	r = become(&plan->ids, e);
	if (!r)
		r = drop_capabilities(reached.kept_cap_bpf, e);
	if (!r)
		r = close_doors(e);
	if (!r && landlock >= 0)
		r = landlock_enter(landlock, e);
	if (!r)
		r = seccomp_enter(e);
	if (r < 0)
		return r;
	*result = reached;
	return 0;
}

void confine_describe(const struct confine_result *result, char *text, size_t size)
{
	char landlock[32] = "no Landlock in this kernel";

	if (result->landlock_abi)
		snprintf(landlock, sizeof(landlock), "Landlock ABI %d", result->landlock_abi);
	snprintf(text, size, "confined: %s%s, seccomp, %s",
		 result->kept_cap_bpf ? "CAP_BPF alone (this kernel's bpf() asks for it)"
				      : "no capabilities",
		 result->bounding_left ? ", bounding set left (no CAP_SETPCAP)" : "", landlock);
}
