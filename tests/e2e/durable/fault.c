// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Preloaded into the agent, fails or kills it at one step: a call that changes,
 * or reads what matters of, kernel maps, pins, links and files. Variables:
 *
 *   FAULT_PHASE  count the steps of the start (0, also the flush that ends it), or
 *                those after the first wait for events (1)
 *   FAULT_AT     the step to fault, from 1; 0: none
 *   FAULT_HOW    kill: SIGKILL before the call, half of a write done; fail: the
 *                call fails once; full: so does each that needs space, from then on
 *   FAULT_LOG    a file to which each step's name is added
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	unsigned long at, step;
	int phase, wanted_phase;
	bool kill, full;
	int log;
	long (*syscall)(long nr, ...);
} fault = {.log = -1};

__attribute__((constructor)) static void fault_init(void)
{
	const char *at = getenv("FAULT_AT"), *phase = getenv("FAULT_PHASE"),
		   *how = getenv("FAULT_HOW"), *log = getenv("FAULT_LOG");

	fault.at = at ? strtoul(at, NULL, 10) : 0;
	fault.wanted_phase = phase ? atoi(phase) : 0;
	fault.kill = how && !strcmp(how, "kill");
	fault.full = how && !strcmp(how, "full");
	if (log)
		fault.log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	fault.syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
}

static void die(void)
{
	fault.syscall(SYS_tgkill, getpid(), (int)fault.syscall(SYS_gettid), SIGKILL);
}

/* One step. Is it to fail? With `space`: it needs some. */
static bool step(const char *name, bool space)
{
	char line[64];
	int n;

	if (fault.phase != fault.wanted_phase)
		return false;
	fault.step++;
	n = snprintf(line, sizeof(line), "%s\n", name);
	if (fault.log >= 0)
		fault.syscall(SYS_write, fault.log, line, (size_t)n);
	if (!fault.at)
		return false;
	if (fault.full)
		return space && fault.step >= fault.at;
	if (fault.step != fault.at)
		return false;
	if (fault.kill)
		die();
	return true;
}

#define FAIL_IF(condition, code)        \
	do {                            \
		if (condition) {        \
			errno = (code); \
			return -1;      \
		}                       \
	} while (0)

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	fault.phase = 1;
	return (int)fault.syscall(SYS_epoll_pwait, fd, events, max, timeout, NULL, 8L);
}

static const char *const commands[] = {
	[BPF_MAP_LOOKUP_ELEM] = "bpf map lookup",
	[BPF_MAP_UPDATE_ELEM] = "bpf map update",
	[BPF_MAP_DELETE_ELEM] = "bpf map delete",
	[BPF_MAP_LOOKUP_BATCH] = "bpf map lookup batch",
	[BPF_MAP_DELETE_BATCH] = "bpf map delete batch",
	[BPF_OBJ_PIN] = "bpf pin",
	[BPF_OBJ_GET] = "bpf get pin",
	[BPF_LINK_CREATE] = "bpf link create",
	[BPF_LINK_UPDATE] = "bpf link update",
	[BPF_LINK_DETACH] = "bpf link detach",
};

/* libbpf comes to the kernel this way. */
long syscall(long nr, ...)
{
	long a[6];
	va_list args;

	va_start(args, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (nr == SYS_bpf && a[0] >= 0 && a[0] < (long)(sizeof(commands) / sizeof(*commands)) &&
	    commands[a[0]])
		FAIL_IF(step(commands[a[0]], false), ENOMEM);
	return fault.syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	if (fd > 2) {
		if (fault.kill && fault.at && fault.phase == fault.wanted_phase &&
		    fault.step + 1 == fault.at)
			fault.syscall(SYS_write, fd, bytes, size / 2);
		FAIL_IF(step("write", true), fault.full ? ENOSPC : EIO);
	}
	return fault.syscall(SYS_write, fd, bytes, size);
}

int openat(int folder, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (flags & O_CREAT)
		FAIL_IF(step("openat to create", true), fault.full ? ENOSPC : EIO);
	return (int)fault.syscall(SYS_openat, folder, path, flags, mode);
}

int fsync(int fd)
{
	FAIL_IF(step("fsync", false), EIO);
	return (int)fault.syscall(SYS_fsync, fd);
}

int mkdirat(int folder, const char *path, mode_t mode)
{
	FAIL_IF(step("mkdirat", true), fault.full ? ENOSPC : EIO);
	return (int)fault.syscall(SYS_mkdirat, folder, path, mode);
}

int renameat(int from, const char *path, int to, const char *name)
{
	FAIL_IF(step("renameat", false), EIO);
	return (int)fault.syscall(SYS_renameat, from, path, to, name);
}

int renameat2(int from, const char *path, int to, const char *name, unsigned int flags)
{
	FAIL_IF(step("renameat2", false), EIO);
	return (int)fault.syscall(SYS_renameat2, from, path, to, name, flags);
}

int unlinkat(int folder, const char *path, int flags)
{
	FAIL_IF(step("unlinkat", false), EIO);
	return (int)fault.syscall(SYS_unlinkat, folder, path, flags);
}

int futimens(int fd, const struct timespec times[2])
{
	FAIL_IF(step("futimens", false), EIO);
	return (int)fault.syscall(SYS_utimensat, fd, NULL, times, 0);
}

int fchmod(int fd, mode_t mode)
{
	FAIL_IF(step("fchmod", false), EIO);
	return (int)fault.syscall(SYS_fchmod, fd, mode);
}

int fchownat(int folder, const char *path, uid_t uid, gid_t gid, int flags)
{
	FAIL_IF(step("fchownat", false), EPERM);
	return (int)fault.syscall(SYS_fchownat, folder, path, uid, gid, flags);
}
