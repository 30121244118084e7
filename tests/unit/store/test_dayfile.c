// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Merging generations into a day's file, held against a plain model. */
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
#include <zlib.h>
#include <cmocka.h>

#include "store/csv.h"
#include "unit/data_folder.h"
#include "store/dayfile.h"
#include "store/dayread.h"

#define DAY 20260701
#define NODE "web1"
#define PLACE (&(struct dayfile_place){data_fd, NODE})
#define FOLDER "counts/date=2026-07-01"
#define FILE_NAME FOLDER "/web1.csv.gz"

/* All rows there can be: two sites, some pages, special pages and "(rare)" among them. */
static const char *const sites[] = {"(any)", "shop"};
static const char *const pages[] = {"(other)", "(rare)", "/", "/a", "/a/b", "/b"};
static const __u8 columns[] = {BC_NO_COLUMN, 0, 7};

#define GROUPS (2 * 6 * BC_EVENTS)
#define GROUP_KEYS (BC_DEVICES * 3)
#define KEYS (GROUPS * GROUP_KEYS)

struct model {
	struct row key[KEYS];
	__u64 file[KEYS], suppressed[KEYS], fresh[KEYS];
};

static int compare_rows(const void *a, const void *b)
{
	return row_compare(a, b);
}

static void model_init(struct model *m)
{
	struct row *key = m->key;

	memset(m, 0, sizeof(*m));
	for (int i = 0; i < GROUPS; i++) {
		for (int k = 0; k < GROUP_KEYS; k++, key++) {
			key->site = sites[i % 2];
			key->page = pages[i / 2 % 6];
			key->event = (__u8)(i / 12);
			key->device = (__u8)(k % BC_DEVICES);
			key->column = columns[k / BC_DEVICES];
			key->row = key->column == BC_NO_COLUMN ? BC_NO_ROW : 5;
		}
	}
	qsort(m->key, KEYS, sizeof(*m->key), compare_rows);
}

static int key_of(const struct model *m, const struct row *row)
{
	const struct row *key = bsearch(row, m->key, KEYS, sizeof(*key), compare_rows);

	assert_non_null(key);
	return (int)(key - m->key);
}

static void model_hold(struct model *m, int group, bool fold)
{
	for (int k = group; fold && k < group + GROUP_KEYS; k++) {
		struct row rare = m->key[k];

		rare.page = "(rare)";
		rare.column = BC_NO_COLUMN;
		rare.row = BC_NO_ROW;
		m->file[key_of(m, &rare)] += m->suppressed[k];
		m->suppressed[k] = 0;
	}
}

static void model_merge(struct model *m, __u64 min_count, bool fold)
{
	for (int group = 0; group < KEYS; group += GROUP_KEYS) {
		__u64 stored = 0, waiting = 0;

		for (int k = group; k < group + GROUP_KEYS; k++) {
			m->suppressed[k] += m->fresh[k];
			m->fresh[k] = 0;
			stored += m->file[k];
			waiting += m->suppressed[k];
		}
		if (!stored && waiting < min_count && m->key[group].page[0] != '(') {
			model_hold(m, group, fold);
			continue;
		}
		for (int k = group; k < group + GROUP_KEYS; k++) {
			m->file[k] += m->suppressed[k];
			m->suppressed[k] = 0;
		}
	}
}

/* Some rows of some groups, mostly small counts. */
static void model_count(struct model *m)
{
	for (int n = rand() % 60; n > 0; n--)
		m->fresh[rand() % KEYS] += (__u64)(rand() % 8 ? rand() % 3 + 1 : rand() % 1000 + 1);
}

static struct dayfile_rows rows_of(const struct model *m, const __u64 *count, struct row *rows)
{
	size_t n = 0;

	for (int k = 0; k < KEYS; k++) {
		if (!count[k])
			continue;
		rows[n] = m->key[k];
		rows[n++].count = count[k];
	}
	return (struct dayfile_rows){rows, n};
}

/* What keep() got; its names are those of the keys, which stay. */
struct kept {
	int calls;
	size_t count;
	struct row row[KEYS];
};

static int keep_rows(void *arg, const struct dayfile_rows *suppressed, struct error *e)
{
	struct kept *kept = arg;

	(void)e;
	kept->calls++;
	kept->count = suppressed->count;
	for (size_t i = 0; i < suppressed->count; i++)
		kept->row[i] = suppressed->row[i];
	return 0;
}

static void assert_file_is(const struct model *m)
{
	char date[DAY_TEXT], name[DAYDIR_NAME];
	int counts = daydir_open_counts(data_fd, false, NULL);
	int folder = daydir_open(counts, DAY, false, NULL), k = 0, ret;
	struct dayread *reader;
	struct error e = {""};
	const struct row *row;

	day_format(DAY, date);
	daydir_file_name(NODE, name);
	assert_int_equal(dayread_open(folder, DAY, name, &reader, &e), 0);
	while ((ret = dayread_next(reader, &row, &e)) > 0) {
		while (k < KEYS && !m->file[k])
			k++;
		assert_true(k < KEYS);
		assert_int_equal(row_compare(row, &m->key[k]), 0);
		assert_true(row->count == m->file[k]);
		k++;
	}
	assert_string_equal(e.text, "");
	assert_int_equal(ret, 0);
	while (k < KEYS && !m->file[k])
		k++;
	assert_int_equal(k, KEYS);
	dayread_close(reader);
	close(folder);
	close(counts);
}

static void test_random_generations(void **state)
{
	static struct row fresh[KEYS], suppressed[KEYS], want[KEYS];
	struct model *m = malloc(sizeof(*m));
	struct kept *kept = calloc(1, sizeof(*kept));
	struct dayfile_merge merge = {.day = DAY, .start = 1782864000, .keep = keep_rows};

	(void)state;
	assert_non_null(m);
	assert_non_null(kept);
	model_init(m);
	srand(7);
	for (merge.generation = 1; merge.generation <= 120; merge.generation++) {
		struct dayfile_result result;
		struct dayfile_rows still;
		struct error e = {""};

		model_count(m);
		merge.min_count = merge.generation % 40 < 30 ? 5 : 1 + (__u64)(rand() % 20);
		merge.fold = merge.generation % 50 == 0;
		merge.fresh = rows_of(m, m->fresh, fresh);
		merge.suppressed = rows_of(m, m->suppressed, suppressed);
		merge.arg = kept;
		if (dayfile_merge(PLACE, &merge, &result, &e))
			fail_msg("%s", e.text);
		assert_false(result.was_done);
		assert_string_equal(result.set_aside, "");
		model_merge(m, merge.min_count, merge.fold);
		assert_file_is(m);
		still = rows_of(m, m->suppressed, want);
		assert_int_equal(kept->calls, merge.generation);
		assert_int_equal(kept->count, still.count);
		assert_int_equal(result.suppressed, still.count);
		for (size_t i = 0; i < still.count; i++) {
			assert_int_equal(row_compare(&kept->row[i], &want[i]), 0);
			assert_true(kept->row[i].count == want[i].count);
		}
	}
	free(kept);
	free(m);
}

static const struct row some_rows[] = {
	{"(any)", "(other)", 2, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_VIEW, BC_DEVICE_PHONE},
	{"(any)", "/", 3, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_CLICK, BC_DEVICE_PHONE},
	{"(any)", "/", 3, 4, 5, BC_EVENT_CLICK, BC_DEVICE_PHONE},
	{"(any)", "/rare", 1, 4, 5, BC_EVENT_CLICK, BC_DEVICE_PHONE},
	{"shop", "/a,\"b\"", 40, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_VIEW, BC_DEVICE_TABLET},
};

static struct dayfile_merge some_merge(__u64 generation)
{
	return (struct dayfile_merge){
		.day = DAY,
		.start = 1782864000,
		.generation = generation,
		.min_count = 5,
		.fresh = {some_rows, sizeof(some_rows) / sizeof(*some_rows)},
	};
}

static void merge_some(__u64 generation, struct dayfile_result *result)
{
	struct dayfile_merge merge = some_merge(generation);
	struct error e = {""};

	if (dayfile_merge(PLACE, &merge, result, &e))
		fail_msg("%s", e.text);
}

/* A whole file below DATA. The caller frees it. */
static unsigned char *read_file(const char *path, size_t *length)
{
	int fd = openat(data_fd, path, O_RDONLY | O_CLOEXEC);
	unsigned char *bytes;
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	bytes = malloc((size_t)st.st_size + 1);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size + 1), st.st_size);
	close(fd);
	*length = (size_t)st.st_size;
	return bytes;
}

static void write_file(const char *path, const unsigned char *bytes, size_t length)
{
	int fd = openat(data_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	close(fd);
}

static void test_file_content(void **state)
{
	char path[128], text[1024];
	struct dayfile_result result;
	struct stat st;
	gzFile gz;
	int n;

	(void)state;
	merge_some(77, &result);
	assert_int_equal(result.rows, 4);
	assert_int_equal(result.suppressed, 1);
	assert_int_equal(fstatat(data_fd, FILE_NAME, &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(st.st_mtime, 1782864000);
	assert_int_equal(fstatat(data_fd, FOLDER, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777 & ~0750U, 0);
	snprintf(path, sizeof(path), "%s/" FILE_NAME, data_path);
	gz = gzopen(path, "rb");
	assert_non_null(gz);
	n = gzread(gz, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	gzclose(gz);
	assert_string_equal(text, "date,site,page,event,device,column,row,count\n"
				  "2026-07-01,(any),(other),view,phone,,,2\n"
				  "2026-07-01,(any),/,click,phone,,,3\n"
				  "2026-07-01,(any),/,click,phone,5,4,3\n"
				  "2026-07-01,shop,\"/a,\"\"b\"\"\",view,tablet,,,40\n");
}

/* A generation that is merged again changes nothing, and nothing is kept twice. */
static void test_once_only(void **state)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	struct dayfile_merge merge = some_merge(5);
	struct dayfile_result result;
	unsigned char *before, *after;
	size_t length, length_after;
	__u64 generation = 1;

	(void)state;
	assert_non_null(kept);
	merge.keep = keep_rows;
	merge.arg = kept;
	assert_int_equal(dayfile_generation(PLACE, DAY, &generation, NULL), 0);
	assert_int_equal(generation, 0);
	assert_int_equal(dayfile_merge(PLACE, &merge, &result, NULL), 0);
	assert_int_equal(dayfile_generation(PLACE, DAY, &generation, NULL), 0);
	assert_int_equal(generation, 5);
	before = read_file(FILE_NAME, &length);
	assert_int_equal(dayfile_merge(PLACE, &merge, &result, NULL), 0);
	assert_true(result.was_done);
	assert_int_equal(kept->calls, 1);
	after = read_file(FILE_NAME, &length_after);
	assert_int_equal(length, length_after);
	assert_memory_equal(before, after, length);
	free(before);
	free(after);
	free(kept);
}

static void test_refuses_unsorted_rows(void **state)
{
	struct row rows[2] = {some_rows[1], some_rows[0]};
	struct dayfile_merge merge = some_merge(1);
	struct dayfile_result result;
	struct stat st;

	(void)state;
	merge.fresh = (struct dayfile_rows){rows, 2};
	assert_int_equal(dayfile_merge(PLACE, &merge, &result, NULL), -EINVAL);
	rows[0] = rows[1];
	assert_int_equal(dayfile_merge(PLACE, &merge, &result, NULL), -EINVAL);
	assert_int_equal(fstatat(data_fd, "counts", &st, 0), -1);
}

static int fail_to_keep(void *arg, const struct dayfile_rows *suppressed, struct error *e)
{
	(void)arg;
	(void)suppressed;
	return error_set(e, EBADMSG, "not now");
}

static void test_keep_fails(void **state)
{
	struct dayfile_merge merge = some_merge(2);
	struct dayfile_result result;
	struct error e = {""};
	__u64 generation;
	struct stat st;

	(void)state;
	merge_some(1, &result);
	merge.keep = fail_to_keep;
	assert_int_equal(dayfile_merge(PLACE, &merge, &result, &e), -EBADMSG);
	assert_string_equal(e.text, "not now");
	assert_string_equal(result.set_aside, "");
	assert_int_equal(dayfile_generation(PLACE, DAY, &generation, NULL), 0);
	assert_int_equal(generation, 1);
	assert_int_equal(fstatat(data_fd, FOLDER "/.web1.csv.gz.tmp", &st, 0), -1);
}

/* Read a file to its end into a text that can be compared. Returns what the reader said. */
static int read_rows(char *text, size_t size, __u64 *generation, struct error *e)
{
	int counts = daydir_open_counts(data_fd, false, NULL);
	int folder = daydir_open(counts, DAY, false, NULL);
	struct dayread *reader;
	const struct row *row;
	size_t used = 0;
	int ret = dayread_open(folder, DAY, "web1.csv.gz", &reader, e);

	close(counts);
	close(folder);
	if (ret)
		return ret;
	while ((ret = dayread_next(reader, &row, e)) > 0) {
		assert_true(size - used > CSV_LINE_MAX);
		used += (size_t)csv_write(text + used, "2026-07-01", row);
	}
	text[used] = '\0';
	*generation = dayread_generation(reader);
	dayread_close(reader);
	return ret;
}

static void test_counts_saturate(void **state)
{
	static char text[4 * CSV_LINE_MAX];
	struct row row = some_rows[0];
	struct dayfile_merge merge = some_merge(1);
	struct dayfile_result result;
	struct error e = {""};
	__u64 generation;

	(void)state;
	row.count = ~0ULL - 1;
	merge.fresh = (struct dayfile_rows){&row, 1};
	for (; merge.generation < 4; merge.generation++)
		assert_int_equal(dayfile_merge(PLACE, &merge, &result, NULL), 0);
	assert_int_equal(read_rows(text, sizeof(text), &generation, &e), 0);
	assert_string_equal(text, "2026-07-01,(any),(other),view,phone,,,18446744073709551615\n");
}

static void assert_damaged_or(const char *want, __u64 want_generation)
{
	static char text[16 * CSV_LINE_MAX];
	__u64 generation = 0;
	struct error e = {""};
	int ret = read_rows(text, sizeof(text), &generation, &e);

	if (!ret) {
		assert_string_equal(text, want);
		assert_true(generation == want_generation || !generation);
		return;
	}
	assert_int_equal(ret, -EBADMSG);
	assert_memory_equal(e.text, FILE_NAME " is damaged: ", strlen(FILE_NAME " is damaged: "));
}

static void test_hostile_files(void **state)
{
	static char want[16 * CSV_LINE_MAX];
	struct dayfile_result result;
	unsigned char *bytes;
	struct error e = {""};
	__u64 generation;
	size_t length;

	(void)state;
	merge_some(123, &result);
	assert_int_equal(read_rows(want, sizeof(want), &generation, &e), 0);
	assert_int_equal(generation, 123);
	bytes = read_file(FILE_NAME, &length);
	for (size_t cut = 0; cut < length; cut++) {
		write_file(FILE_NAME, bytes, cut);
		e.text[0] = '\0';
		assert_int_equal(
			read_rows(want + sizeof(want) / 2, sizeof(want) / 2, &generation, &e),
			-EBADMSG);
		assert_non_null(strstr(e.text, "it is cut off"));
	}
	for (size_t bit = 0; bit < 8 * length; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		write_file(FILE_NAME, bytes, length);
		assert_damaged_or(want, 123);
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	bytes[length] = '\0'; /* read_file() leaves room for it */
	write_file(FILE_NAME, bytes, length + 1);
	e.text[0] = '\0';
	assert_int_equal(read_rows(want, sizeof(want), &generation, &e), -EBADMSG);
	assert_string_equal(e.text, FILE_NAME " is damaged: something follows its end");
	free(bytes);
}

/* Good gzip streams around lines that no writer wrote, or a writer of our own kind by hand. */
static void test_packed_by_hand(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{CSV_HEADER "\n", NULL},
		{CSV_HEADER "\r\n2026-07-01,s,/,view,phone,,,1\r\n", NULL},
		{CSV_HEADER "\n2026-07-01,s,/,view,phone,,,1\n2026-07-01,s,/,view,tablet,,,1\n",
		 NULL},
		{"", "it has no header line"},
		{CSV_HEADER, "it has no header line"},
		{CSV_HEADER ",more\n", "it has no header line"},
		{CSV_HEADER "\n2026-07-02,s,/,view,phone,,,1\n", "line 2: a line of another day"},
		{CSV_HEADER "\n2026-07-01,s,/,view,phone,,,1\n2026-07-01,s,/,view,phone,,,1\n",
		 "line 3: out of order"},
		{CSV_HEADER "\n2026-07-01,s,/b,view,phone,,,1\n2026-07-01,s,/a,view,phone,,,1\n",
		 "line 3: out of order"},
		{CSV_HEADER "\n2026-07-01,s,/,view,phone,,,1", "line 2: bad line end"},
		{CSV_HEADER "\n\n", "line 2: bad date"},
	};
	struct dayfile_result result;
	char path[128];

	(void)state;
	merge_some(1, &result);
	snprintf(path, sizeof(path), "%s/" FILE_NAME, data_path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static char text[16 * CSV_LINE_MAX];
		size_t length = strlen(cases[i].text);
		struct error e = {""};
		__u64 generation;
		gzFile gz = gzopen(path, "wb");
		int ret;

		assert_non_null(gz);
		assert_int_equal(gzwrite(gz, cases[i].text, (unsigned int)length), length);
		gzclose(gz);
		ret = read_rows(text, sizeof(text), &generation, &e);
		assert_int_equal(ret, cases[i].reason ? -EBADMSG : 0);
		if (cases[i].reason)
			assert_string_equal(strstr(e.text, "damaged: ") + strlen("damaged: "),
					    cases[i].reason);
		else
			assert_int_equal(generation, 0);
	}
}

/* The writer sets a damaged file aside, as often as it takes, and loses none of its own rows. */
static void test_damage_is_set_aside(void **state)
{
	static char text[16 * CSV_LINE_MAX];
	unsigned char *bytes, *aside;
	size_t length, aside_length;
	struct dayfile_result result;
	struct error e = {""};
	__u64 generation;

	(void)state;
	merge_some(1, &result);
	bytes = read_file(FILE_NAME, &length);
	for (__u64 n = 1; n <= 3; n++) {
		char want[DAYDIR_PATH];

		bytes[length - 1 - n] ^= 1; /* in the CRC or the length */
		write_file(FILE_NAME, bytes, length);
		merge_some(n + 1, &result);
		snprintf(want, sizeof(want), FILE_NAME ".damaged-%d", (int)n);
		assert_string_equal(result.set_aside, want);
		assert_non_null(strstr(result.damage.text, FILE_NAME " is damaged: "));
		aside = read_file(want, &aside_length);
		assert_int_equal(aside_length, length);
		assert_memory_equal(aside, bytes, length);
		free(aside);
		assert_int_equal(read_rows(text, sizeof(text), &generation, &e), 0);
		assert_int_equal(generation, n + 1);
		assert_non_null(strstr(text, "view,tablet,,,40\n"));
	}
	free(bytes);
}

/* Links and pipes where the file or a folder should be: neither followed nor waited for. */
static void test_no_links(void **state)
{
	struct dayfile_merge merge = some_merge(2);
	struct dayfile_result result;
	struct error e = {""};
	struct stat st;

	(void)state;
	merge_some(1, &result);
	assert_int_equal(renameat(data_fd, FILE_NAME, data_fd, "elsewhere"), 0);
	assert_int_equal(symlinkat("../../elsewhere", data_fd, FILE_NAME), 0);
	merge_some(2, &result);
	assert_string_equal(result.set_aside, FILE_NAME ".damaged-1");
	assert_int_equal(unlinkat(data_fd, FILE_NAME, 0), 0);
	assert_int_equal(mkfifoat(data_fd, FILE_NAME, 0600), 0);
	merge_some(3, &result);
	assert_string_equal(result.set_aside, FILE_NAME ".damaged-2");
	assert_int_equal(symlinkat("../../elsewhere", data_fd, FOLDER "/.web1.csv.gz.tmp"), 0);
	merge_some(4, &result);
	assert_int_equal(fstatat(data_fd, FILE_NAME, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(renameat(data_fd, FOLDER, data_fd, "moved"), 0);
	assert_int_equal(symlinkat("../moved", data_fd, FOLDER), 0);
	assert_int_equal(dayfile_merge(PLACE, &merge, &result, &e), -ENOTDIR);
	assert_string_equal(e.text, "date=2026-07-01 is not a folder (links are not followed)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DATA_FOLDER_TEST(test_random_generations),
		DATA_FOLDER_TEST(test_file_content),
		DATA_FOLDER_TEST(test_once_only),
		DATA_FOLDER_TEST(test_refuses_unsorted_rows),
		DATA_FOLDER_TEST(test_keep_fails),
		DATA_FOLDER_TEST(test_counts_saturate),
		DATA_FOLDER_TEST(test_hostile_files),
		DATA_FOLDER_TEST(test_packed_by_hand),
		DATA_FOLDER_TEST(test_damage_is_set_aside),
		DATA_FOLDER_TEST(test_no_links),
	};

	return cmocka_run_group_tests_name("dayfile", tests, NULL, NULL);
}
