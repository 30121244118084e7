// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Calendar days, held against the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/day.h"

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void test_each_day(void **state)
{
	char text[DAY_TEXT];

	(void)state;
	set_zone("UTC0");
	for (long n = 0; n < 366 * 200; n++) {
		__u32 day = day_of((time_t)n * 86400);

		assert_int_equal(day_number(day), n);
		assert_int_equal(day_start(day), n * 86400);
		assert_int_equal(day_of((time_t)n * 86400 + 86399), day);
		day_format(day, text);
		assert_int_equal(day_parse(text), day);
	}
	assert_string_equal(text, "2170-05-31");
}

static void test_zones(void **state)
{
	(void)state;
	set_zone("Europe/Berlin");
	assert_int_equal(day_of(1782856799), 20260630);
	assert_int_equal(day_of(1782856800), 20260701);
	assert_int_equal(day_start(20260701), 1782856800);
	/* The day the clocks go forward has 23 hours. */
	assert_int_equal(day_start(20260330) - day_start(20260329), 23 * 3600);
	set_zone("UTC0");
}

static void test_no_days(void **state)
{
	static const char *const bad[] = {
		"",	      "2026",	    "2026-07-0",  "2026/07/01", "2026-7-01x", "1969-12-31",
		"2026-00-01", "2026-13-01", "2026-01-00", "2026-01-32", "2026-02-29", "2100-02-29",
		"2026-04-31", "+026-04-30", "2026-04--1", "20260430ab",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(day_parse(bad[i]), 0);
	assert_int_equal(day_parse("2024-02-29"), 20240229);
	assert_int_equal(day_parse("2000-02-29,and more"), 20000229);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_day),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_no_days),
	};

	return cmocka_run_group_tests_name("day", tests, NULL, NULL);
}
