// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* CSV lines: what is written is what is read, and what no writer wrote is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store/csv.h"

static const struct {
	struct row row;
	const char *line;
} written[] = {
	{{"(any)", "/", 1, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_VIEW, BC_DEVICE_PHONE},
	 "2026-07-01,(any),/,view,phone,,,1\n"},
	{{"shop.example.org", "/a", ~0ULL, 4095, 63, BC_EVENT_CLICK, BC_DEVICE_DESKTOP},
	 "2026-07-01,shop.example.org,/a,click,desktop,63,4095,18446744073709551615\n"},
	{{"s", "/a", 7, 0, 0, BC_EVENT_MOVE, BC_DEVICE_TABLET},
	 "2026-07-01,s,/a,move,tablet,0,0,7\n"},
	{{"s", "/a", 7, 9, BC_NO_COLUMN, BC_EVENT_SCROLL, BC_DEVICE_UNKNOWN},
	 "2026-07-01,s,/a,scroll,unknown,,9,7\n"},
	{{"s", "/a,b", 1, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_OTHER, BC_DEVICE_PHONE},
	 "2026-07-01,s,\"/a,b\",other,phone,,,1\n"},
	{{"s", "/\"q\"", 1, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_CONVERT, BC_DEVICE_PHONE},
	 "2026-07-01,s,\"/\"\"q\"\"\",convert,phone,,,1\n"},
	{{"s", "=cmd()", 1, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_REQUEST, BC_DEVICE_PHONE},
	 "2026-07-01,s,'=cmd(),request,phone,,,1\n"},
	{{"+1", "-1,2", 1, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_REQUEST, BC_DEVICE_PHONE},
	 "2026-07-01,'+1,\"'-1,2\",request,phone,,,1\n"},
	{{"@a", "\tb", 1, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_REQUEST, BC_DEVICE_PHONE},
	 "2026-07-01,'@a,'\tb,request,phone,,,1\n"},
	{{"'", "''=", 1, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_REQUEST, BC_DEVICE_PHONE},
	 "2026-07-01,'','''=,request,phone,,,1\n"},
	{{"\r", "\n", 1, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_REQUEST, BC_DEVICE_PHONE},
	 "2026-07-01,\"'\r\",\"'\n\",request,phone,,,1\n"},
};

static void assert_reads(const char *line, size_t length, const struct row *want)
{
	struct csv_record record;
	const char *reason = NULL;

	assert_int_equal(csv_read(line, length, &record, &reason), length);
	assert_int_equal(record.day, 20260701);
	assert_string_equal(record.row.site, want->site);
	assert_string_equal(record.row.page, want->page);
	assert_int_equal(row_compare(&record.row, want), 0);
	assert_true(record.row.count == want->count);
}

static void test_write_and_read(void **state)
{
	char out[CSV_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
		int length = csv_write(out, "2026-07-01", &written[i].row);

		assert_int_equal(length, strlen(written[i].line));
		assert_memory_equal(out, written[i].line, (size_t)length);
		assert_reads(out, (size_t)length, &written[i].row);
	}
}

/* Names of bytes that need care, and of all others, at all lengths. */
static void test_random_names(void **state)
{
	static const char care[] = "=+-@\t\r\n'\",;a/";
	char site[CSV_NAME_MAX + 1], page[CSV_NAME_MAX + 1], out[CSV_LINE_MAX];

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)(i % CSV_NAME_MAX) + 1;
		struct row row = {site, page, (__u64)rand() + 1, 0, 0, 0, 0};
		int length;

		for (size_t k = 0; k < n; k++) {
			site[k] = care[(size_t)rand() % (sizeof(care) - 1)];
			page[k] = (char)(rand() % 255 + 1);
		}
		site[n] = page[n] = '\0';
		length = csv_write(out, "2026-07-01", &row);
		assert_in_range(length, 1, CSV_LINE_MAX);
		assert_reads(out, (size_t)length, &row);
		out[length - 1] = '\r';
		out[length] = '\n';
		assert_reads(out, (size_t)length + 1, &row);
	}
}

static void test_longest_line_fits(void **state)
{
	char name[CSV_NAME_MAX + 2], out[CSV_LINE_MAX];
	struct row row = {
		name, name, ~0ULL, BC_ROW_MAX, BC_COLUMNS - 1, BC_EVENT_REQUEST, BC_DEVICE_DESKTOP};

	(void)state;
	memset(name, '"', sizeof(name));
	name[0] = '=';
	name[CSV_NAME_MAX + 1] = '\0';
	assert_int_equal(csv_write(out, "2026-07-01", &row), -EINVAL);
	name[CSV_NAME_MAX] = '\0';
	assert_in_range(csv_write(out, "2026-07-01", &row), 1, CSV_LINE_MAX - 1);
}

static void test_refuses_to_write(void **state)
{
	static const struct row bad[] = {
		{"", "/", 1, 0, 0, 0, 0},	    {"s", "", 1, 0, 0, 0, 0},
		{"s", "/", 0, 0, 0, 0, 0},	    {"s", "/", 1, 4096, 0, 0, 0},
		{"s", "/", 1, 0, 64, 0, 0},	    {"s", "/", 1, 0, 0, BC_EVENTS, 0},
		{"s", "/", 1, 0, 0, 0, BC_DEVICES},
	};
	char out[CSV_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(csv_write(out, "2026-07-01", &bad[i]), -EINVAL);
}

static void test_refuses_to_read(void **state)
{
	static const struct {
		const char *line, *reason;
	} bad[] = {
		{"", "bad date"},
		{"2026-07-0", "bad date"},
		{"2026-02-30,s,/,view,phone,,,1\n", "bad date"},
		{"2026-07-01", "not eight fields"},
		{"2026-07-01;s", "not eight fields"},
		{"2026-07-01,s,/,view,phone,,1\n", "not eight fields"},
		{"2026-07-01,s,/,view,phone,,,1,\n", "bad line end"},
		{"2026-07-01,s,/,view,phone,,,1", "bad line end"},
		{"2026-07-01,s,/,view,phone,,,1\r", "bad line end"},
		{"2026-07-01,s,/,view,phone,,,1x\n", "bad line end"},
		{"2026-07-01,s,/,view,phone,,,\n", "bad number"},
		{"2026-07-01,s,/,view,phone,,,-1\n", "bad number"},
		{"2026-07-01,s,/,view,phone,,,01\n", "bad number"},
		{"2026-07-01,s,/,view,phone,,,0\n", "a count of 0"},
		{"2026-07-01,s,/,view,phone,,,18446744073709551616\n", "number too big"},
		{"2026-07-01,s,/,view,phone,64,0,1\n", "number too big"},
		{"2026-07-01,s,/,view,phone,0,4096,1\n", "number too big"},
		{"2026-07-01,s,/,view,phone,x,1,1\n", "bad number"},
		{"2026-07-01,s,/,View,phone,,,1\n", "no such event or device"},
		{"2026-07-01,s,/,views,phone,,,1\n", "no such event or device"},
		{"2026-07-01,s,/,view,phones,,,1\n", "no such event or device"},
		{"2026-07-01,s,/,view", "no such event or device"},
		{"2026-07-01,,/,view,phone,,,1\n", "empty name"},
		{"2026-07-01,s,\"\",view,phone,,,1\n", "empty name"},
		{"2026-07-01,s,\"/,view,phone,,,1\n", "a quote that does not end"},
		{"2026-07-01,s,\"/\"x,view,phone,,,1\n", "not eight fields"},
		{"2026-07-01,s,/\"x,view,phone,,,1\n", "a byte that needs quotes"},
		{"2026-07-01,s,/\n,view,phone,,,1\n", "a byte that needs quotes"},
		{"2026-07-01,s,=1,view,phone,,,1\n", "a name that is a formula"},
		{"2026-07-01,s,\"@1\",view,phone,,,1\n", "a name that is a formula"},
		{"2026-07-01,s,'a,view,phone,,,1\n", "an apostrophe that guards nothing"},
		{"2026-07-01,s,',view,phone,,,1\n", "an apostrophe that guards nothing"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		size_t length = strlen(bad[i].line);
		char *copy = malloc(length ? length : 1); /* no NUL, so that ASan sees overreads */
		struct csv_record record;
		const char *reason = NULL;

		assert_non_null(copy);
		memcpy(copy, bad[i].line, length);
		assert_int_equal(csv_read(copy, length, &record, &reason), -EBADMSG);
		assert_string_equal(reason, bad[i].reason);
		free(copy);
	}
}

static void test_names_too_long(void **state)
{
	char line[2 * CSV_LINE_MAX], name[CSV_LINE_MAX];
	struct csv_record record;
	const char *reason = NULL;

	(void)state;
	for (int quoted = 0; quoted <= 1; quoted++) {
		for (size_t n = CSV_NAME_MAX + 1; n < CSV_LINE_MAX; n++) {
			const char *quote = quoted ? "\"" : "";
			int length;

			memset(name, 'a', n);
			length = snprintf(line, sizeof(line),
					  "2026-07-01,s,%s%.*s%s,view,phone,,,1\n", quote, (int)n,
					  name, quote);
			assert_int_equal(csv_read(line, (size_t)length, &record, &reason),
					 -EBADMSG);
			assert_string_equal(reason, "name too long");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_and_read),	  cmocka_unit_test(test_random_names),
		cmocka_unit_test(test_longest_line_fits), cmocka_unit_test(test_refuses_to_write),
		cmocka_unit_test(test_refuses_to_read),	  cmocka_unit_test(test_names_too_long),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
