// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reading stored counts back: sums over nodes, filters, damage, and what export prints. */
#include <errno.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>
#include <cmocka.h>

#include "command/commands.h"
#include "store/counts.h"
#include "store/csv.h"
#include "store/dayfile.h"
#include "unit/data_folder.h"

/* A file as gzip packs it, by node and day of July 2026. */
static void pack(const char *node, const char *day, const char *lines)
{
	char path[160];
	gzFile gz;

	snprintf(path, sizeof(path), "%s/counts", data_path);
	mkdir(path, 0750);
	snprintf(path, sizeof(path), "%s/counts/date=2026-07-%s", data_path, day);
	mkdir(path, 0750);
	snprintf(path, sizeof(path), "%s/counts/date=2026-07-%s/%s.csv.gz", data_path, day, node);
	gz = gzopen(path, "wb");
	assert_non_null(gz);
	assert_true(gzprintf(gz, CSV_HEADER "\n%s", lines) > 0);
	assert_int_equal(gzclose(gz), Z_OK);
}

static void pack_three_nodes(void)
{
	pack("a", "01",
	     "2026-07-01,(any),/,click,phone,1,1,1\n"
	     "2026-07-01,(any),/b,click,phone,1,1,10\n"
	     "2026-07-01,shop,/product/1,view,phone,,,100\n");
	pack("b", "01",
	     "2026-07-01,(any),/,click,phone,1,1,2\n"
	     "2026-07-01,(any),/a,click,phone,1,1,20\n");
	pack("c", "01",
	     "2026-07-01,(any),/,click,phone,1,1,4\n"
	     "2026-07-01,(any),/b,click,phone,1,1,40\n"
	     "2026-07-01,shop,/product/2,view,phone,,,400\n");
	pack("a", "03", "2026-07-03,(any),/,click,phone,1,1,1000\n");
	pack("a", "05", "2026-07-05,(any),/,click,phone,1,1,10000\n");
	pack("b", "05", "");
}

struct collected {
	char text[4096];
	size_t used;
	char damage[512];
	int stop_after; /* rows; 0: never */
	size_t progress;
};

static int collect_row(void *arg, __u32 day, const struct row *row)
{
	struct collected *c = arg;
	char date[DAY_TEXT];

	day_format(day, date);
	assert_true(sizeof(c->text) - c->used > CSV_LINE_MAX);
	c->used += (size_t)csv_write(c->text + c->used, date, row);
	c->text[c->used] = '\0';
	return c->stop_after && !--c->stop_after ? -ECANCELED : 0;
}

static void collect_damage(void *arg, const char *why)
{
	struct collected *c = arg;

	strcat(c->damage, why);
	strcat(c->damage, "\n");
}

static void collect_progress(void *arg, size_t done, size_t days)
{
	struct collected *c = arg;

	assert_true(done < days);
	c->progress++;
}

static int collect(struct counts_query query, struct collected *c)
{
	struct error e = {""};

	query.data = data_fd;
	query.row = collect_row;
	query.damaged = collect_damage;
	query.progress = collect_progress;
	query.arg = c;
	return counts_read(&query, &e);
}

#define DAY_1                                           \
	"2026-07-01,(any),/,click,phone,1,1,7\n"        \
	"2026-07-01,(any),/a,click,phone,1,1,20\n"      \
	"2026-07-01,(any),/b,click,phone,1,1,50\n"      \
	"2026-07-01,shop,/product/1,view,phone,,,100\n" \
	"2026-07-01,shop,/product/2,view,phone,,,400\n"
#define DAY_3 "2026-07-03,(any),/,click,phone,1,1,1000\n"
#define DAY_5 "2026-07-05,(any),/,click,phone,1,1,10000\n"

static void test_queries(void **state)
{
	static const struct {
		struct counts_query query;
		const char *text;
	} cases[] = {
		{{.site = NULL}, DAY_1 DAY_3 DAY_5},
		{{.from = 20260701, .to = 20260705}, DAY_1 DAY_3 DAY_5},
		{{.from = 20260702}, DAY_3 DAY_5},
		{{.to = 20260704}, DAY_1 DAY_3},
		{{.from = 20260703, .to = 20260703}, DAY_3},
		{{.from = 20260704, .to = 20260704}, ""},
		{{.from = 20260706}, ""},
		{{.to = 20260630}, ""},
		{{.site = "shop", .page = "/product/*"},
		 "2026-07-01,shop,/product/1,view,phone,,,100\n"
		 "2026-07-01,shop,/product/2,view,phone,,,400\n"},
		{{.page = "/product/2"}, "2026-07-01,shop,/product/2,view,phone,,,400\n"},
		{{.site = "(any)", .page = "/product/*"}, ""},
		{{.page = "/", .from = 20260702}, DAY_3 DAY_5},
	};

	(void)state;
	assert_int_equal(collect((struct counts_query){.site = NULL}, &(struct collected){0}), 0);
	pack_three_nodes();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct collected c = {0};

		assert_int_equal(collect(cases[i].query, &c), 0);
		assert_string_equal(c.text, cases[i].text);
		assert_string_equal(c.damage, "");
	}
}

static void test_row_ends_it(void **state)
{
	struct collected c = {.stop_after = 2};

	(void)state;
	pack_three_nodes();
	assert_int_equal(collect((struct counts_query){.site = NULL}, &c), -ECANCELED);
	assert_string_equal(c.text, "2026-07-01,(any),/,click,phone,1,1,7\n"
				    "2026-07-01,(any),/a,click,phone,1,1,20\n");
	assert_int_equal(c.progress, 1);
}

/* A file whose last line is bad gives none of its rows; all others are read. */
static void test_damage_is_left_out(void **state)
{
	struct collected c = {0};

	(void)state;
	pack_three_nodes();
	pack("b", "01",
	     "2026-07-01,(any),/,click,phone,1,1,2\n"
	     "2026-07-01,(any),/a,click,phone,1,1,20");
	assert_int_equal(symlinkat("a.csv.gz", data_fd, "counts/date=2026-07-03/link.csv.gz"), 0);
	assert_int_equal(collect((struct counts_query){.site = NULL}, &c), -EBADMSG);
	assert_string_equal(
		c.damage, "counts/date=2026-07-01/b.csv.gz is damaged: line 3: bad line end\n"
			  "counts/date=2026-07-03/link.csv.gz is damaged: it is a symbolic link\n");
	assert_string_equal(c.text, "2026-07-01,(any),/,click,phone,1,1,5\n"
				    "2026-07-01,(any),/b,click,phone,1,1,50\n"
				    "2026-07-01,shop,/product/1,view,phone,,,100\n"
				    "2026-07-01,shop,/product/2,view,phone,,,400\n" DAY_3 DAY_5);
}

/* Many nodes with rows at random: the sums are those of plain addition. */
static void test_many_nodes(void **state)
{
	static __u64 sum[50];
	struct collected c = {0};
	char *p = c.text;

	(void)state;
	srand(3);
	for (int node = 0; node < 40; node++) {
		char name[16], lines[50 * 64];
		size_t used = 0;

		for (int page = 0; page < 50; page++) {
			int count = rand() % 3 ? 0 : rand() % 1000 + 1;

			sum[page] += (__u64)count;
			if (count)
				used += (size_t)sprintf(lines + used,
							"2026-07-01,(any),/%02d,view,phone,,,%d\n",
							page, count);
		}
		lines[used] = '\0';
		snprintf(name, sizeof(name), "n%d", node);
		pack(name, "01", lines);
	}
	assert_int_equal(collect((struct counts_query){.site = NULL}, &c), 0);
	for (int page = 0; page < 50; page++) {
		char want[64];

		snprintf(want, sizeof(want), "2026-07-01,(any),/%02d,view,phone,,,%llu\n", page,
			 (unsigned long long)sum[page]);
		assert_memory_equal(p, want, strlen(want));
		p += strlen(want);
	}
	assert_int_equal(*p, '\0');
}

/* Run the command with its output in a file; returns its exit status. */
static int run_export(char *output, size_t size, const char *option, const char *value)
{
	char *argv[] = {"export", "--data", data_path, (char *)option, (char *)value, NULL};
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), status;
	int file = openat(data_fd, "output", O_RDWR | O_CREAT | O_TRUNC, 0600);
	ssize_t length;

	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	dup2(file, STDERR_FILENO);
	optind = 0;
	status = export_command(option ? value ? 5 : 4 : 3, argv);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	length = pread(file, output, size - 1, 0);
	assert_true(length >= 0);
	output[length] = '\0';
	close(file);
	return status;
}

static void test_export(void **state)
{
	static const struct {
		const char *option, *value;
		int status;
		const char *output;
	} cases[] = {
		{NULL, NULL, 0, CSV_HEADER "\n" DAY_1 DAY_3 DAY_5},
		{"--to", "2026-06-30", 0, CSV_HEADER "\n"},
		{"--site", "shop", 0,
		 CSV_HEADER "\n2026-07-01,shop,/product/1,view,phone,,,100\n"
			    "2026-07-01,shop,/product/2,view,phone,,,400\n"},
		{"--from", "2026-02-30", 2,
		 "blindcount export: --from needs a date as YYYY-MM-DD; "
		 "see blindcount export --help\n"},
		{"--format", "xml", 2,
		 "blindcount export: --format is csv or json; see blindcount export --help\n"},
		{"--sum", NULL, 2,
		 "blindcount export: no option --sum; see blindcount export --help\n"},
		{"--page", NULL, 2,
		 "blindcount export: no value after --page; see blindcount export --help\n"},
		{"more", NULL, 2,
		 "blindcount export: no use for more; see blindcount export --help\n"},
	};
	char output[4096];

	(void)state;
	pack_three_nodes();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(
			run_export(output, sizeof(output), cases[i].option, cases[i].value),
			cases[i].status);
		assert_string_equal(output, cases[i].output);
	}
}

/* Names that would end a JSON string, or are no UTF-8. */
static void test_export_json(void **state)
{
	char output[4096];

	(void)state;
	assert_int_equal(mkdirat(data_fd, "counts", 0750), 0);
	assert_int_equal(run_export(output, sizeof(output), "--format", "json"), 0);
	assert_string_equal(output, "[]\n");
	pack("a", "01",
	     "2026-07-01,s,\"/\"\"\\\n\x1b[31m\",click,phone,1,4095,1\n"
	     "2026-07-01,s,/\xc3\xa9\xe2\x80\xae\xf0\x9f\x98\x80\x7f,view,phone,,,2\n"
	     "2026-07-01,s,/\xff\xc0\xaf\xed\xa0\x80\xe2\x82,view,phone,,,3\n");
	assert_int_equal(run_export(output, sizeof(output), "--format", "json"), 0);
	assert_string_equal(
		output,
		"[\n{\"date\":\"2026-07-01\",\"site\":\"s\",\"page\":\"/"
		"\\\"\\\\\\u000a\\u001b[31m\","
		"\"event\":\"click\",\"device\":\"phone\",\"column\":1,\"row\":4095,\"count\":1},\n"
		"{\"date\":\"2026-07-01\",\"site\":\"s\",\"page\":\"/"
		"\\u00e9\\u202e\\ud83d\\ude00\\u007f\","
		"\"event\":\"view\",\"device\":\"phone\",\"column\":null,\"row\":null,\"count\":2},"
		"\n"
		"{\"date\":\"2026-07-01\",\"site\":\"s\",\"page\":\"/"
		"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\","
		"\"event\":\"view\",\"device\":\"phone\",\"column\":null,\"row\":null,"
		"\"count\":3}\n]\n");
}

static void test_export_names_damage(void **state)
{
	char output[4096];

	(void)state;
	pack_three_nodes();
	pack("z", "01", "nonsense\n");
	assert_int_equal(run_export(output, sizeof(output), "--site", "(any)"), 1);
	assert_non_null(strstr(output, "blindcount export: left out: "
				       "counts/date=2026-07-01/z.csv.gz is damaged: line 2: "));
	assert_non_null(strstr(output, DAY_3 DAY_5));
}

/* Its counts are missing from then on, which must not be forgotten. */
static void test_set_aside_is_told(void **state)
{
	struct collected c = {0};
	int fd;

	(void)state;
	pack_three_nodes();
	fd = openat(data_fd, "counts/date=2026-07-03/a.csv.gz.damaged-1", O_WRONLY | O_CREAT, 0640);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(collect((struct counts_query){.site = NULL}, &c), -EBADMSG);
	assert_non_null(strstr(c.damage, "date=2026-07-03/a.csv.gz.damaged-1 was set aside"));
	assert_string_equal(c.text, DAY_1 DAY_3 DAY_5);
	/* Other days are whole. */
	c = (struct collected){0};
	assert_int_equal(collect((struct counts_query){.to = 20260702}, &c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DATA_FOLDER_TEST(test_queries),
		DATA_FOLDER_TEST(test_row_ends_it),
		DATA_FOLDER_TEST(test_damage_is_left_out),
		DATA_FOLDER_TEST(test_set_aside_is_told),
		DATA_FOLDER_TEST(test_many_nodes),
		DATA_FOLDER_TEST(test_export),
		DATA_FOLDER_TEST(test_export_json),
		DATA_FOLDER_TEST(test_export_names_damage),
	};

	return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
