// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Page values in beacons: the parser, which takes several bytes at once where
 * it can, leaves the very name that redaction alone makes of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "compile.h"
#include "http.h"
#include "redact_cases.h"

static struct redact_case cases[REDACT_CASES_MAX];
static int case_count;
static struct bc_ruleset set;
static struct bc_scratch scratch;
static const char *source;
static struct bc_page counted;
static unsigned int ended;

static __always_inline int bc_http_load(struct bc_parse *p, __u32 n)
{
	memset(p->scratch->text, 'a', sizeof(p->scratch->text));
	memcpy(p->scratch->text, source + p->from, n);
	return 0;
}

static __always_inline void bc_http_seen(struct bc_parse *p)
{
	p->scratch->http.epoch = p->rules->epoch;
}

static __always_inline void bc_http_line(struct bc_parse *p)
{
	(void)p;
}

static __always_inline void bc_http_ended(struct bc_parse *p, enum bc_outcome outcome)
{
	assert_int_equal(outcome, BC_COUNTED);
	assert_true(p->scratch->http.facts & BC_HAS_PAGE);
	assert_false(p->scratch->http.facts & BC_PAGE_TOO_LONG);
	counted = p->scratch->http.page;
	ended++;
}

static __always_inline void bc_http_noted(struct bc_parse *p, enum bc_total what)
{
	(void)p;
	(void)what;
}

static void feed(__u32 from, __u32 length)
{
	struct bc_parse parse = {
		.scratch = &scratch,
		.rules = &set,
		.from = from,
		.left = length,
	};

	scratch.at = 0;
	scratch.end = 0;
	while (bc_http_step(&parse))
		;
}

/* Send a beacon in two segments and look at the name it is counted under. */
static void assert_name(const char *request, size_t cut, const char *name)
{
	memset(&scratch, 0, sizeof(scratch));
	source = request;
	ended = 0;
	feed(0, cut);
	feed(cut, strlen(request) - cut);
	assert_int_equal(ended, 1);
	if (strncmp(counted.name, name, sizeof(counted.name)))
		fail_msg("%s is counted as %s instead of %s, cut at %zu", request, counted.name,
			 name, cut);
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
	struct numbers numbers = {0};
	struct rules rules = {0};
	struct error e = {""};

	(void)state;
	case_count = redact_cases_read(cases);
	if (case_count < 0 || rules_add_builtin(&rules, &e) ||
	    numbers_assign(&rules, NULL, &numbers, &e) ||
	    compile_ruleset(&rules, &numbers, &set, &e))
		return -1;
	set.epoch = 1;
	numbers_free(&numbers);
	rules_free(&rules);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_absolute_urls),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
