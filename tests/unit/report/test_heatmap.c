// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The JSON of the report: order, grouping, sums, and its limit. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/heatmap.h"

#define TAIL                                                                             \
	",\n\"events\":[\"click\",\"move\",\"scroll\",\"convert\",\"view\",\"request\"," \
	"\"other\"],\n\"devices\":[\"unknown\",\"phone\",\"tablet\",\"desktop\"]"

static void add(struct heatmap *h, __u32 day, const struct row *row)
{
	struct error e = {""};

	assert_int_equal(heatmap_add(h, day, row, &e), 0);
}

static void assert_json(struct heatmap *h, unsigned int damaged, const char *want)
{
	char *json;
	size_t length;
	FILE *out = open_memstream(&json, &length);

	assert_non_null(out);
	heatmap_write(h, damaged, out);
	fclose(out);
	assert_string_equal(json, want);
	free(json);
}

static void nothing_counted(void **state)
{
	struct heatmap h = {0};

	(void)state;
	assert_json(&h, 2,
		    "{\"sites\":[],\n\"dates\":[]" TAIL ",\n\"damaged\":2,\n\"pages\":[]}\n");
	heatmap_free(&h);
}

static void rows_by_page(void **state)
{
	struct heatmap h = {0};
	struct row row = {.site = "b", .page = "/", .count = 2, .device = BC_DEVICE_PHONE};

	(void)state;
	row.column = BC_NO_COLUMN;
	row.row = BC_NO_ROW;
	add(&h, 20261101, &row);
	row.column = row.row = 0;
	add(&h, 20261101, &row);
	row.row = 7;
	add(&h, 20261101, &row);
	row.column = 1;
	row.row = 3;
	add(&h, 20261101, &row);
	row.event = BC_EVENT_VIEW;
	row.column = BC_NO_COLUMN;
	row.row = 0;
	add(&h, 20261101, &row);
	row.site = "c";
	row.page = "</script>";
	row.count = 100;
	row.column = BC_COLUMNS - 1;
	row.row = BC_ROW_MAX;
	add(&h, 20261101, &row);
	row.site = "b";
	row.page = "/";
	row.count = 1;
	add(&h, 20261105, &row);
	assert_int_equal(h.cells, 7);
	assert_json(&h, 0,
		    "{\"sites\":[\"b\",\"c\"],\n"
		    "\"dates\":[\"2026-11-01\",\"2026-11-05\"]" TAIL
		    ",\n\"damaged\":0,\n\"pages\":[\n"
		    "{\"n\":\"\\u003c/"
		    "script\\u003e\",\"s\":1,\"t\":100,\"g\":[[0,4,1,[266304,100]]]},\n"
		    "{\"n\":\"/\",\"s\":0,\"t\":11,\"g\":[[0,0,1,[0,2,4098,2,7,2,4093,2]],\n"
		    "[0,4,1,[1,2]],\n[1,4,1,[266304,1]]]}]}\n");
	heatmap_free(&h);
}

static void refuses_too_much(void **state)
{
	struct heatmap h = {.bytes = HEATMAP_LIMIT};
	struct row row = {.site = "(any)", .page = "/", .count = 1};
	struct error e = {""};

	(void)state;
	assert_int_equal(heatmap_add(&h, 20261101, &row, &e), -EFBIG);
	assert_non_null(strstr(e.text, "--from"));
	heatmap_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_counted),
		cmocka_unit_test(rows_by_page),
		cmocka_unit_test(refuses_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
