// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Parsing one rule: what is taken, its canonical text, what is refused and how. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rules/rule.h"

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
#define X120 X64 X16 X16 X16 "xxxxxxxx"

/* A line and its canonical text; NULL: a line without a rule. */
static const struct {
	const char *line, *text;
} good[] = {
	{"", NULL},
	{" \t ", NULL},
	{"# site example.org", NULL},
	{"   # comments may be written in any script: é", NULL},
	{"\r", NULL},
	{"site shop.example.org", "site shop.example.org"},
	{"  site\tShop.Example.ORG  # ours", "site shop.example.org"},
	{"site shop.example.org\r", "site shop.example.org"},
	{"site 1", "site 1"},
	{"site xn--caf-dma.example", "site xn--caf-dma.example"},
	{"site " X64, "site " X64},
	{"\"site\" \"a\"", "site a"},
	{"pages redacted", "pages redacted"},
	{"pages listed", "pages listed"},
	{"page shop.example.org /product/*", "page shop.example.org /product/*"},
	{"page SHOP.example.org /Product", "page shop.example.org /Product"},
	{"page (any) /", "page (any) /"},
	{"page (any) /user/:id/*", "page (any) /user/:id/*"},
	{"page a /*/*", "page a /*/*"},
	{"page a /a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/*", "page a /a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/*"},
	{"page a /a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", "page a /a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q"},
	{"beacon /hm", "beacon /hm"},
	{"beacon /hm site=s page=p x=x y=y width=w event=e",
	 "beacon /hm site=s page=p x=x y=y width=w event=e"},
	{"beacon /m preset=matomo", "beacon /m preset=matomo"},
	{"beacon /m page=u preset=matomo", "beacon /m preset=matomo page=u"},
	{"beacon /b only=t:click skip=b:2 skip=b:3", "beacon /b only=t:click skip=b:2 skip=b:3"},
	{"beacon /b only=t:a:b", "beacon /b only=t:a:b"},
	{"beacon /b only=t:a=b", "beacon /b only=t:a=b"},
	{"optout header DNT=1", "optout header DNT=1"},
	{"optout header X-Opt-Out", "optout header X-Opt-Out"},
	{"optout header X-Opt-Out=", "optout header X-Opt-Out="},
	{"optout header \"X-Mode=no thanks\"", "optout header \"X-Mode=no thanks\""},
	{"optout header X-A=b=c", "optout header X-A=b=c"},
	{"optout header " X64 "=" X64, "optout header " X64 "=" X64},
	{"optout cookie no_heatmap", "optout cookie no_heatmap"},
	{"optout cookie no_heatmap=", "optout cookie no_heatmap="},
	{"optout cookie No_Heatmap=A=b", "optout cookie No_Heatmap=A=b"},
	{"optout cookie \"#x\"", "optout cookie \"#x\""},
	{"optout cookie a#b", "optout cookie a#b"},
	{"optout query optout=1", "optout query optout=1"},
	{"optout query \"a[b]=x & 5%\"", "optout query \"a[b]=x & 5%\""},
	{"require cookie consent=yes", "require cookie consent=yes"},
	{"exclude site Intranet.Example.org", "exclude site intranet.example.org"},
	{"exclude page (any) /account/*", "exclude page (any) /account/*"},
	{"exclude page other.example /", "exclude page other.example /"},
	{"page a /a/", "page a /a/"},
	{"page a /caf%c3%a9", "page a /caf%C3%A9"},
	{"page a /%41//b/./c/../d", "page a /A/b/d"},
	{"page a /2024/05/x", "page a /2024/05/x"},
	{"page a /2024/*/x", "page a /2024/*/x"},
	{"page a /*/%7euser/*", "page a /*/~user/*"},
	{"page a /x;v=1", "page a /x"},
	{"page a /:id", "page a /:id"},
};

static const struct {
	const char *line, *message;
} bad[] = {
	{"optuot header DNT=1",
	 "'optuot': expected site, pages, page, beacon, optout, require or exclude"},
	{"SITE a", "'SITE': expected site, pages, page, beacon, optout, require or exclude"},
	{"\"\"", "'': expected site, pages, page, beacon, optout, require or exclude"},
	{"optout", "'' behind 'optout': expected header, cookie or query"},
	{"optout cokie a", "'cokie' behind 'optout': expected header, cookie or query"},
	{"require header a", "'header' behind 'require': expected cookie"},
	{"exclude", "'' behind 'exclude': expected site or page"},
	{"site", "'site': expected SITE behind it"},
	{"site a b", "'b': expected the end of the line"},
	{"site shop.example.org:80",
	 "'shop.example.org:80': expected a host name without port, or a site id"},
	{"site (any)", "'(any)': expected a host name without port, or a site id"},
	{"site \"\"", "'': expected a host name without port, or a site id"},
	{"site " X64 "x", "'" X64 "…': expected at most 64 bytes"},
	{"site caf\xc3\xa9.example",
	 "byte 0xc3: expected ASCII (paths percent-encoded, host names in their xn-- form)"},
	{"site \"caf\xc3\xa9\"", "byte 0xc3: expected ASCII"},
	{"pages", "'pages': expected redacted|listed behind it"},
	{"pages all", "'all': expected redacted or listed"},
	{"page a", "'page': expected SITE|(any) PATH behind it"},
	{"page a x", "'x': expected a path that begins with '/'"},
	{"page a /x?y=1", "'/x?y=1': expected a path that begins with '/'"},
	{"page a \"/x y\"", "'/x y': expected a path that begins with '/'"},
	{"page a /x*", "'/x*': expected '*' as a whole segment"},
	{"page a /*x", "'/*x': expected '*' as a whole segment"},
	{"page a /**", "'/**': expected '*' as a whole segment"},
	{"page a /a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/*",
	 "'/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/*': expected at most 16 segments"},
	{"page a /item/42",
	 "'/item/42' is counted as '/item/:id': expected that, or '*' for what differs"},
	{"exclude page a /*/42/x",
	 "'/*/42/x' is counted as '/*/:id/x': expected that, or '*' for what differs"},
	{"page a /:id/a@b",
	 "'/:id/a@b' is counted as '/:id/:id': expected that, or '*' for what differs"},
	{"page a /*/../x", "'/*/../x': expected no '.', '..', '//' or '%2F' beside '*'"},
	{"page a /%2e%2e/*/a%2fb",
	 "'/%2e%2e/*/a%2fb': expected no '.', '..', '//' or '%2F' beside '*'"},
	{"page a /*/a%2fb", "'/*/a%2fb': expected no '.', '..', '//' or '%2F' beside '*'"},
	{"page a /" X120, "'/" X16 X16 X16 "xxxxxxxxxxxxxxx…': expected at most 120 bytes"},
	{"exclude page a /a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q",
	 "'/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q': expected at most 16 segments"},
	{"exclude site (any)", "'(any)': expected a host name without port, or a site id"},
	{"beacon",
	 "'beacon': expected PATH [site=KEY] [page=KEY] [x=KEY] [y=KEY] [width=KEY] [event=KEY] "
	 "[only=KEY:VALUE] [skip=KEY:VALUE] [preset=NAME] behind it"},
	{"beacon hm", "'hm': expected a path that begins with '/'"},
	{"beacon /hm?x", "'/hm?x': expected a path"},
	{"beacon /hm z=1",
	 "'z=1': expected site=, page=, x=, y=, width=, event=, only=, skip= or preset="},
	{"beacon /hm site",
	 "'site': expected site=, page=, x=, y=, width=, event=, only=, skip= or preset="},
	{"beacon /hm site=", "'': expected a key of the query string"},
	{"beacon /hm site=a&b", "'a&b': expected a key of the query string"},
	{"beacon /hm x=a x=b", "'x=b': expected x= once"},
	{"beacon /hm only=t", "'only=t': expected KEY:VALUE behind '='"},
	{"beacon /hm only=t:", "'only=t:': expected KEY:VALUE behind '='"},
	{"beacon /hm only=:t", "'': expected a key of the query string"},
	{"beacon /hm preset=piwik",
	 "'preset=piwik': expected clickheat, owa, matomo, goatcounter or fathom"},
	{"beacon /hm preset=owa preset=owa", "'preset=owa': expected one preset"},
	{"optout header", "'optout header': expected NAME[=VALUE] behind it"},
	{"optout header =1", "'': expected a header's name"},
	{"optout header DNT:=1", "'DNT:': expected a header's name"},
	{"optout header \"a b=1\"", "'a b': expected a header's name"},
	{"optout header \"X-A= b\"",
	 "value of 'X-A': expected no blank at either end, since headers are trimmed"},
	{"optout header X-A=" X64 "x", "value of 'X-A': expected at most 64 bytes"},
	{"optout header x-forwarded-for=1",
	 "'x-forwarded-for' carries visitors' addresses: expected another header"},
	{"optout header Cookie=a",
	 "'Cookie' is part of HTTP itself: expected another header, or 'cookie NAME'"},
	{"optout header host=a", "'host' is part of HTTP itself: expected another header"},
	{"optout cookie a;b", "'a;b': expected a cookie's name"},
	{"optout cookie a=b;c", "value of 'a': expected none of blank, ',', ';' and '\\'"},
	{"optout cookie \"a=b c\"", "value of 'a': expected none of blank, ',', ';' and '\\'"},
	{"optout query a&b", "'a&b': expected a key of the query string"},
	{"optout query a%41", "'a%41': expected decoded text, without escapes"},
	{"optout query a=%2c", "'a=%2c': expected decoded text, without escapes"},
	{"beacon /hm skip=a:%2c", "'skip=a:%2c': expected a value of at most 64 bytes, decoded"},
	{"optout cookie a=\"b\"", "'a=\"': expected the whole word in quotes"},
	{"optout cookie \"a", "expected a closing quote"},
	{"optout cookie \"a\"b", "expected a blank behind the closing quote"},
	{"site a\x01", "control character 0x01 at byte 7: expected text"},
	{"site a\x7f", "control character 0x7f at byte 7: expected text"},
	{"site a\r\r", "control character 0x0d at byte 7: expected text"},
	{"# \x1b[31m", "control character 0x1b at byte 3: expected text"},
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct error e = {""};
		struct rule rule, again;
		char text[RULE_TEXT_MAX];
		int got = rule_parse(&rule, good[i].line, strlen(good[i].line), &e);

		if (got != (good[i].text != NULL))
			fail_msg("%s: %d %s", good[i].line, got, e.text);
		if (!got)
			continue;
		rule_text(&rule, text);
		assert_string_equal(text, good[i].text);
		assert_int_equal(rule_parse(&again, text, strlen(text), &e), 1);
		assert_true(rule_equal(&rule, &again));
		rule_free(&rule);
		rule_free(&again);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rule rule, before;
		struct error e = {""};

		memset(&rule, 0x5a, sizeof(rule));
		before = rule;
		if (rule_parse(&rule, bad[i].line, strlen(bad[i].line), &e) != -EINVAL)
			fail_msg("taken: %s", bad[i].line);
		assert_string_equal(e.text, bad[i].message);
		assert_memory_equal(&rule, &before, sizeof(rule));
	}
}

static void test_bounds(void **state)
{
	char line[WORDS_LINE_MAX + 2];
	struct rule rule;

	(void)state;
	memset(line, '#', sizeof(line));
	assert_int_equal(rule_parse(&rule, line, WORDS_LINE_MAX, NULL), 0);
	assert_int_equal(rule_parse(&rule, line, WORDS_LINE_MAX + 1, NULL), -EINVAL);
	assert_int_equal(rule_parse(&rule, "site a\0b", 8, NULL), -EINVAL);
	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = i % 2 ? ' ' : 'a';
	assert_int_equal(rule_parse(&rule, line, WORDS_LINE_MAX, NULL), -EINVAL);
}

static void test_equal(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} pairs[] = {
		{"optout header DNT=1", "optout header dnt=1", true},
		{"optout header X=a", "optout header X=A", false},
		{"optout header X=", "optout header X", false},
		{"optout cookie a", "optout cookie A", false},
		{"optout cookie a", "require cookie a", false},
		{"site A", "site a", true},
		{"page A /x", "page a /X", false},
		{"beacon /a x=x", "beacon /a x=y", false},
		{"beacon /a x=x", "beacon /a y=x", false},
		{"beacon /a preset=owa", "beacon /a", false},
		{"beacon /a preset=owa x=b", "beacon /a x=b preset=owa", true},
		{"beacon /a only=b:c", "beacon /a only=b:d", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct rule a, b;

		assert_int_equal(rule_parse(&a, pairs[i].a, strlen(pairs[i].a), NULL), 1);
		assert_int_equal(rule_parse(&b, pairs[i].b, strlen(pairs[i].b), NULL), 1);
		assert_int_equal(rule_equal(&a, &b), pairs[i].equal);
		rule_free(&a);
		rule_free(&b);
	}
}

static void test_presets(void **state)
{
	(void)state;
	for (unsigned int i = 0; preset_at(i); i++) {
		char line[64];
		struct rule_beacon all;
		struct rule rule;

		assert_ptr_equal(preset_find(preset_at(i)->name), preset_at(i));
		snprintf(line, sizeof(line), "beacon /b x=mine preset=%s", preset_at(i)->name);
		assert_int_equal(rule_parse(&rule, line, strlen(line), NULL), 1);
		assert_int_equal(rule_beacon_expand(&rule, &all, NULL), 0);
		assert_true(all.count > 1);
		for (unsigned int j = 0; j < all.count; j++)
			if (all.word[j].role == BC_ROLE_X)
				assert_string_equal(all.word[j].key, "mine");
		rule_free(&rule);
	}
	assert_null(preset_find("piwik"));
}

/* Who may make which change: each kind, added, and removed by where it came from. */
static void test_may(void **state)
{
	static const struct {
		const char *line;
		bool member_adds, member_removes;
	} rows[] = {
		{"site a", false, false},	  {"pages listed", false, false},
		{"page (any) /a", true, true},	  {"beacon /a", false, false},
		{"optout header A", true, false}, {"optout cookie A", true, false},
		{"optout query A", true, false},  {"require cookie A", true, false},
		{"exclude site a", true, false},  {"exclude page a /", true, false},
	};

	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(rows[0]), RULE_KINDS);
	for (size_t i = 0; i < RULE_KINDS; i++) {
		struct rule rule;

		assert_int_equal(rule_parse(&rule, rows[i].line, strlen(rows[i].line), NULL), 1);
		assert_int_equal(rule_may(&rule, RULE_ADD, true, NULL), 0);
		assert_int_equal(rule_may(&rule, RULE_ADD, false, NULL),
				 rows[i].member_adds ? 0 : -EPERM);
		rule.origins = RULE_SOCKET;
		assert_int_equal(rule_may(&rule, RULE_REMOVE, true, NULL), 0);
		assert_int_equal(rule_may(&rule, RULE_REMOVE, false, NULL),
				 rows[i].member_removes ? 0 : -EPERM);
		rule.origins = RULE_FILE;
		assert_int_equal(rule_may(&rule, RULE_REMOVE, true, NULL), -EPERM);
		rule.origins = RULE_BUILTIN;
		assert_int_equal(rule_may(&rule, RULE_REMOVE, true, NULL), -EPERM);
		rule_free(&rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bounds),	cmocka_unit_test(test_equal),
		cmocka_unit_test(test_presets), cmocka_unit_test(test_may),
	};

	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
