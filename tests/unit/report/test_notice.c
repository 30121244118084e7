// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The policy: what it says for which rules and options, and in which format. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/notice.h"

static const struct notice_options usual = {
	.min_count = 5, .retain_days = 760, .flush_seconds = 60};

static char *policy(const char *file, const struct notice_options *options,
		    enum notice_format format)
{
	struct rules rules = {0};
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(rules_add_builtin(&rules, NULL), 0);
	assert_int_equal(rules_read(&rules, file, strlen(file), NULL), 0);
	assert_int_equal(notice_write(out, &rules, options, format), 0);
	fclose(out);
	rules_free(&rules);
	return text;
}

/* The text with line breaks and what indents lines as single blanks. */
static void unwrap(char *text)
{
	char *to = text;

	for (char *from = text; *from; from++)
		if (*from != '\n' && *from != ' ')
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
}

static const char listed[] = "site shop.example.org\npages listed\npage shop.example.org /a\n";

static const struct {
	const char *file;
	struct notice_options options;
	const char *says;
	bool absent; /* it does not say so */
} cases[] = {
	{"", {5, 760, 60}, "only once there are 5 of them in the day", false},
	{"", {5, 760, 60}, "This counts requests, not people: one person can reach it.", false},
	{"", {5, 760, 60}, "added to the day's file every 60 seconds.", false},
	{"", {5, 760, 60}, "The files are deleted after 760 days.", false},
	{"", {5, 760, 60}, "Warnings", true},
	{"", {1, 760, 60}, "Warnings", false},
	{"", {0, 760, 60}, "The minimum count is 1:", false},
	{"", {1, 760, 60}, "more than 25 months", true},
	{"", {5, 761, 60}, "Counts are kept for more than 25 months.", false},
	{"", {5, 0, 60}, "Counts are kept for more than 25 months.", false},
	{"", {5, 0, 60}, "The files are kept without limit.", false},
	{"", {5, 760, 60}, "- DNT with a value that begins with \"1\"", false},
	{"", {5, 760, 60}, "- Sec-GPC with the value \"1\"", false},
	{"", {5, 760, 60}, "- blindcount_optout, whatever its value", false},
	{"", {5, 760, 60}, "- /hm site=s page=p x=x y=y width=w event=e", false},
	{"", {5, 760, 60}, "and might still name someone.", false},
	{"", {5, 760, 60}, "No visitor's text is stored at all.", true},
	{"", {5, 760, 60}, "All sites that reach the counted ports are counted as one", false},
	{"", {5, 760, 60}, "one figure for all sites, pages and days", false},
	{"",
	 {5, 760, 60},
	 "never loads a source address, a source port or anything computed",
	 false},
	{"", {5, 760, 60}, "this is tested, not proved", false},
	{"", {5, 760, 60}, "still see addresses", false},
	{"", {5, 760, 60}, "self-assessment, not a certification", false},
	{"", {5, 760, 60}, "anonym", true},
	{"", {5, 760, 60}, "Only requests with all of these cookies", true},
	{listed, {5, 760, 60}, "No visitor's text is stored at all.", false},
	{listed, {5, 760, 60}, "might still name someone", true},
	{listed, {5, 760, 60}, "- /a of shop.example.org", false},
	{listed, {5, 760, 60}, "- shop.example.org", false},
	{"pages listed", {5, 760, 60}, "No visitor's text is stored at all.", true},
	{"pages listed", {5, 760, 60}, "all others together as \"(unlisted)\"", false},
	{"require cookie c=y",
	 {5, 760, 60},
	 "cookies are counted. - c with the value \"y\"",
	 false},
	{"exclude page (any) /x/*", {5, 760, 60}, "- /x/* of any site", false},
	{"exclude site x", {5, 760, 60}, "These sites are not counted. - x", false},
	{"optout query o=1", {5, 760, 60}, "- o with the value \"1\"", false},
};

static void test_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = policy(cases[i].file, &cases[i].options, NOTICE_TEXT);

		unwrap(text);
		if ((strstr(text, cases[i].says) == NULL) != cases[i].absent)
			fail_msg("case %zu: '%s' in:\n%s", i, cases[i].says, text);
		free(text);
	}
}

/* Lines are at most 78 columns, but for words that are longer. */
static void test_wrapped(void **state)
{
	char *text = policy(listed, &usual, NOTICE_TEXT);

	(void)state;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_in_range(strlen(line), 1, 78);
	free(text);
}

static void test_html(void **state)
{
	char *text = policy("optout header \"X-A=<b>&\"\n", &usual, NOTICE_HTML);

	(void)state;
	assert_non_null(strstr(text, "<li>X-A with the value &quot;&lt;b&gt;&amp;&quot;</li>"));
	assert_memory_equal(text, "<section id=\"blindcount-policy\">\n", 33);
	assert_string_equal(text + strlen(text) - 22, "</section>\n</section>\n");
	free(text);
}

/* How often `part` is in `text`. */
static unsigned int count(const char *text, const char *part)
{
	unsigned int n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

static void test_html_nests(void **state)
{
	static const char *const elements[] = {"section", "h2", "h3", "p", "ul", "li"};
	char *text = policy(listed, &usual, NOTICE_HTML);

	(void)state;
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		char open[16], close[16];

		snprintf(open, sizeof(open), "<%s", elements[i]);
		snprintf(close, sizeof(close), "</%s>", elements[i]);
		assert_true(count(text, open) > 0);
		assert_int_equal(count(text, open), count(text, close));
	}
	free(text);
}

static void test_json(void **state)
{
	static const struct notice_options weak = {1, 1000, 5};
	char *text = policy("optout header \"X-A=a\\b\"\n", &weak, NOTICE_JSON);
	int depth = 0;
	bool quoted = false;

	(void)state;
	assert_non_null(strstr(text, "\"settings\":{\"min_count\":1,\"retain_days\":1000,"
				     "\"flush_seconds\":5,\"pages\":\"redacted\"}"));
	assert_non_null(strstr(text, "\"optout header X-A=a\\\\b\""));
	assert_non_null(strstr(text, "\n \"Counts are kept for more than 25 months.\"]"));
	/* Brackets outside of strings close in pairs. */
	for (const char *c = text; *c; c++) {
		if (*c == '"')
			quoted = !quoted;
		else if (quoted && *c == '\\')
			c++;
		else if (!quoted && strchr("[{", *c))
			depth++;
		else if (!quoted && strchr("]}", *c))
			assert_true(--depth >= 0);
	}
	assert_int_equal(depth, 0);
	assert_false(quoted);
	free(text);
}

static void test_gpc(void **state)
{
	static const struct {
		const char *file;
		bool honoured;
	} rows[] = {
		{"", false},
		{"optout header sec-gpc=1", true},
		{"optout header Sec-GPC", true},
		{"optout header Sec-GPC=0", false},
		{"optout header DNT=1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rules rules = {0};
		char *text = NULL;
		size_t length;
		FILE *out = open_memstream(&text, &length);

		assert_int_equal(rules_read(&rules, rows[i].file, strlen(rows[i].file), NULL), 0);
		assert_int_equal(notice_write_gpc(out, &rules, "2026-01-31"), 0);
		fclose(out);
		assert_string_equal(text,
				    rows[i].honoured
					    ? "{\"gpc\": true, \"lastUpdate\": \"2026-01-31\"}\n"
					    : "{\"gpc\": false, \"lastUpdate\": \"2026-01-31\"}\n");
		free(text);
		rules_free(&rules);
	}
}

static void test_full(void **state)
{
	struct rules rules = {0};
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	assert_int_equal(notice_write(out, &rules, &usual, NOTICE_TEXT), -EIO);
	fclose(out);
}

static void test_options(void **state)
{
	static const char *const bad[] = {
		"flush ",   "flush x",	"flush -1",	    "flush +1",
		"flush 1x", "flush  1", "flush 4294967296", "flush 99999999999999999999",
	};
	static const char *const unknown[] = {"", "flush", "flushed 1", "port 80", "min 1"};
	struct notice_options back = {0};
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	notice_write_options(out, &usual);
	fclose(out);
	assert_string_equal(text, "min-count 5\nretain 760\nflush 60\n");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_int_equal(notice_read_option(&back, line, NULL), 0);
	free(text);
	assert_memory_equal(&back, &usual, sizeof(back));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(notice_read_option(&back, bad[i], NULL), -EINVAL);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(notice_read_option(&back, unknown[i], NULL), 0);
	assert_memory_equal(&back, &usual, sizeof(back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says), cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_html), cmocka_unit_test(test_html_nests),
		cmocka_unit_test(test_json), cmocka_unit_test(test_gpc),
		cmocka_unit_test(test_full), cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
