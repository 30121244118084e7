// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The list of rules: what fits with what, precedence, whole files, changes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rules/rules.h"

/* Applies lines "file|socket TEXT" in turn; returns the first error, else 0. */
static int apply(struct rules *rules, const char *file, const char *const *socket, struct error *e)
{
	int err = rules_add_builtin(rules, e);

	if (!err)
		err = rules_read(rules, file, strlen(file), e);
	for (; err >= 0 && *socket; socket++) {
		struct rule rule;

		assert_int_equal(rule_parse(&rule, *socket, strlen(*socket), e), 1);
		err = rules_add(rules, &rule, e);
		rule_free(&rule);
	}
	return err < 0 ? err : 0;
}

/* The rules in force but the built-in ones, each with a newline. */
static void in_force(const struct rules *rules, char *text, size_t size)
{
	char line[RULE_TEXT_MAX];

	*text = '\0';
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->list[i];

		if (rule->origins == RULE_BUILTIN || !rules_in_force(rules, rule))
			continue;
		rule_text(rule, line);
		assert_true(strlen(text) + strlen(line) + 2 <= size);
		strcat(strcat(text, line), "\n");
	}
}

static const struct {
	const char *file;
	const char *socket[4];
	const char *in_force; /* or NULL: refused with ... */
	const char *message;
} cases[] = {
	{"", {NULL}, "", NULL},
	{"site a", {NULL}, "site a\n", NULL},
	{"page a /x\nsite a\n", {NULL}, "page a /x\nsite a\n", NULL},
	{"site a\n\nsite A\n", {NULL}, "site a\n", NULL},
	{"site a\nsiet b\nsite c",
	 {NULL},
	 NULL,
	 "line 2: 'siet': expected site, pages, page, beacon, optout, require or exclude"},
	{"site a\npage b /x",
	 {NULL},
	 NULL,
	 "line 2: 'b': expected a site that a 'site' rule names, or (any)"},
	{"page b /x",
	 {NULL},
	 NULL,
	 "line 1: 'b': expected a site that a 'site' rule names, or (any)"},
	{"page (any) /x\nsite a", {NULL}, "page (any) /x\nsite a\n", NULL},
	{"exclude page b /x", {NULL}, "exclude page b /x\n", NULL},
	{"pages listed\npages redacted",
	 {NULL},
	 NULL,
	 "line 1: 'pages listed': 'pages redacted' is there"},
	{"pages listed", {NULL}, "pages listed\n", NULL},
	{"pages redacted", {"pages listed"}, "pages listed\n", NULL},
	{"pages listed",
	 {"pages redacted"},
	 NULL,
	 "'pages redacted': the rules file says 'pages listed'"},
	{"", {"pages listed", "pages redacted"}, NULL, "'pages redacted': 'pages listed' is there"},
	{"beacon /a x=x\nbeacon /a x=y",
	 {NULL},
	 NULL,
	 "line 1: beacon '/a': another rule for this path is there"},
	{"beacon /a x=x\nbeacon /a x=x", {NULL}, "beacon /a x=x\n", NULL},
	{"beacon /hm x=q", {NULL}, "beacon /hm x=q\n", NULL},
	{"", {"beacon /hm x=q"}, "beacon /hm x=q\n", NULL},
	{"beacon /a x=x",
	 {"beacon /a x=y"},
	 NULL,
	 "beacon '/a': another rule for this path is there"},
	{"",
	 {"beacon /a", "beacon /a x=y"},
	 NULL,
	 "beacon '/a': another rule for this path is there"},
	{"require cookie a=1",
	 {"require cookie a=2"},
	 NULL,
	 "require cookie 'a': another value is required already"},
	{"require cookie a=1",
	 {"require cookie a"},
	 "require cookie a=1\nrequire cookie a\n",
	 NULL},
	{"optout cookie a=1\noptout cookie a=2",
	 {"optout cookie a=1"},
	 "optout cookie a=1\noptout cookie a=2\n",
	 NULL},
	{"", {"page a /x"}, NULL, "'a': expected a site that a 'site' rule names, or (any)"},
	{"", {"site a", "page a /x"}, "site a\npage a /x\n", NULL},
};

static void test_fit(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rules rules = {0};
		struct error e = {""};
		char text[512];
		int err = apply(&rules, cases[i].file, cases[i].socket, &e);

		if ((err == 0) != (cases[i].in_force != NULL))
			fail_msg("case %zu: %d %s", i, err, e.text);
		in_force(&rules, text, sizeof(text));
		if (!err)
			assert_string_equal(text, cases[i].in_force);
		else
			assert_string_equal(e.text, cases[i].message);
		rules_free(&rules);
	}
}

static struct rule parsed(const char *line)
{
	struct rule rule;

	assert_int_equal(rule_parse(&rule, line, strlen(line), NULL), 1);
	return rule;
}

/* What is answered ok stays in force, also if the file had it first and drops it. */
static void test_origins(void **state)
{
	static const char file[] = "optout cookie a\n";
	struct rule a = parsed("optout cookie a"), dnt = parsed("optout header dnt=1");
	struct rules rules = {0}, reread = {0};
	struct error e = {""};

	(void)state;
	assert_int_equal(rules_add_builtin(&rules, NULL), 0);
	assert_int_equal(rules_read(&rules, file, sizeof(file) - 1, NULL), 0);
	assert_int_equal(rules_remove(&rules, &a, &e), -ENOENT);
	assert_string_equal(e.text, "no such rule came by the socket: 'rules' lists them");
	assert_int_equal(rules_add(&rules, &a, NULL), 1);
	assert_int_equal(rules_add(&rules, &a, NULL), 0);
	assert_int_equal(rules_find(&rules, &a)->origins, RULE_FILE | RULE_SOCKET);
	assert_int_equal(rules_add_builtin(&reread, NULL), 0);
	assert_int_equal(rules_append(&reread, &rules, RULE_SOCKET, NULL), 0);
	assert_int_equal(rules_find(&reread, &a)->origins, RULE_SOCKET);
	assert_int_equal(rules_remove(&rules, &a, NULL), 0);
	assert_int_equal(rules_find(&rules, &a)->origins, RULE_FILE);
	assert_int_equal(rules_remove(&reread, &a, NULL), 0);
	assert_null(rules_find(&reread, &a));
	assert_int_equal(rules_remove(&reread, &dnt, NULL), -ENOENT);
	assert_int_equal(rules_find(&reread, &dnt)->origins, RULE_BUILTIN);
	rules_free(&rules);
	rules_free(&reread);
}

/* A page rule from the socket rests while its site is not listed, and comes back. */
static void test_resting_page(void **state)
{
	struct rules rules = {0}, stored = {0};
	struct rule site = parsed("site a"), page = parsed("page a /x");

	(void)state;
	assert_int_equal(rules_add(&rules, &site, NULL), 1);
	assert_int_equal(rules_add(&rules, &page, NULL), 1);
	assert_int_equal(rules_append(&stored, &rules, RULE_SOCKET, NULL), 0);
	assert_int_equal(rules_remove(&stored, &site, NULL), 0);
	assert_false(rules_in_force(&stored, rules_find(&stored, &page)));
	assert_int_equal(rules_read(&stored, "site a", 6, NULL), 0);
	assert_true(rules_in_force(&stored, rules_find(&stored, &page)));
	rules_free(&rules);
	rules_free(&stored);
}

static void test_refused_whole(void **state)
{
	static const char bad[] = "optout cookie b\nbad\n";
	struct rules rules = {0};
	size_t before;

	(void)state;
	assert_int_equal(rules_add_builtin(&rules, NULL), 0);
	before = rules.count;
	assert_int_equal(rules_read(&rules, bad, sizeof(bad) - 1, NULL), -EINVAL);
	assert_int_equal(rules.count, before);
	rules_free(&rules);
}

static void test_too_many(void **state)
{
	char *text = malloc(RULES_FILE_MAX);
	struct rules rules = {0};
	struct error e = {""};
	size_t used = 0;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i <= RULES_MAX; i++)
		used += (size_t)sprintf(text + used, "page (any) /p-%d\n", i);
	assert_int_equal(rules_read(&rules, text, used, &e), -ENOSPC);
	assert_string_equal(e.text, "line 8193: expected at most 8192 rules");
	assert_int_equal(rules.count, 0);
	free(text);
}

static void test_load(void **state)
{
	char path[] = "/tmp/test_rules.XXXXXX", *text;
	struct rules rules = {0};
	struct error e = {""};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "site a\nsite b", 13), 13);
	assert_int_equal(rules_load(&rules, path, NULL), 0);
	assert_int_equal(rules.count, 2);
	assert_int_equal(write(fd, "\nfoo", 4), 4);
	assert_int_equal(rules_load(&rules, path, &e), -EINVAL);
	assert_non_null(strstr(e.text, "': line 3: 'foo': expected site"));
	assert_int_equal(ftruncate(fd, 0), 0);
	text = calloc(1, RULES_FILE_MAX + 1);
	assert_non_null(text);
	memset(text, '\n', RULES_FILE_MAX + 1);
	assert_int_equal(pwrite(fd, text, RULES_FILE_MAX + 1, 0), RULES_FILE_MAX + 1);
	assert_int_equal(rules_load(&rules, path, NULL), -EFBIG);
	free(text);
	close(fd);
	unlink(path);
	assert_int_equal(rules_load(&rules, path, NULL), -ENOENT);
	assert_int_equal(rules_load(&rules, "/dev/zero", NULL), -EINVAL);
	assert_int_equal(rules.count, 2);
	rules_free(&rules);
}

static void test_write(void **state)
{
	static const char file[] = "pages listed\noptout cookie a\nbeacon /hm x=x\n";
	struct rule a = parsed("optout cookie a");
	struct rules rules = {0}, back = {0};
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	assert_int_equal(rules_add_builtin(&rules, NULL), 0);
	assert_int_equal(rules_read(&rules, file, sizeof(file) - 1, NULL), 0);
	assert_int_equal(rules_add(&rules, &a, NULL), 1);
	rules_write(out, &rules);
	fclose(out);
	assert_string_equal(text, "# pages redacted  # built-in (not in force)\n"
				  "# beacon /hm site=s page=p x=x y=y width=w event=e"
				  "  # built-in (not in force)\n"
				  "optout header DNT=1  # built-in\n"
				  "optout header Sec-GPC=1  # built-in\n"
				  "optout cookie blindcount_optout  # built-in\n"
				  "pages listed  # file\n"
				  "optout cookie a  # file socket\n"
				  "beacon /hm x=x  # file\n");
	assert_int_equal(rules_read(&back, text, length, NULL), 0);
	assert_int_equal(back.count, 6);
	free(text);
	rules_free(&rules);
	rules_free(&back);
}

/* A rule that fills its line reads back, whatever becomes of the comment. */
static void test_write_long(void **state)
{
	char line[WORDS_LINE_MAX + 1] = "beacon /b";
	struct rules rules = {0}, back = {0};
	struct rule rule;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	while (strlen(line) < WORDS_LINE_MAX - 60)
		sprintf(line + strlen(line), " skip=%048zu:1", strlen(line));
	sprintf(line + strlen(line), " x=%0*d", (int)(WORDS_LINE_MAX - strlen(line) - 3), 1);
	assert_int_equal(strlen(line), WORDS_LINE_MAX);
	rule = parsed(line);
	assert_int_equal(rules_add(&rules, &rule, NULL), 1);
	rules_write(out, &rules);
	fclose(out);
	assert_int_equal(rules_read(&back, text, length, NULL), 0);
	assert_true(rule_equal(&back.list[0], &rule));
	free(text);
	rule_free(&rule);
	rules_free(&rules);
	rules_free(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fit),	     cmocka_unit_test(test_origins),
		cmocka_unit_test(test_resting_page), cmocka_unit_test(test_refused_whole),
		cmocka_unit_test(test_too_many),     cmocka_unit_test(test_load),
		cmocka_unit_test(test_write),	     cmocka_unit_test(test_write_long),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
