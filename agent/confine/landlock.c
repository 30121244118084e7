// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Landlock by raw system calls: the C library has no wrappers. The rights are
 * those of landlock(7); kernel headers may be older than the kernel, so the
 * ones after ABI 1 are spelt out here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/landlock.h"

#define FS_ABI_1 ((1ULL << 13) - 1)
#define FS_REFER (1ULL << 13) /* ABI 2 */
#define FS_TRUNCATE (1ULL << 14) /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define NET_BIND_AND_CONNECT_TCP 3ULL /* ABI 4 */
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0) /* ABI 6 */
#define SCOPE_SIGNAL (1ULL << 1) /* ABI 6 */

#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE                                                                   \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |            \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | FS_REFER | FS_TRUNCATE)

/* struct landlock_ruleset_attr as of ABI 6; older kernels take it while the rest is 0. */
struct ruleset {
	uint64_t fs, net, scoped;
};

/* What this kernel can restrict is restricted. */
static struct ruleset known_rights(int abi)
{
	/* An abstract notify socket was made outside: it must stay in reach. */
	const char *notify = getenv("NOTIFY_SOCKET");
	struct ruleset r = {.fs = FS_ABI_1};

	if (abi >= 2)
		r.fs |= FS_REFER;
	if (abi >= 3)
		r.fs |= FS_TRUNCATE;
	if (abi >= 4)
		r.net = NET_BIND_AND_CONNECT_TCP;
	if (abi >= 5)
		r.fs |= FS_IOCTL_DEV;
	if (abi >= 6) {
		r.scoped = SCOPE_SIGNAL;
		if (!notify || notify[0] != '@')
			r.scoped |= SCOPE_ABSTRACT_UNIX_SOCKET;
	}
	return r;
}

/* Allow `rights` beneath path; what the kernel or a plain file does not know is left out. */
static int allow(int ruleset, const char *path, uint64_t rights, uint64_t known)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = rights & known};
	struct stat st;
	int r = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return -errno;
	if (fstat(rule.parent_fd, &st) < 0)
		r = -errno;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE |
				       LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE;
	if (!r && syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		r = -errno;
	close(rule.parent_fd);
	return r;
}

static int allow_around(int ruleset, const char *path, uint64_t rights, uint64_t known,
			struct error *e)
{
	char around[PATH_MAX];
	char *slash;
	int r;

	if (!realpath(path, around))
		return error_set(e, errno, "cannot open %s: %s", path, strerror(errno));
	slash = strrchr(around, '/');
	if (slash > around)
		*slash = '\0';
	r = allow(ruleset, around, rights, known);
	if (r < 0)
		return error_set(e, -r, "cannot make a Landlock rule for %s: %s", around,
				 strerror(-r));
	return 0;
}

int landlock_prepare(const char *const *writable, const char *const *readable, int *abi,
		     struct error *e)
{
	static const char *const zones[] = {"/etc/localtime", "/usr/share/zoneinfo"};
	int r = 0, fd,
	    version =
		    syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset known;

	if (version <= 0)
		return -EOPNOTSUPP;
	known = known_rights(version);
	fd = syscall(__NR_landlock_create_ruleset, &known, sizeof(known), 0);
	if (fd < 0)
		return error_set(e, errno, "cannot make Landlock rules: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]) && (!r || r == -ENOENT); i++)
		r = allow(fd, zones[i], FS_READ, known.fs);
	if (r == -ENOENT)
		r = 0; /* no zone files: UTC */
	for (; !r && *writable; writable++)
		r = allow_around(fd, *writable, FS_WRITE, known.fs, e);
	for (; !r && *readable; readable++)
		r = allow_around(fd, *readable, LANDLOCK_ACCESS_FS_READ_FILE, known.fs, e);
	if (r < 0) {
		close(fd);
		return r;
	}
	*abi = version;
	return fd;
}

int landlock_enter(int fd, struct error *e)
{
	int r = syscall(__NR_landlock_restrict_self, fd, 0) < 0 ? -errno : 0;

	close(fd);
	return r < 0 ? error_set(e, -r, "cannot enter Landlock: %s", strerror(-r)) : 0;
}
