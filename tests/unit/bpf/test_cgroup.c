// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Which folder outlives a restart of the app, by the names of its path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/cgroup.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *path, *cut;
	bool lasting;
} cases[] = {
	{"/", "/", true},
	{"/web", "/web", true},
	{"/web/worker", "/web/worker", true},
	{"/web.slice", "/web.slice", true},
	{"/system.slice/nginx.service", "/system.slice/nginx.service", false},
	{"/system.slice/nginx.service/worker", "/system.slice/nginx.service", false},
	{"/web.slice/nginx.service", "/web.slice", true},
	{"/web.slice/nginx.service/a/b.scope", "/web.slice", true},
	{"/web.slice/web-shop.slice/nginx.service", "/web.slice/web-shop.slice", true},
	{"/system.slice/system-node.slice/node@1.service", "/system.slice/system-node.slice", true},
	{"/nginx.service", "/nginx.service", false},
	{"/machine.slice/machine-a.scope/payload", "/machine.slice/machine-a.scope", false},
	{"/user.slice/user-1000.slice/session-2.scope",
	 "/user.slice/user-1000.slice/session-2.scope", false},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/node.service",
	 "/user.slice/user-1000.slice/user@1000.service/app.slice/node.service", false},
	{"/docker/" ID, "/docker/" ID, false},
	{"/docker/" ID "/inner", "/docker/" ID, false},
	{"/system.slice/docker-" ID ".scope", "/system.slice/docker-" ID ".scope", false},
	{"/kubepods/burstable/pod1234/" ID, "/kubepods/burstable/pod1234", true},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/"
	 "cri-containerd-" ID ".scope",
	 "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice", true},
};

static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[PATH_MAX];
		bool lasting;

		strcpy(path, cases[i].path);
		lasting = cgroup_cut_to_lasting(path);
		if (strcmp(path, cases[i].cut) || lasting != cases[i].lasting)
			fail_msg("%s: cut to %s, lasting %d", cases[i].path, path, lasting);
	}
}

static void test_refused(void **state)
{
	struct cgroup cgroup = {.fd = -7};
	struct error e = {.text = ""};

	(void)state;
	assert_true(cgroup_open(&(struct cgroup_choice){.path = "/tmp"}, &cgroup, &e) < 0);
	assert_non_null(strstr(e.text, "cgroup v2"));
	assert_true(cgroup_open(&(struct cgroup_choice){.path = "/nowhere"}, &cgroup, NULL) < 0);
	assert_int_equal(cgroup.fd, -7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
