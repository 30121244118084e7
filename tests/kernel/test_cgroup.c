// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Finds real folders, made like a service manager's, by path, unit and process. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "bpf/cgroup.h"

static char top[256], slice[320], service[400];
static pid_t child;

static void find_top(void)
{
	char line[512];
	FILE *f = fopen("/proc/mounts", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %255s cgroup2", top) == 1 && strstr(line, " cgroup2 "))
			break;
	fclose(f);
	assert_non_null(strstr(line, " cgroup2 "));
}

static int set_up(void **state)
{
	char procs[512], pid[16];
	int fd;

	(void)state;
	find_top();
	snprintf(slice, sizeof(slice), "%s/bctest%d.slice", top, getpid());
	snprintf(service, sizeof(service), "%s/bctest%d-app.service", slice, getpid());
	assert_int_equal(mkdir(slice, 0755), 0);
	assert_int_equal(mkdir(service, 0755), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		pause();
		_exit(0);
	}
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", service);
	snprintf(pid, sizeof(pid), "%d", child);
	fd = open(procs, O_WRONLY);
	assert_int_equal(write(fd, pid, strlen(pid)), strlen(pid));
	close(fd);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (child > 0) { /* else set_up failed, and 0 would mean our own process group */
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return rmdir(service) || rmdir(slice);
}

static void expect(const struct cgroup_choice *choice, const char *path, bool lasting)
{
	struct error e = {.text = ""};
	struct cgroup cgroup;

	if (cgroup_open(choice, &cgroup, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(cgroup.path, path);
	assert_int_equal(cgroup.lasting, lasting);
	assert_true(fcntl(cgroup.fd, F_GETFD) & FD_CLOEXEC);
	close(cgroup.fd);
}

static void test_found(void **state)
{
	char unit[64];

	(void)state;
	expect(&(struct cgroup_choice){.path = slice}, slice, true);
	expect(&(struct cgroup_choice){.path = service}, service, false);
	expect(&(struct cgroup_choice){.pid = child}, slice, true);
	snprintf(unit, sizeof(unit), "bctest%d-app", getpid());
	expect(&(struct cgroup_choice){.unit = unit}, slice, true);
	snprintf(unit, sizeof(unit), "bctest%d.slice", getpid());
	expect(&(struct cgroup_choice){.unit = unit}, slice, true);
}

static void enter(const char *cgroup)
{
	char procs[512];
	int fd;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", cgroup);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (write(fd, "0", 1) != 1)
		_exit(100);
	close(fd);
}

/* As in a container that has the host's cgroups mounted: where is its own process 1? */
static int find_self_from_inside(void)
{
	struct error e = {.text = ""};
	struct cgroup cgroup;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL))
		return 102;
	if (cgroup_open(&(struct cgroup_choice){.pid = 1}, &cgroup, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 103;
	}
	return strcmp(cgroup.path, slice) || !cgroup.lasting;
}

/* And when it sees its own subtree only. */
static int miss_app_from_inside(void)
{
	struct error e = {.text = ""};
	struct cgroup cgroup;

	/* The host's mount is hidden below one that is made inside. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || umount2(top, MNT_DETACH) ||
	    mount("cgroup2", top, "cgroup2", 0, NULL))
		return 102;
	if (cgroup_open(&(struct cgroup_choice){.pid = child}, &cgroup, &e) >= 0)
		return 103;
	if (!strstr(e.text, "hostPath"))
		fprintf(stderr, "%s\n", e.text);
	return !strstr(e.text, "hostPath");
}

/* Run work() in namespaces of its own, from a cgroup beside the app's. */
static int run_inside(int namespaces, int (*work)(void))
{
	char beside[400];
	pid_t outer, inner;
	int status;

	snprintf(beside, sizeof(beside), "%s/bctest%d-sidecar.service", slice, getpid());
	assert_int_equal(mkdir(beside, 0755), 0);
	outer = fork();
	assert_true(outer >= 0);
	if (!outer) {
		enter(beside);
		if (unshare(CLONE_NEWNS | CLONE_NEWCGROUP | namespaces))
			_exit(101);
		inner = fork();
		if (!inner)
			_exit(work());
		waitpid(inner, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	waitpid(outer, &status, 0);
	assert_int_equal(rmdir(beside), 0);
	return WEXITSTATUS(status);
}

static void test_namespaces(void **state)
{
	(void)state;
	assert_int_equal(run_inside(CLONE_NEWPID, find_self_from_inside), 0);
	assert_int_equal(run_inside(0, miss_app_from_inside), 0);
}

static void refuse(const struct cgroup_choice *choice, const char *why)
{
	struct cgroup cgroup = {.fd = -7};
	struct error e = {.text = ""};

	assert_true(cgroup_open(choice, &cgroup, &e) < 0);
	assert_int_equal(cgroup.fd, -7);
	if (!strstr(e.text, why))
		fail_msg("'%s' lacks '%s'", e.text, why);
}

static void test_refused(void **state)
{
	(void)state;
	refuse(&(struct cgroup_choice){.path = top}, "root cgroup");
	refuse(&(struct cgroup_choice){.path = "/proc"}, "no cgroup v2 folder");
	refuse(&(struct cgroup_choice){.unit = "bctest-none"}, "systemctl start");
	refuse(&(struct cgroup_choice){.pid = 0x3fffffff}, "no process");
}

/* A folder is removed and made again, as for a service that restarts. */
static void test_fate(void **state)
{
	char path[512], events[4096];
	struct error e = {.text = ""};
	struct cgroup cgroup;
	int watch;

	(void)state;
	snprintf(path, sizeof(path), "%s/bctest%d-again.service", slice, getpid());
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(cgroup_open(&(struct cgroup_choice){.path = path}, &cgroup, &e), 0);
	watch = cgroup_watch(&cgroup, &e);
	assert_true(watch >= 0);
	assert_true(read(watch, events, sizeof(events)) < 0);
	assert_int_equal(cgroup_fate(&cgroup), CGROUP_STAYS);

	assert_int_equal(rmdir(path), 0);
	assert_true(read(watch, events, sizeof(events)) > 0);
	assert_int_equal(cgroup_fate(&cgroup), CGROUP_GONE);

	assert_int_equal(mkdir(path, 0755), 0);
	assert_true(read(watch, events, sizeof(events)) > 0);
	assert_int_equal(cgroup_fate(&cgroup), CGROUP_MADE_AGAIN);

	assert_int_equal(rmdir(path), 0);
	assert_int_equal(cgroup_fate(&cgroup), CGROUP_GONE);
	close(watch);
	close(cgroup.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_fate),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
