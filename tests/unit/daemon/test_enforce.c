// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Rules that can't be put into force leave the list of pages, and what numbers mean, in step. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/agent.h"

#define LISTED 100 /* the map's descriptor; no other map is looked at */

int __wrap_loader_put_rules(struct loader *k, struct bc_ruleset *rules, struct error *e);
int __wrap_bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags);
int __wrap_bpf_map_delete_elem(int fd, const void *key);

static struct agent a;
static bool refuse; /* to put rules into force */
static char listed[8][BC_NAME_MAX + 1]; /* by page number - BC_PAGE_NAMED */

int __wrap_loader_put_rules(struct loader *k, struct bc_ruleset *rules, struct error *e)
{
	(void)k;
	(void)rules;
	return refuse ? error_set(e, EIO, "refused") : 0;
}

int __wrap_bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	const struct bc_page *page = key;
	__u32 number;

	(void)flags;
	if (fd != LISTED)
		return 0;
	memcpy(&number, value, sizeof(number));
	assert_in_range(number, BC_PAGE_NAMED, BC_PAGE_NAMED + 7);
	memcpy(listed[number - BC_PAGE_NAMED], page->name, BC_NAME_MAX);
	return 0;
}

int __wrap_bpf_map_delete_elem(int fd, const void *key)
{
	const struct bc_page *page = key;

	assert_int_equal(fd, LISTED);
	for (size_t i = 0; i < 8; i++) {
		if (strncmp(listed[i], page->name, BC_NAME_MAX))
			continue;
		listed[i][0] = '\0';
		return 0;
	}
	return -ENOENT;
}

static int set_up(void **state)
{
	(void)state;
	memset(&a, 0, sizeof(a));
	memset(listed, 0, sizeof(listed));
	map_set_clear(&a.loader.set);
	a.loader.set.map[MAP_NAMED_PAGES] = LISTED;
	a.compiled = malloc(sizeof(*a.compiled));
	return !a.compiled;
}

static int tear_down(void **state)
{
	(void)state;
	rules_free(&a.rules);
	page_ids_free(&a.page_ids);
	free(a.compiled);
	return 0;
}

/* Put page rules for these names, each a letter, into force. */
static int rule_pages(const char *letters)
{
	struct rules rules = {};
	struct error e = {};
	int r;

	for (; *letters; letters++) {
		char line[] = "page (any) /?";
		struct rule rule;

		line[sizeof(line) - 2] = *letters;
		assert_int_equal(rule_parse(&rule, line, strlen(line), &e), 1);
		assert_int_equal(rules_add(&rules, &rule, &e), 1);
		rule_free(&rule);
	}
	r = enforce_rules(&a, &rules, &e);
	rules_free(&rules);
	return r;
}

/* What the map of listed pages gives for a page; 0: it is not listed. */
static __u32 number_of(const char *name)
{
	for (size_t i = 0; i < 8; i++)
		if (!strcmp(listed[i], name))
			return BC_PAGE_NAMED + i;
	return 0;
}

static void test_refused_rules(void **state)
{
	const struct page_ids_page *b;
	__u32 kept;

	(void)state;
	refuse = false;
	assert_int_equal(rule_pages("a"), 0);
	kept = number_of("/a");
	assert_int_not_equal(kept, 0);
	refuse = true;
	assert_int_equal(rule_pages("b"), -EIO);
	assert_int_equal(number_of("/a"), kept);
	assert_int_equal(number_of("/b"), 0);
	assert_int_equal(a.rules.count, 1);
	assert_false(page_ids_find(&a.page_ids, 0, "/a")->retired);
	/* It may have been counted meanwhile. */
	b = page_ids_find(&a.page_ids, 0, "/b");
	assert_non_null(b);
	assert_true(b->retired);
	refuse = false;
	assert_int_equal(rule_pages("ac"), 0);
	assert_int_equal(number_of("/a"), kept);
	assert_int_not_equal(number_of("/c"), page_ids_find(&a.page_ids, 0, "/b")->page);
	assert_int_equal(number_of("/b"), 0);
}

static void test_refused_site(void **state)
{
	struct page_ids before = {}, after = {};
	struct rules shop = {}, blog = {};
	struct rule rule;
	struct error e = {};

	(void)state;
	assert_int_equal(rule_parse(&rule, "site shop", 9, &e), 1);
	assert_int_equal(rules_add(&shop, &rule, &e), 1);
	rule_free(&rule);
	assert_int_equal(rule_parse(&rule, "site blog", 9, &e), 1);
	assert_int_equal(rules_add(&blog, &rule, &e), 1);
	rule_free(&rule);
	assert_int_equal(page_ids_assign(&shop, NULL, &before, &e), 0);
	assert_int_equal(page_ids_assign(&blog, &before, &after, &e), 0);
	assert_int_equal(page_ids_site(&after, "shop"), 0);
	page_ids_revert(&after, &before);
	assert_int_equal(page_ids_site(&after, "shop"), page_ids_site(&before, "shop"));
	assert_int_equal(page_ids_site(&after, "blog"), 0);
	page_ids_free(&before);
	page_ids_free(&after);
	rules_free(&shop);
	rules_free(&blog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refused_rules, set_up, tear_down),
		cmocka_unit_test(test_refused_site),
	};

	return cmocka_run_group_tests_name("ruling", tests, NULL, NULL);
}
