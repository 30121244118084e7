// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Who else is at the hook: a program that watches ours is noted, one that runs instead of a
 * function of ours is a failure, though ours has the tag that it should have.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "verify/running/hook.h"
#include "replaced.skel.h"

static struct replaced_bpf *ours;
static struct bpf_link *hooked;
static char folder[320];
static int cgroup = -1;
static __u32 id;

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void make_cgroup(void)
{
	char line[512], top[256] = "";
	FILE *f = fopen("/proc/mounts", "r");

	assert_non_null(f);
	while (!*top && fgets(line, sizeof(line), f))
		if (!strstr(line, " cgroup2 ") || sscanf(line, "%*s %255s", top) != 1)
			*top = '\0';
	fclose(f);
	snprintf(folder, sizeof(folder), "%s/bctest%d", top, getpid());
	assert_int_equal(mkdir(folder, 0755), 0);
	cgroup = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(cgroup >= 0);
}

/* Load one program alone, for a function of ours if it is for one. */
static struct replaced_bpf *load(const char *name, int target, int *error)
{
	struct replaced_bpf *skeleton = replaced_bpf__open();
	struct bpf_program *p;

	assert_non_null(skeleton);
	bpf_object__for_each_program (p, skeleton->obj) {
		bool wanted = !strcmp(bpf_program__name(p), name);

		bpf_program__set_autoload(p, wanted);
		if (wanted && target >= 0)
			assert_int_equal(bpf_program__set_attach_target(p, target, "original"), 0);
	}
	*error = replaced_bpf__load(skeleton);
	if (!*error)
		return skeleton;
	replaced_bpf__destroy(skeleton);
	return NULL;
}

static int set_up(void **state)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);
	int error, fd;

	(void)state;
	libbpf_set_print(quiet);
	make_cgroup();
	ours = load("original", -1, &error);
	assert_non_null(ours);
	fd = bpf_program__fd(ours->progs.original);
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	id = info.id;
	hooked = bpf_program__attach_cgroup(ours->progs.original, cgroup);
	assert_non_null(hooked);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bpf_link__destroy(hooked);
	replaced_bpf__destroy(ours);
	close(cgroup);
	return rmdir(folder);
}

/* What is said of neighbours. */
static enum evidence_result neighbours(void)
{
	enum evidence_result result = EVIDENCE_SKIPPED;
	struct evidence ev = {0};

	hook_check(bpf_link__fd(hooked), id, BPF_CGROUP_INET_INGRESS, &ev);
	for (int i = 0; i < ev.checks; i++)
		if (!strcmp(ev.check[i].name, "neighbours"))
			result = ev.check[i].result;
	evidence_free(&ev);
	return result;
}

/* The result while this program is attached to ours. */
static enum evidence_result beside(const char *name)
{
	struct replaced_bpf *other;
	enum evidence_result result;
	struct bpf_link *attached;
	int error;

	other = load(name, bpf_program__fd(ours->progs.original), &error);
	if (!other) {
		print_message(
			"this kernel, or who watches over it, allows no program like %s: %s\n",
			name, strerror(-error));
		skip();
	}
	attached = bpf_program__attach(bpf_object__find_program_by_name(other->obj, name));
	assert_non_null(attached);
	result = neighbours();
	bpf_link__destroy(attached);
	replaced_bpf__destroy(other);
	return result;
}

static void test_alone(void **state)
{
	(void)state;
	assert_int_equal(neighbours(), EVIDENCE_HOLDS);
}

static void test_watched(void **state)
{
	(void)state;
	assert_int_equal(beside("watcher"), EVIDENCE_NOTED);
}

static void test_replaced(void **state)
{
	(void)state;
	assert_int_equal(beside("replacement"), EVIDENCE_FAILS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_watched),
		cmocka_unit_test(test_replaced),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
