// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The note of what is to be forgotten: where it can't be written, nothing of it stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent.h"
#include "data_folder.h"

/* A folder stands where the note belongs: it can't be renamed to its name. */
static void test_note_fails(void **state)
{
	struct agent a = {.data = data_fd};
	struct error e = {""};

	(void)state;
	assert_int_equal(mkdirat(data_fd, "forget", 0700), 0);
	assert_true(agent_forget(&a, "shop.example.org", "/secret", &e) < 0);
	assert_non_null(strstr(e.text, "cannot note what to forget"));
	assert_false(data_folder_has(".forget.tmp"));
}

/* A pipe that nobody writes to would block who opens it. */
static void test_note_is_no_file(void **state)
{
	struct agent a = {.data = data_fd};
	struct error e = {""};

	(void)state;
	assert_int_equal(mkfifoat(data_fd, "forget", 0600), 0);
	alarm(10);
	assert_true(agent_forget_resume(&a, &e) < 0);
	alarm(0);
	assert_non_null(strstr(e.text, "is damaged"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DATA_FOLDER_TEST(test_note_fails),
		DATA_FOLDER_TEST(test_note_is_no_file),
	};

	return cmocka_run_group_tests_name("forget", tests, NULL, NULL);
}
