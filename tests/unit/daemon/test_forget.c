// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The note of what is to be forgotten: where it can't be written, nothing of it stays; one that
 * is not done with outlives what is to be forgotten next.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/agent.h"
#include "unit/data_folder.h"

/* No file may have a byte: the note can't be written. */
static void test_note_fails(void **state)
{
	struct agent a = {.data = data_fd};
	struct forget_result gone;
	struct error e = {""};
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, limit.rlim_max}), 0);
	assert_int_equal(forget(&a, "shop.example.org", "/secret", &gone, &e), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_non_null(strstr(e.text, "cannot note what to forget"));
	assert_false(data_folder_has(".forget.tmp"));
}

static void note(const char *text)
{
	int fd = openat(data_fd, "forget", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void assert_noted(const char *text)
{
	char there[200] = "";
	int fd = openat(data_fd, "forget", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0 && read(fd, there, sizeof(there) - 1) >= 0);
	close(fd);
	assert_string_equal(there, text);
}

/* Without a kernel set no flush works, so nothing can be forgotten. */
static void test_note_outlives_another(void **state)
{
	struct agent a = {.data = data_fd, .options = {.data = data_path, .node = "node"}};
	struct forget_result gone;
	struct error e = {""};

	(void)state;
	map_set_clear(&a.loader.set);
	note("shop.example.org\n/first\n");
	assert_true(forget(&a, "shop.example.org", "/second", &gone, &e) < 0);
	assert_non_null(strstr(e.text, "what was to be forgotten before can't be: "));
	assert_null(strstr(e.text, "/first"));
	assert_noted("shop.example.org\n/first\n");
	assert_true(forget_resume(&a, &e) < 0);
	assert_noted("shop.example.org\n/first\n");
}

static void test_damaged_note(void **state)
{
	struct agent a = {.data = data_fd};
	struct forget_result gone;
	struct error e = {""};

	(void)state;
	note("shop.example.org");
	assert_int_equal(forget(&a, "(any)", "/second", &gone, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "'forget' in the data folder is damaged: remove it"));
	assert_noted("shop.example.org");
}

/* A pipe that nobody writes to would block who opens it. */
static void test_note_is_no_file(void **state)
{
	struct agent a = {.data = data_fd};
	struct error e = {""};

	(void)state;
	assert_int_equal(mkfifoat(data_fd, "forget", 0600), 0);
	alarm(10);
	assert_true(forget_resume(&a, &e) < 0);
	alarm(0);
	assert_non_null(strstr(e.text, "is damaged"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DATA_FOLDER_TEST(test_note_fails),
		DATA_FOLDER_TEST(test_note_is_no_file),
		DATA_FOLDER_TEST(test_note_outlives_another),
		DATA_FOLDER_TEST(test_damaged_note),
	};

	return cmocka_run_group_tests_name("forget", tests, NULL, NULL);
}
