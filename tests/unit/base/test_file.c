// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Whole files: their bounds, files without a size, and what is none. */
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

#include "base/file.h"

#define MAX 100000

/* A file of `size` bytes, without a name. */
static int file_of(size_t size)
{
	char *bytes = malloc(size + 1);
	FILE *file = tmpfile();
	int fd;

	assert_non_null(bytes);
	assert_non_null(file);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)('a' + i % 26);
	fd = dup(fileno(file));
	fclose(file);
	assert_int_equal(file_write(fd, bytes, size), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	free(bytes);
	return fd;
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 8192, MAX - 1, MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fd = file_of(sizes[i]);
		size_t length = 1;
		char *text = NULL;

		assert_int_equal(file_read(fd, MAX, &text, &length), 0);
		assert_int_equal(length, sizes[i]);
		assert_int_equal(strlen(text), sizes[i]);
		if (length)
			assert_int_equal(text[length - 1], 'a' + (length - 1) % 26);
		free(text);
		close(fd);
	}
}

static void test_too_large(void **state)
{
	static const size_t sizes[] = {MAX + 1, MAX + 2, 3 * MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *text = (char *)"untouched";
		int fd = file_of(sizes[i]);
		size_t length = 7;

		assert_int_equal(file_read(fd, MAX, &text, &length), -EFBIG);
		assert_string_equal(text, "untouched");
		assert_int_equal(length, 7);
		close(fd);
	}
}

/* A pipe gives its bytes bit by bit, and says no size. */
static void test_pipe(void **state)
{
	static char bytes[30000];
	size_t length = 0;
	char *text = NULL;
	int ends[2];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(file_write(ends[1], bytes, sizeof(bytes)), 0);
	close(ends[1]);
	assert_int_equal(file_read(ends[0], MAX, &text, &length), 0);
	assert_int_equal(length, sizeof(bytes));
	assert_memory_equal(text, bytes, sizeof(bytes));
	free(text);
	close(ends[0]);
}

static void test_proc(void **state)
{
	size_t length = 0;
	char *text = NULL;

	(void)state;
	assert_int_equal(file_read_at(AT_FDCWD, "/proc/self/status", MAX, &text, &length), 0);
	assert_true(length > 100);
	assert_non_null(strstr(text, "Uid:"));
	free(text);
}

static void test_none(void **state)
{
	size_t length = 0;
	char *text = NULL;

	(void)state;
	assert_int_equal(file_read_at(AT_FDCWD, "/proc/self/none", MAX, &text, &length), -ENOENT);
	assert_int_equal(file_read_at(AT_FDCWD, "/proc", MAX, &text, &length), -EINVAL);
	assert_int_equal(file_read_at(AT_FDCWD, "/dev/null", MAX, &text, &length), -EINVAL);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes), cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_pipe),  cmocka_unit_test(test_proc),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
