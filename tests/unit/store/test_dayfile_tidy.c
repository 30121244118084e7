// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Stray temporary files, old days, forgotten pages. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>
#include <cmocka.h>

#include "store/csv.h"
#include "store/dayfile.h"
#include "unit/data_folder.h"

#define FOLDER(day) "counts/date=2026-07-" day

static void touch(const char *path)
{
	int fd = openat(data_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

/* Files of two nodes on three days, with one page and site that can be forgotten. */
static void make_files(void)
{
	static const struct row rows[] = {
		{"(any)", "(other)", 1, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_VIEW, BC_DEVICE_PHONE},
		{"(any)", "/product/a", 2, 3, 4, BC_EVENT_CLICK, BC_DEVICE_PHONE},
		{"(any)", "/product/b", 3, 3, 4, BC_EVENT_CLICK, BC_DEVICE_PHONE},
		{"(any)", "/product/b", 4, 3, 4, BC_EVENT_CLICK, BC_DEVICE_TABLET},
		{"shop", "/product/a", 5, 3, 4, BC_EVENT_CLICK, BC_DEVICE_PHONE},
	};
	static const char *const nodes[] = {"web1", "web2"};

	for (__u32 i = 0; i < 6; i++) {
		const struct dayfile_place place = {data_fd, nodes[i % 2]};
		const struct dayfile_merge merge = {
			.day = 20260701 + i / 2,
			.start = 1782864000 + 86400 * (i / 2),
			.generation = 10 + i,
			.fresh = {rows, i < 4 ? 5 : 1},
		};
		struct dayfile_result result;

		assert_int_equal(dayfile_merge(&place, &merge, &result, NULL), 0);
	}
}

static void test_clean(void **state)
{
	(void)state;
	assert_int_equal(dayfile_clean(data_fd, NULL), 0); /* nothing there yet */
	make_files();
	touch(FOLDER("01") "/.web1.csv.gz.tmp");
	touch(FOLDER("03") "/.web9.csv.gz.tmp");
	touch(FOLDER("03") "/.other.tmp");
	touch(FOLDER("03") "/web1.csv.gz.damaged-1");
	assert_int_equal(dayfile_clean(data_fd, NULL), 0);
	assert_false(data_folder_has(FOLDER("01") "/.web1.csv.gz.tmp"));
	assert_false(data_folder_has(FOLDER("03") "/.web9.csv.gz.tmp"));
	assert_true(data_folder_has(FOLDER("03") "/.other.tmp"));
	assert_true(data_folder_has(FOLDER("03") "/web1.csv.gz.damaged-1"));
	assert_true(data_folder_has(FOLDER("01") "/web1.csv.gz"));
}

static void test_retain(void **state)
{
	(void)state;
	assert_int_equal(dayfile_retain(data_fd, 20260801, 1, NULL), 0);
	make_files();
	touch(FOLDER("01") "/web1.csv.gz.damaged-1");
	touch(FOLDER("02") "/notes.txt");
	assert_int_equal(dayfile_retain(data_fd, 20260801, 31, NULL), 0);
	assert_true(data_folder_has(FOLDER("01") "/web1.csv.gz"));
	assert_int_equal(dayfile_retain(data_fd, 20260801, 30, NULL), 0);
	assert_false(data_folder_has(FOLDER("01")));
	assert_true(data_folder_has(FOLDER("02") "/web2.csv.gz"));
	assert_int_equal(dayfile_retain(data_fd, 20260801, 29, NULL), 0);
	assert_false(data_folder_has(FOLDER("02") "/web2.csv.gz"));
	assert_true(data_folder_has(FOLDER("02") "/notes.txt"));
	assert_true(data_folder_has(FOLDER("03") "/web1.csv.gz"));
}

/* A folder of one day that is a link is named, and the others are done all the same. */
static void test_retain_goes_on(void **state)
{
	struct error e = {""};

	(void)state;
	make_files();
	assert_int_equal(renameat(data_fd, FOLDER("01"), data_fd, "moved"), 0);
	assert_int_equal(symlinkat("../moved", data_fd, FOLDER("01")), 0);
	assert_int_equal(dayfile_retain(data_fd, 20260801, 29, &e), -ENOTDIR);
	assert_non_null(strstr(e.text, "date=2026-07-01"));
	assert_true(data_folder_has("moved/web1.csv.gz"));
	assert_false(data_folder_has(FOLDER("02")));
}

/* Does the unpacked file hold the text? */
static bool file_has(const char *path, const char *what)
{
	char full[128], text[4096];
	gzFile gz;
	int n;

	snprintf(full, sizeof(full), "%s/%s", data_path, path);
	gz = gzopen(full, "rb");
	assert_non_null(gz);
	n = gzread(gz, text, sizeof(text) - 1);
	assert_true(n > 0);
	gzclose(gz);
	text[n] = '\0';
	return strstr(text, what);
}

static void test_forget_page(void **state)
{
	struct dayfile_forgotten done;
	struct stat before, after;
	__u64 generation;

	(void)state;
	assert_int_equal(dayfile_forget(data_fd, "(any)", "/product/b", &done, NULL), 0);
	assert_int_equal(done.files, 0);
	make_files();
	assert_int_equal(fstatat(data_fd, FOLDER("03") "/web1.csv.gz", &before, 0), 0);
	assert_int_equal(dayfile_forget(data_fd, "(any)", "/product/b", &done, NULL), 0);
	assert_int_equal(done.files, 4);
	assert_true(done.rows == 8);
	assert_false(file_has(FOLDER("01") "/web1.csv.gz", "/product/b"));
	assert_false(file_has(FOLDER("02") "/web2.csv.gz", "/product/b"));
	assert_true(file_has(FOLDER("02") "/web2.csv.gz", "(any),/product/a,click,phone,4,3,2"));
	assert_true(file_has(FOLDER("02") "/web2.csv.gz", "(other),view,phone,,,1"));

	/* A file without such rows is left as it is; one that is rewritten keeps what it is. */
	assert_int_equal(fstatat(data_fd, FOLDER("03") "/web1.csv.gz", &after, 0), 0);
	assert_true(before.st_ino == after.st_ino);
	assert_int_equal(fstatat(data_fd, FOLDER("02") "/web1.csv.gz", &after, 0), 0);
	assert_int_equal(after.st_mtime, 1782864000 + 86400);
	assert_int_equal(after.st_mode, S_IFREG | 0640);
	assert_int_equal(dayfile_generation(&(struct dayfile_place){data_fd, "web1"}, 20260702,
					    &generation, NULL),
			 0);
	assert_true(generation == 12);

	assert_int_equal(dayfile_forget(data_fd, "(any)", "/product/b", &done, NULL), 0);
	assert_int_equal(done.files, 0);
	assert_int_equal(dayfile_forget(data_fd, "shop", "/product/*", &done, NULL), 0);
	assert_true(done.rows == 4);
	assert_true(file_has(FOLDER("02") "/web2.csv.gz", "(any),/product/a,click,phone,4,3,2"));
}

static void test_forget_site(void **state)
{
	struct dayfile_forgotten done;

	(void)state;
	make_files();
	touch(FOLDER("01") "/.web1.csv.gz.tmp");
	assert_int_equal(dayfile_forget(data_fd, "(any)", NULL, &done, NULL), 0);
	assert_int_equal(done.files, 6);
	assert_true(done.rows == 18);
	assert_false(file_has(FOLDER("01") "/web1.csv.gz", "(any)"));
	assert_true(file_has(FOLDER("01") "/web1.csv.gz", "shop,/product/a"));
	assert_false(data_folder_has(FOLDER("01") "/.web1.csv.gz.tmp"));
}

static void test_forget_names_what_it_cannot_reach(void **state)
{
	struct dayfile_forgotten done;
	struct error e = {""};

	(void)state;
	make_files();
	touch(FOLDER("01") "/web1.csv.gz.damaged-1");
	assert_int_equal(dayfile_forget(data_fd, "(any)", "/product/b", &done, &e), -EBADMSG);
	assert_int_equal(done.unreached, 1);
	assert_int_equal(done.damaged, 1);
	assert_int_equal(done.files, 4);
	assert_string_equal(e.text,
			    "delete what is damaged, and forget again: " FOLDER(
				    "01") "/web1.csv.gz.damaged-1 was set aside as damaged");
	touch(FOLDER("02") "/a.csv.gz");
	touch(FOLDER("02") "/b.csv.gz");
	touch(FOLDER("02") "/c.csv.gz");
	e.text[0] = '\0';
	assert_int_equal(dayfile_forget(data_fd, "(any)", NULL, &done, &e), -EBADMSG);
	assert_int_equal(done.unreached, 4);
	assert_int_equal(done.damaged, 4);
	assert_non_null(
		strstr(e.text, FOLDER("02") "/a.csv.gz is damaged: it is cut off; and 2 more"));
}

static void test_names(void **state)
{
	static const struct {
		const char *node;
		bool valid;
	} cases[] = {
		{"web1", true},	    {"a", true},    {"a.b-c_D.9", true}, {"0", true},
		{"", false},	    {".a", false},  {"-a", false},	 {"a/b", false},
		{"a b", false},	    {"a\n", false}, {"\xc3\xa9", false}, {"..", false},
		{"a.csv.gz", true},
	};
	char longest[DAYDIR_NODE_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(daydir_node_valid(cases[i].node), cases[i].valid);
	memset(longest, 'a', sizeof(longest));
	longest[DAYDIR_NODE_MAX + 1] = '\0';
	assert_false(daydir_node_valid(longest));
	longest[DAYDIR_NODE_MAX] = '\0';
	assert_true(daydir_node_valid(longest));
}

static void test_list(void **state)
{
	static const struct {
		const char *name;
		int kind; /* -1: not ours */
	} files[] = {
		{".a.csv.gz.tmp", DAYDIR_TEMPORARY},
		{".csv.gz.tmp", -1},
		{".a.csv.gz.tmp2", -1},
		{".csv.gz", -1},
		{"a.csv", -1},
		{"a.csv.gz", DAYDIR_COUNTS},
		{"a.csv.gz.csv.gz", DAYDIR_COUNTS},
		{"a.csv.gz.damaged-", -1},
		{"a.csv.gz.damaged-1", DAYDIR_DAMAGED},
		{"a.csv.gz.damaged-1.csv.gz", DAYDIR_COUNTS},
		{"a.csv.gz.damaged-12", DAYDIR_DAMAGED},
		{"a.csv.gz.damaged-1x", -1},
		{"a.csv.gz.tmp", -1},
		{"b c.csv.gz", -1},
	};
	struct daydir_list list;
	size_t n = 0;
	int folder;

	(void)state;
	make_files();
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char path[128];

		snprintf(path, sizeof(path), FOLDER("01") "/%s", files[i].name);
		touch(path);
	}
	folder = openat(data_fd, FOLDER("01"), O_RDONLY | O_DIRECTORY);
	assert_int_equal(daydir_list(folder, &list, NULL), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (files[i].kind < 0)
			continue;
		assert_true(n < list.count);
		assert_string_equal(list.entry[n].name, files[i].name);
		assert_int_equal(list.entry[n++].kind, files[i].kind);
	}
	assert_int_equal(n + 2, list.count); /* web1 and web2 */
	free(list.entry);
	close(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DATA_FOLDER_TEST(test_clean),
		DATA_FOLDER_TEST(test_retain),
		DATA_FOLDER_TEST(test_retain_goes_on),
		DATA_FOLDER_TEST(test_forget_page),
		DATA_FOLDER_TEST(test_forget_site),
		DATA_FOLDER_TEST(test_forget_names_what_it_cannot_reach),
		DATA_FOLDER_TEST(test_list),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("dayfile_tidy", tests, NULL, NULL);
}
