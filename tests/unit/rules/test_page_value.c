// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Page values in beacons: the parser, which takes several bytes at once where
 * it can, leaves the very name that redaction alone makes of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/parser.h"
#include "unit/redact_cases.h"

static struct redact_case cases[REDACT_CASES_MAX];
static int case_count;
static struct bc_ruleset set;
static struct page_ids page_ids;
static struct parser parser;

/* Send a beacon in two segments and look at the name it is counted under. */
static void assert_name(const char *request, size_t cut, const char *name)
{
	parser_start(&parser, &set, &page_ids);
	parser.fill = 'a';
	parser_feed(&parser, request, cut);
	parser_feed(&parser, request + cut, strlen(request) - cut);
	assert_int_equal(parser.ended, 1);
	assert_int_equal(parser.end[0].outcome, BC_COUNTED);
	if (strcmp(parser.end[0].page.name, name))
		fail_msg("%s is counted as %s instead of %s, cut at %zu", request,
			 parser.end[0].page.name, name, cut);
}

/* Bytes that end a query parameter, or its request line, are none of a page value's. */
static bool may_be_value(const char *raw)
{
	return raw[strcspn(raw, " &#")] == 0;
}

/* Each case as the value of the page's key, behind `prefix`. */
static void run_cases(const char *prefix)
{
	for (int i = 0; i < case_count; i++) {
		char request[512];
		size_t length;

		if (!may_be_value(cases[i].raw) || (*prefix && *cases[i].raw != '/'))
			continue;
		length = snprintf(request, sizeof(request),
				  "GET /hm?x=1&p=%s%s&y=2 HTTP/1.1\r\nHost: a\r\n\r\n", prefix,
				  cases[i].raw);
		for (size_t cut = 0; cut < length; cut++)
			assert_name(request, cut, cases[i].name);
	}
}

static void test_paths(void **state)
{
	(void)state;
	run_cases("");
}

static void test_absolute_urls(void **state)
{
	(void)state;
	run_cases("https://shop.example.org");
	run_cases("https%3A%2F%2Fshop.example.org");
}

static int set_up(void **state)
{
	struct error e = {""};

	(void)state;
	case_count = redact_cases_read(cases);
	return case_count < 0 || parser_compile("", &set, &page_ids, &e) ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	page_ids_free(&page_ids);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_absolute_urls),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
