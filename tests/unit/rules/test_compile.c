// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Compiled rules, read back by a matcher that walks the tables byte by byte. */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rules/compile.h"

static struct bc_ruleset set;
static struct page_ids page_ids;

static void compile(const char *text)
{
	struct page_ids next = {0};
	struct rules rules = {0};
	struct error e = {""};

	if (rules_read(&rules, text, strlen(text), &e) ||
	    page_ids_assign(&rules, &page_ids, &next, &e) ||
	    compile_ruleset(&rules, &next, &set, &e))
		fail_msg("%s", e.text);
	page_ids_free(&page_ids);
	page_ids = next;
	rules_free(&rules);
}

static int compile_error(const char *text, struct error *e)
{
	struct rules rules = {0};
	int err = rules_read(&rules, text, strlen(text), e);

	if (!err)
		err = compile_try(&rules, e);
	rules_free(&rules);
	return err;
}

static int reset(void **state)
{
	(void)state;
	page_ids_free(&page_ids);
	return 0;
}

/* The words that fit `text` so far, and those that it is. */
static __u64 walk(const struct bc_dict *dict, const char *text, __u64 *whole)
{
	__u64 fits = dict->all;
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		fits &= i < BC_WORD_MAX ? dict->step[i][(unsigned char)text[i]] : 0;
	*whole = length > BC_WORD_MAX ? 0 : fits & dict->ends[length];
	return fits;
}

static __u64 match(const struct bc_dict *dict, const char *text)
{
	__u64 whole;

	walk(dict, text, &whole);
	return whole;
}

static bool header_opts_out(const char *name, const char *value)
{
	__u64 words = match(&set.headers, name), whole, prefixes = 0;

	walk(&set.header_values, value, &whole);
	for (size_t n = 1; n <= strlen(value) && n <= BC_WORD_MAX; n++) {
		char *start = strndup(value, n);

		prefixes |= match(&set.header_values, start);
		free(start);
	}
	return words &
	       (set.header_any | (set.header_exact & whole) | (set.header_prefix & prefixes));
}

static __u64 cookie(const char *name, const char *value)
{
	return match(&set.cookies, name) & (set.cookie_any | match(&set.cookie_values, value));
}

static bool query_opts_out(const char *key, const char *value)
{
	__u64 keys = match(&set.query_keys, key), values = match(&set.query_values, value);

	if (keys & set.query_any)
		return true;
	return keys && set.query_optout[__builtin_ctzll(keys)] & values;
}

/* The lowest pattern that a page of a site matches, an excluding one first, or -1. */
static int pattern(unsigned int site_row, const char *path)
{
	__u64 fits[BC_PATTERN_WORDS];
	int found = -1;

	memcpy(fits, set.pattern_site[site_row], sizeof(fits));
	for (unsigned int depth = 0;; depth++) {
		size_t length = strcspn(++path, "/");
		__u64 hash = bc_component_hash_start(depth);
		const struct bc_component_row *row = NULL;

		if (depth == BC_PATTERN_DEPTH)
			return -1;
		for (size_t i = 0; i < length; i++)
			hash = bc_component_hash_byte(hash, (__u8)path[i]);
		hash = bc_component_hash_end(hash);
		for (unsigned int i = 0; i < BC_COMPONENT_PROBES; i++)
			if (set.components[(hash + i) % BC_COMPONENT_BUCKETS].hash == hash)
				row = &set.components[(hash + i) % BC_COMPONENT_BUCKETS];
		for (unsigned int i = 0; i < BC_PATTERN_WORDS; i++)
			fits[i] &= (length ? set.pattern_star[depth][i] : 0) |
				   (row ? row->patterns[i] : 0);
		path += length;
		if (*path)
			continue;
		for (unsigned int i = 0; i < BC_PATTERN_WORDS; i++)
			fits[i] &= set.pattern_length[depth][i];
		break;
	}
	for (int i = BC_PATTERNS - 1; i >= 0; i--)
		if (fits[i / 64] >> i % 64 & 1)
			found = i;
	for (int i = BC_PATTERNS - 1; i >= 0; i--)
		if ((fits[i / 64] & set.pattern_exclude[i / 64]) >> i % 64 & 1)
			found = i;
	return found;
}

static bool excluded(unsigned int site_row, const char *path)
{
	int found = pattern(site_row, path);

	return found >= 0 && set.pattern_exclude[found / 64] >> found % 64 & 1;
}

static __u32 counted_as(unsigned int site_row, const char *path)
{
	int found = pattern(site_row, path);

	return found >= 0 ? set.pattern_page[found] : 0;
}

static void test_headers(void **state)
{
	static const struct {
		const char *name, *value;
		bool opts_out;
	} rows[] = {
		{"DNT", "1", true},	     {"dnt", "1", true},	  {"dNt", "1abc", true},
		{"DNT", "0", false},	     {"DNT", "null", false},	  {"DNT", "", false},
		{"DNT2", "1", false},	     {"XDNT", "1", false},	  {"DN", "1", false},
		{"Sec-GPC", "1", true},	     {"sec-gpc", "1", true},	  {"Sec-GPC", "1a", false},
		{"Sec-GPC", "true", false},  {"Sec-GPC", "", false},	  {"X-Any", "", true},
		{"x-any", "whatever", true}, {"X-Empty", "", true},	  {"X-Empty", "1", false},
		{"X-Mode", "no way", true},  {"X-Mode", "No way", false}, {"X-Mode", "b", true},
		{"X-Mode", "bb", false},     {"Host", "1", false},	  {"", "", false},
	};

	(void)state;
	compile("optout header DNT=1\noptout header Sec-GPC=1\noptout header X-Any\n"
		"optout header X-Empty=\noptout header \"X-Mode=no way\"\noptout header "
		"X-Mode=b\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (header_opts_out(rows[i].name, rows[i].value) != rows[i].opts_out)
			fail_msg("%s: %s", rows[i].name, rows[i].value);
	assert_int_equal(match(&set.headers, "Host"), 1 << BC_HEADER_HOST);
	assert_int_equal(match(&set.headers, "cOOKIE"), 1 << BC_HEADER_COOKIE);
	assert_int_equal(match(&set.headers, "Content-Length"), 1 << BC_HEADER_CONTENT_LENGTH);
	assert_int_equal(match(&set.headers, "transfer-encoding"),
			 1 << BC_HEADER_TRANSFER_ENCODING);
	assert_int_equal(match(&set.headers, "CONNECTION"), 1 << BC_HEADER_CONNECTION);
	assert_int_equal(match(&set.headers, "Upgrade"), 1 << BC_HEADER_UPGRADE);
	assert_int_equal(match(&set.headers, "expect"), 1 << BC_HEADER_EXPECT);
}

static void test_cookies(void **state)
{
	(void)state;
	compile("optout cookie no_heatmap\noptout cookie a=1\noptout cookie a=2\n"
		"optout cookie e=\nrequire cookie consent=yes\nrequire cookie a=2\n"
		"require cookie no_heatmap\n");
	assert_true(cookie("no_heatmap", "") & set.cookie_optout);
	assert_true(cookie("no_heatmap", "x") & set.cookie_optout & set.cookie_require);
	assert_false(cookie("xno_heatmap", ""));
	assert_false(cookie("no_heatmap2", ""));
	assert_false(cookie("No_heatmap", ""));
	assert_true(cookie("a", "1") & set.cookie_optout);
	assert_false(cookie("a", "1") & set.cookie_require);
	assert_true(cookie("a", "2") & set.cookie_optout & set.cookie_require);
	assert_false(cookie("a", "3"));
	assert_false(cookie("a", ""));
	assert_true(cookie("e", ""));
	assert_false(cookie("e", "1"));
	assert_true(cookie("consent", "yes") & set.cookie_require);
	assert_false(cookie("consent", "Yes"));
	assert_int_equal(__builtin_popcountll(set.cookie_require), 3);
	assert_int_equal(__builtin_popcountll(set.cookies.all), 5);
}

static void test_query(void **state)
{
	(void)state;
	compile("optout query optout=1\noptout query optout=yes\noptout query q\n"
		"optout query e=\noptout query e=click\n");
	assert_true(query_opts_out("optout", "1"));
	assert_true(query_opts_out("optout", "yes"));
	assert_false(query_opts_out("optout", "2"));
	assert_false(query_opts_out("optout", ""));
	assert_false(query_opts_out("Optout", "1"));
	assert_true(query_opts_out("q", ""));
	assert_true(query_opts_out("q", "1"));
	assert_true(query_opts_out("e", ""));
	assert_false(query_opts_out("e", "1"));
	assert_true(query_opts_out("e", "click"));
	assert_int_equal(match(&set.query_values, "click"), 1 << BC_EVENT_CLICK);
	assert_int_equal(match(&set.query_values, "move"), 1 << BC_EVENT_MOVE);
	assert_int_equal(match(&set.query_values, "scroll"), 1 << BC_EVENT_SCROLL);
	assert_int_equal(match(&set.query_values, "convert"), 1 << BC_EVENT_CONVERT);
	assert_int_equal(match(&set.query_values, "view"), 1 << BC_EVENT_VIEW);
}

static unsigned int key(const char *text)
{
	__u64 words = match(&set.query_keys, text);

	assert_int_equal(__builtin_popcountll(words), 1);
	return (unsigned int)__builtin_ctzll(words);
}

static void test_beacons(void **state)
{
	const struct bc_beacon *b;
	__u64 words;

	(void)state;
	compile("beacon /hm site=s page=p x=x y=y width=w event=e\n"
		"beacon /click.php preset=clickheat\nbeacon /log.php preset=owa site=id\n"
		"beacon /matomo.php preset=matomo\nbeacon /count preset=goatcounter\n"
		"beacon /collect preset=fathom skip=t:1\nbeacon /v page=a x=a\n");
	b = &set.beacon[__builtin_ctzll(match(&set.paths, "/hm"))];
	assert_int_equal(b->role[key("s")], BC_ROLE_SITE);
	assert_int_equal(b->role[key("p")], BC_ROLE_PAGE);
	assert_int_equal(b->role[key("e")], BC_ROLE_EVENT);
	assert_int_equal(b->role[key("res")], 0);
	assert_int_equal(b->fixed_event, BC_EVENTS);
	assert_int_equal(b->only_keys, 0);
	b = &set.beacon[__builtin_ctzll(match(&set.paths, "/click.php"))];
	words = match(&set.query_values, "2") | match(&set.query_values, "3");
	assert_int_equal(b->role[key("g")], BC_ROLE_PAGE);
	assert_int_equal(b->role[key("b")], BC_ROLE_SKIP);
	assert_int_equal(b->skip[key("b")], words);
	assert_int_equal(__builtin_popcountll(words), 2);
	b = &set.beacon[__builtin_ctzll(match(&set.paths, "/log.php"))];
	assert_int_equal(b->only[key("owa_event_type")], match(&set.query_values, "dom.click"));
	assert_int_equal(b->only_keys, 1ULL << key("owa_event_type"));
	assert_int_equal(b->role[key("id")], BC_ROLE_SITE);
	assert_int_equal(match(&set.query_keys, "owa_site_id"), 0);
	b = &set.beacon[__builtin_ctzll(match(&set.paths, "/matomo.php"))];
	assert_int_equal(b->role[key("res")], BC_ROLE_WIDTH);
	assert_int_equal(b->fixed_event, BC_EVENT_VIEW);
	b = &set.beacon[__builtin_ctzll(match(&set.paths, "/count"))];
	assert_int_equal(b->role[key("s")], BC_ROLE_WIDTH);
	b = &set.beacon[__builtin_ctzll(match(&set.paths, "/collect"))];
	assert_int_equal(b->role[key("h")], BC_ROLE_SITE);
	assert_int_equal(b->role[key("t")], BC_ROLE_SKIP);
	b = &set.beacon[__builtin_ctzll(match(&set.paths, "/v"))];
	assert_int_equal(b->role[key("a")], BC_ROLE_PAGE | BC_ROLE_X);
	assert_int_equal(match(&set.paths, "/HM"), 0);
	assert_int_equal(match(&set.paths, "/hm/"), 0);
	assert_int_equal(match(&set.paths, "/h"), 0);
}

static void test_sites(void **state)
{
	(void)state;
	compile("exclude site x.example\nsite B.example\nexclude site b.example\nsite a\n");
	assert_true(set.sites_only);
	assert_int_equal(match(&set.sites, "b.example"),
			 1 << (page_ids_site(&page_ids, "b.example") - 1));
	assert_int_equal(match(&set.sites, "B.EXAMPLE"), match(&set.sites, "b.example"));
	assert_int_equal(match(&set.sites, "A"), 1 << (page_ids_site(&page_ids, "a") - 1));
	assert_int_equal(set.sites_counted,
			 match(&set.sites, "a") | match(&set.sites, "b.example"));
	assert_int_equal(set.sites_excluded,
			 match(&set.sites, "x.example") | match(&set.sites, "b.example"));
	compile("exclude site x.example\n");
	assert_false(set.sites_only);
	assert_int_equal(set.sites_counted, 0);
}

static void test_patterns(void **state)
{
	unsigned int shop, other;

	(void)state;
	compile("site shop\npage shop /product/*\npage shop /product/*/x\npage shop /exact\n"
		"page (any) /any/*\nexclude page (any) /account/*\nexclude page shop /\n"
		"exclude page other /product/one\npage shop /account/*\npage shop /a/b\npage shop "
		"/*/b\n"
		"page shop /a/*\nexclude page shop /dir/\n");
	shop = page_ids_site(&page_ids, "shop");
	other = 1 + (unsigned int)__builtin_ctzll(match(&set.sites, "other"));
	assert_true(set.any_pattern && set.any_page_rule);
	assert_int_equal(counted_as(shop, "/product/1"),
			 page_ids_find(&page_ids, shop, "/product/*")->page);
	assert_int_equal(pattern(shop, "/product/"), -1);
	assert_int_equal(counted_as(shop, "/product/1/x"),
			 page_ids_find(&page_ids, shop, "/product/*/x")->page);
	assert_int_equal(pattern(shop, "/product"), -1);
	assert_int_equal(pattern(shop, "/product/1/y"), -1);
	assert_int_equal(pattern(shop, "/Product/1"), -1);
	assert_int_equal(pattern(shop, "/x/product/1"), -1);
	assert_int_equal(pattern(shop, "/exact"), -1);
	assert_int_equal(pattern(0, "/product/1"), -1);
	assert_int_equal(counted_as(shop, "/any/1"),
			 page_ids_find(&page_ids, shop, "/any/*")->page);
	assert_null(page_ids_find(&page_ids, 0, "/any/*"));
	assert_true(excluded(shop, "/account/1"));
	assert_true(excluded(other, "/account/1"));
	assert_true(excluded(0, "/account/1"));
	assert_true(excluded(shop, "/"));
	assert_false(excluded(shop, "//"));
	assert_false(excluded(other, "/"));
	assert_true(excluded(other, "/product/one"));
	assert_false(excluded(shop, "/product/one"));
	assert_true(excluded(shop, "/dir/"));
	assert_false(excluded(shop, "/dir"));
	/* Without site rules, pages of (any) are those of sites that are excluded in part, too. */
	compile("page (any) /any/*\nexclude page other /product/one\n");
	other = 1 + (unsigned int)__builtin_ctzll(match(&set.sites, "other"));
	assert_int_equal(counted_as(0, "/any/1"), page_ids_find(&page_ids, 0, "/any/*")->page);
	assert_int_equal(counted_as(other, "/any/1"), counted_as(0, "/any/1"));
	assert_int_equal(pattern(0, "/product/one"), -1);
}

/* The first rule that matches wins. */
static void test_pattern_order(void **state)
{
	unsigned int shop = 1;

	(void)state;
	compile("site shop\npage shop /*/b\npage shop /a/*\nexclude page shop /a/d\n");
	assert_int_equal(counted_as(shop, "/a/b"), page_ids_find(&page_ids, shop, "/*/b")->page);
	assert_int_equal(counted_as(shop, "/a/c"), page_ids_find(&page_ids, shop, "/a/*")->page);
	assert_true(excluded(shop, "/a/d"));
}

static void test_numbers_stay(void **state)
{
	__u32 a, c, page, pattern_page;

	(void)state;
	compile("site a\nsite b\nsite c\npage a /x\npage c /x\npage c /p/*\n");
	a = page_ids_site(&page_ids, "a");
	c = page_ids_site(&page_ids, "c");
	page = page_ids_find(&page_ids, c, "/x")->page;
	pattern_page = page_ids_find(&page_ids, c, "/p/*")->page;
	assert_true(page >= BC_PAGE_NAMED && page < BC_PAGE_DISCOVERED);
	assert_true(page_ids_find(&page_ids, c, "/p/*")->pattern);
	compile("site c\nsite d\npage c /w\npage c /x\npage c /p/*\npage d /x\n");
	assert_int_equal(page_ids_site(&page_ids, "c"), c);
	assert_int_equal(page_ids_find(&page_ids, c, "/x")->page, page);
	assert_int_equal(page_ids_find(&page_ids, c, "/p/*")->page, pattern_page);
	/* What is retired keeps its number until it is released. */
	assert_int_equal(page_ids_site(&page_ids, "a"), 0);
	assert_true(page_ids_find(&page_ids, a, "/x")->retired);
	assert_true(page_ids_site(&page_ids, "d") > c);
	compile("site a\nsite c\npage a /x\n");
	assert_int_equal(page_ids_site(&page_ids, "a"), a);
	assert_false(page_ids_find(&page_ids, a, "/x")->retired);
	page_ids_release(&page_ids);
	assert_null(page_ids_find(&page_ids, c, "/x"));
	assert_int_equal(page_ids.pages, 1);
	compile("site e\nsite f\n");
	assert_int_equal(page_ids_site(&page_ids, "e"), 2);
	assert_int_equal(page_ids_site(&page_ids, "f"), 4);
}

/* No page number is given twice, whatever comes and goes. */
static void test_numbers_unique(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 30; round++) {
		bool used[BC_PAGE_DISCOVERED] = {false};
		char text[4096] = "site a\nsite b\n";

		for (int i = 0; i < 60; i++)
			if (rand_r(&seed) % 2)
				sprintf(text + strlen(text), "page %s /p-%d\n",
					i % 3 ? "a" : "(any)", i);
		compile(text);
		if (round % 7 == 6)
			page_ids_release(&page_ids);
		for (size_t i = 0; i < page_ids.pages; i++) {
			assert_in_range(page_ids.page[i].page, BC_PAGE_NAMED,
					BC_PAGE_DISCOVERED - 1);
			assert_false(used[page_ids.page[i].page]);
			used[page_ids.page[i].page] = true;
		}
	}
}

/* Each of 57 random headers and 64 random cookies matches itself and nothing near it. */
static void test_random_words(void **state)
{
	static const char letters[] = "abAB01-_";
	char names[BC_WORDS][BC_WORD_MAX + 1], text[BC_WORDS * 200] = "";
	unsigned int seed = 7;

	(void)state;
	for (int i = 0; i < BC_WORDS; i++) {
		int length = i < 8 ? BC_WORD_MAX : 2 + rand_r(&seed) % 6;

		for (int j = 0; j < length; j++)
			names[i][j] = letters[rand_r(&seed) % 8];
		names[i][length] = '\0';
		sprintf(text + strlen(text), "optout cookie %s\n", names[i]);
		if (i < BC_WORDS - BC_HEADER_OWN)
			sprintf(text + strlen(text), "optout header %s\n", names[i]);
	}
	compile(text);
	for (int i = 0; i < BC_WORDS; i++) {
		char near[BC_WORD_MAX + 2];
		bool known = false;

		assert_true(cookie(names[i], "v") & set.cookie_optout);
		snprintf(near, sizeof(near), "%s0", names[i]);
		near[rand_r(&seed) % strlen(near)] = letters[rand_r(&seed) % 8];
		for (int j = 0; j < BC_WORDS; j++)
			known |= !strcmp(near, names[j]);
		assert_int_equal(cookie(near, "v") != 0, known);
		for (char *c = names[i]; *c; c++)
			*c = (char)(rand_r(&seed) % 2 ? toupper(*c) : tolower(*c));
		if (i < BC_WORDS - BC_HEADER_OWN)
			assert_true(header_opts_out(names[i], "v"));
	}
}

/* The most patterns, each with segments of its own, are all found. */
static void test_full_patterns(void **state)
{
	char text[BC_PATTERNS * 80] = "site s\n";

	(void)state;
	for (int i = 0; i < BC_PATTERNS; i++)
		sprintf(text + strlen(text), "page s /a%d/b%d/c%d/*/d%d/e%d\n", i, i, i, i, i);
	compile(text);
	for (int i = 0; i < BC_PATTERNS; i++) {
		char path[80];

		sprintf(path, "/a%d/b%d/c%d/x/d%d/e%d", i, i, i, i, i);
		assert_int_equal(pattern(1, path), i);
		sprintf(path, "/a%d/b%d/c%d/x/d%d/e%d", i, i, (i + 1) % BC_PATTERNS, i, i);
		assert_int_equal(pattern(1, path), -1);
	}
}

static void test_limits(void **state)
{
	static const struct {
		const char *format;
		int fit;
		const char *message;
	} rows[] = {
		{"optout header H%d\n", 57, "optout header 'H57': expected at most 57 such rules"},
		{"optout cookie C%d=1\n", 64, "cookie 'C64': expected at most 64 rules on cookies"},
		{"optout query k%d=1\n", 64,
		 "query key 'k64': expected at most 64 keys in all rules"},
		{"optout query k=v%d\n", 59,
		 "query value 'v59': expected at most 59 values in all rules"},
		{"beacon /%d\n", 16, "beacon '/16': expected at most 16 beacons"},
		{"site s%d\n", 63,
		 "site 's63': expected at most 63 sites, with those whose counts still have to be "
		 "written"},
		{"exclude site s%d\n", 63,
		 "site 's63': expected at most 63 sites, counted or excluded"},
		{"exclude page (any) /p-%d\n", 256,
		 "'/p-256': expected at most 256 pages that are excluded or have '*'"},
		{"page (any) /p-%d\n", 4096,
		 "expected at most 4096 pages, with those whose counts still have to be written"},
	};
	static char text[8192 * 32];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error e = {""};
		size_t used = 0;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		for (int n = 0; n < rows[i].fit; n++)
			used += (size_t)sprintf(text + used, rows[i].format, n);
		assert_int_equal(compile_error(text, &e), 0);
		sprintf(text + used, rows[i].format, rows[i].fit);
#pragma GCC diagnostic pop
		assert_int_equal(compile_error(text, &e), -ENOSPC);
		assert_string_equal(e.text, rows[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_headers, reset),
		cmocka_unit_test_teardown(test_cookies, reset),
		cmocka_unit_test_teardown(test_query, reset),
		cmocka_unit_test_teardown(test_beacons, reset),
		cmocka_unit_test_teardown(test_sites, reset),
		cmocka_unit_test_teardown(test_patterns, reset),
		cmocka_unit_test_teardown(test_pattern_order, reset),
		cmocka_unit_test_teardown(test_numbers_stay, reset),
		cmocka_unit_test_teardown(test_numbers_unique, reset),
		cmocka_unit_test_teardown(test_random_words, reset),
		cmocka_unit_test_teardown(test_full_patterns, reset),
		cmocka_unit_test_teardown(test_limits, reset),
	};

	return cmocka_run_group_tests_name("compile", tests, NULL, NULL);
}
