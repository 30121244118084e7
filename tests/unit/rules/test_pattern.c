// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Page patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rules/pattern.h"

static const struct {
	const char *pattern, *name;
	bool matches;
} cases[] = {
	{"/", "/", true},
	{"/", "/a", false},
	{"/a", "/a", true},
	{"/a", "/A", false},
	{"/a", "/ab", false},
	{"/ab", "/a", false},
	{"/a", "/a/", false},
	{"/*", "/a", true},
	{"/*", "/", false},
	{"/*", "/a/", false},
	{"/*", "/a/b", false},
	{"/*/b", "/a/b", true},
	{"/*/b", "/a/c", false},
	{"/*/b", "//b", false},
	{"/*/*", "/a/b", true},
	{"/*/*", "/a", false},
	{"/a*", "/a*", true},
	{"/a*", "/ab", false},
	{"/**", "/ab", false},
	{"/product/*", "/product/*", true},
	{"/product/*/reviews", "/product/x/reviews", true},
	{"/product/*/reviews", "/product/x/y/reviews", false},
	{"*", "(other)", true},
	{"(other)", "(other)", true},
	{"", "", true},
	{"", "/", false},
	{"*", "", false},
};

static void test_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (pattern_matches(cases[i].pattern, cases[i].name) != cases[i].matches)
			fail_msg("'%s' on '%s'", cases[i].pattern, cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_patterns)};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
