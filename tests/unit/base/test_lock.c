// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Locks on folders. */
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

#include "base/lock.h"

static void test_one_at_a_time(void **state)
{
	char path[] = "/tmp/blindcount-test.XXXXXX";
	struct error e = {""};
	int folder, first, again;

	(void)state;
	assert_non_null(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	first = lock_folder(folder, path, &e);
	assert_true(first >= 0);
	assert_int_equal(lock_folder(folder, path, &e), -EWOULDBLOCK);
	assert_non_null(strstr(e.text, path));
	close(first);
	again = lock_folder(folder, path, NULL);
	assert_true(again >= 0);
	close(again);

	/* A link in its place is not followed. */
	assert_int_equal(renameat(folder, "lock", folder, "other"), 0);
	assert_int_equal(symlinkat("other", folder, "lock"), 0);
	assert_int_equal(lock_folder(folder, path, NULL), -ELOOP);
	unlinkat(folder, "lock", 0);
	unlinkat(folder, "other", 0);
	close(folder);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_at_a_time)};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
