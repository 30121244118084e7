// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Rules from the socket on disk, and the audit log beside them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/audit.h"
#include "rules/rulestore.h"

static char folder[] = "/tmp/test_rulestore.XXXXXX";
static int data = -1;

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	data = open(folder, O_RDONLY | O_DIRECTORY);
	return data < 0;
}

static int remove_folder(void **state)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;

	(void)state;
	while (entries && (entry = readdir(entries)))
		unlinkat(data, entry->d_name, 0);
	closedir(entries);
	close(data);
	return rmdir(folder);
}

static void add(struct rules *rules, const char *line)
{
	struct rule rule;

	assert_int_equal(rule_parse(&rule, line, strlen(line), NULL), 1);
	assert_int_equal(rules_add(rules, &rule, NULL), 1);
	rule_free(&rule);
}

static size_t get(const char *name, char *text, size_t size)
{
	int fd = openat(data, name, O_RDONLY);
	ssize_t n = read(fd, text, size - 1);

	assert_true(fd >= 0 && n >= 0);
	text[n] = '\0';
	close(fd);
	return (size_t)n;
}

static void put(const char *name, const char *text, size_t length)
{
	int fd = openat(data, name, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_int_equal(write(fd, text, length), length);
	close(fd);
}

static const char stored[] = "# Rules from the control socket, written by blindcount.\n"
			     "optout cookie a\n"
			     "optout header \"X-M=a b\"\n"
			     "beacon /b preset=owa x=q\n"
			     "# crc32 381c71a1\n";

static void fill(struct rules *rules)
{
	assert_int_equal(rules_add_builtin(rules, NULL), 0);
	assert_int_equal(rules_read(rules, "optout cookie file", 18, NULL), 0);
	add(rules, "optout cookie a");
	add(rules, "optout header \"X-M=a b\"");
	add(rules, "beacon /b preset=owa x=q");
}

static void test_round(void **state)
{
	struct rules rules = {0}, back = {0};
	char text[1024];
	struct stat st;

	(void)state;
	assert_int_equal(rulestore_load(data, &back, NULL), 0);
	assert_int_equal(back.count, 0);
	fill(&rules);
	assert_int_equal(rulestore_save(data, &rules, NULL), 0);
	get("rules", text, sizeof(text));
	assert_string_equal(text, stored);
	assert_int_equal(fstatat(data, "rules", &st, 0), 0);
	assert_int_equal(st.st_mode & 07137, 0);
	assert_int_equal(faccessat(data, ".rules.tmp", F_OK, 0), -1);
	assert_int_equal(rulestore_load(data, &back, NULL), 0);
	assert_int_equal(back.count, 3);
	for (size_t i = 0; i < back.count; i++) {
		assert_int_equal(back.list[i].origins, RULE_SOCKET);
		assert_non_null(rules_find(&rules, &back.list[i]));
	}
	rules_free(&back);
	/* Loaded over the same rule in the file, both origins stand. */
	assert_int_equal(rules_read(&back, "optout cookie a", 15, NULL), 0);
	assert_int_equal(rulestore_load(data, &back, NULL), 0);
	assert_int_equal(back.list[0].origins, RULE_FILE | RULE_SOCKET);
	rules_free(&back);
	rules_free(&rules);
}

/* Cut at any byte, or with any bit turned, the file is refused. */
static void test_damaged(void **state)
{
	struct rules rules = {0};
	size_t length = sizeof(stored) - 1;

	(void)state;
	put("rules", stored, length);
	assert_int_equal(rulestore_load(data, &rules, NULL), 0);
	rules_free(&rules);
	for (size_t cut = 0; cut < length; cut++) {
		put("rules", stored, cut);
		assert_int_equal(rulestore_load(data, &rules, NULL), -EINVAL);
	}
	for (size_t i = 0; i < length; i++) {
		char turned[sizeof(stored)];

		memcpy(turned, stored, sizeof(stored));
		turned[i] ^= (char)(1 << i % 8);
		put("rules", turned, length);
		assert_int_equal(rulestore_load(data, &rules, NULL), -EINVAL);
	}
	assert_int_equal(rules.count, 0);
}

static void test_message(void **state)
{
	struct rules rules = {0};
	struct error e = {""};

	(void)state;
	put("rules", "optout cookie a\n", 16);
	assert_int_equal(rulestore_load(data, &rules, &e), -EINVAL);
	assert_string_equal(e.text,
			    "'rules' in the data folder, which holds rules from the control "
			    "socket (restore it; or give up what the kernel has by `blindcount "
			    "detach`, remove it, and report the rules again): "
			    "its checksum does not fit: it is damaged or was changed by hand");
}

/* A save that fails leaves what was there. */
static void test_save_fails(void **state)
{
	struct rules rules = {0};
	struct error e = {""};
	char text[1024];

	(void)state;
	put("rules", stored, sizeof(stored) - 1);
	assert_int_equal(mkdirat(data, ".rules.tmp", 0700), 0);
	assert_int_equal(rulestore_save(data, &rules, &e), -EISDIR);
	assert_string_equal(e.text, "cannot save the rule in the data folder: Is a directory");
	assert_int_equal(unlinkat(data, ".rules.tmp", AT_REMOVEDIR), 0);
	get("rules", text, sizeof(text));
	assert_string_equal(text, stored);
}

static void test_audit(void **state)
{
	char text[4096], *line, rest[4096];
	unsigned int uid, gid, year, fields;
	struct stat st;
	int log;

	(void)state;
	put("audit.log", "cut sho", 7);
	log = audit_open(data, NULL);
	assert_true(log >= 0);
	assert_int_equal(audit_write(log, 0, 33, "add optout cookie a", NULL), 0);
	close(log);
	log = audit_open(data, NULL);
	assert_int_equal(audit_write(log, 1000, 1000, "stop", NULL), 0);
	close(log);
	get("audit.log", text, sizeof(text));
	assert_memory_equal(text, "cut sho\n", 8);
	line = text + 8;
	fields = (unsigned int)sscanf(line, "%4u-%*2u-%*2uT%*2u:%*2u:%*2uZ uid=%u gid=%u %[^\n]",
				      &year, &uid, &gid, rest);
	assert_int_equal(fields, 4);
	assert_in_range(year, 1970, 9999);
	assert_int_equal(uid, 0);
	assert_int_equal(gid, 33);
	assert_string_equal(rest, "add optout cookie a");
	line = strchr(line, '\n') + 1;
	assert_non_null(strstr(line, " uid=1000 gid=1000 stop\n"));
	assert_int_equal(strlen(strchr(line, '\n')), 1);
	assert_int_equal(fstatat(data, "audit.log", &st, 0), 0);
	unlinkat(data, "audit.log", 0);
	log = audit_open(data, NULL);
	assert_int_equal(fstat(log, &st), 0);
	assert_int_equal(st.st_mode & 07137, 0);
	close(log);
}

static void test_audit_long(void **state)
{
	char what[2 * AUDIT_WHAT_MAX], text[4 * AUDIT_WHAT_MAX];
	int log = audit_open(data, NULL);
	size_t length;

	(void)state;
	memset(what, 'w', sizeof(what));
	what[sizeof(what) - 1] = '\0';
	assert_int_equal(audit_write(log, (uid_t)-1, (gid_t)-1, what, NULL), 0);
	close(log);
	length = get("audit.log", text, sizeof(text));
	assert_ptr_equal(strchr(text, '\n'), text + length - 1);
	assert_int_equal(strspn(strchr(text, 'w'), "w"), AUDIT_WHAT_MAX);
}

static void test_audit_pages(void **state)
{
	static const struct {
		const char *line, *shown;
		bool exact;
	} rows[] = {
		{"optout cookie a", "optout cookie a", true},
		{"page (any) /jane-doe", "page (any) page-", false},
		{"exclude page shop /jane-doe", "exclude page shop page-", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[RULE_TEXT_MAX], again[RULE_TEXT_MAX];
		size_t length = strlen(rows[i].shown);
		struct rule rule;

		assert_int_equal(rule_parse(&rule, rows[i].line, strlen(rows[i].line), NULL), 1);
		audit_rule(&rule, text);
		audit_rule(&rule, again);
		assert_memory_equal(text, rows[i].shown, length);
		assert_int_equal(strlen(text), length + (rows[i].exact ? 0 : 16));
		assert_int_equal(!strcmp(text, again), rows[i].exact);
	}
}

/* Whatever stands where the temporary file belongs, a pipe even, the rules are saved. */
static void test_save_over_pipe(void **state)
{
	struct rules rules = {0}, loaded = {0};

	(void)state;
	add(&rules, "optout cookie no_heatmap");
	assert_int_equal(mkfifoat(data, ".rules.tmp", 0600), 0);
	alarm(10);
	assert_int_equal(rulestore_save(data, &rules, NULL), 0);
	alarm(0);
	assert_int_equal(rulestore_load(data, &loaded, NULL), 0);
	assert_int_equal(loaded.count, 1);
	rules_free(&rules);
	rules_free(&loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_damaged, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_message, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_save_fails, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_save_over_pipe, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_audit, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_audit_long, make_folder, remove_folder),
		cmocka_unit_test(test_audit_pages),
	};

	return cmocka_run_group_tests_name("rulestore", tests, NULL, NULL);
}
