// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The exit statuses of `blindcount check`. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "command/commands.h"

static int check(char *a, char *b)
{
	char *argv[] = {"check", a, b, NULL};

	return check_command(a ? b ? 3 : 2 : 1, argv);
}

static int check_text(const char *text)
{
	char path[] = "/tmp/test_check.XXXXXX";
	int fd = mkstemp(path), status;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	status = check(path, NULL);
	unlink(path);
	return status;
}

static void test_files(void **state)
{
	char many[4096] = "";

	(void)state;
	assert_int_equal(check_text(""), EXIT_SUCCESS);
	assert_int_equal(check_text("site a\npage a /x\n"), EXIT_SUCCESS);
	assert_int_equal(check_text("site a\npage b /x\n"), EXIT_FAILURE);
	assert_int_equal(check_text("site a\nsiet b\n"), EXIT_FAILURE);
	for (int i = 0; i < 100; i++)
		sprintf(many + strlen(many), "optout header X-%d\n", i);
	assert_int_equal(check_text(many), EXIT_FAILURE);
}

static void test_usage(void **state)
{
	(void)state;
	assert_int_equal(check("--help", NULL), EXIT_SUCCESS);
	assert_int_equal(check(NULL, NULL), EXIT_USAGE);
	assert_int_equal(check("--no", NULL), EXIT_USAGE);
	assert_int_equal(check("a", "b"), EXIT_USAGE);
	assert_int_equal(check("/nonexistent", NULL), EXIT_FAILURE);
}

/* What the command prints is not part of this test's output. */
static int silence(void **state)
{
	int null = open("/dev/null", O_WRONLY);
	int *saved = malloc(2 * sizeof(int));

	if (null < 0 || !saved)
		return -1;
	fflush(stdout);
	saved[0] = dup(STDOUT_FILENO);
	saved[1] = dup(STDERR_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
	*state = saved;
	return 0;
}

static int speak(void **state)
{
	int *saved = *state;

	fflush(stdout);
	dup2(saved[0], STDOUT_FILENO);
	dup2(saved[1], STDERR_FILENO);
	close(saved[0]);
	close(saved[1]);
	free(saved);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, silence, speak),
		cmocka_unit_test_setup_teardown(test_usage, silence, speak),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
