// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Redaction of page names: the table of cases, however the stream is cut, and
 * the edges that no table shows well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "redact/words.h"
#include "unit/redact_cases.h"

#define NAME_SIZE (BC_NAME_MAX + 4)
#define RAW_MAX 20000

static struct redact_case cases[REDACT_CASES_MAX];
static int case_count;

/* Feed some bytes, in words where that works if `bulk`. */
static void feed(struct bc_redact *r, char *name, const char *raw, size_t length, bool bulk)
{
	for (size_t i = 0; i < length;) {
		__u8 window[BC_REDACT_BULK_READ];
		size_t left = length - i;
		__u32 n = 0;

		if (bulk) {
			/* What lies behind the bytes that are left must not matter. */
			memset(window, 'a', sizeof(window));
			memcpy(window, raw + i, left < sizeof(window) ? left : sizeof(window));
			n = bc_redact_bulk(r, name, window, left);
			assert_true(n <= left);
		}
		if (!n) {
			bc_redact_byte(r, name, raw[i]);
			n = 1;
		}
		i += n;
	}
}

/* Redact a text that is cut at one place. */
static enum bc_redacted redact(char name[NAME_SIZE], const char *raw, size_t length, size_t cut,
			       bool bulk)
{
	struct bc_redact r;

	memset(name, 0, NAME_SIZE);
	bc_redact_start(&r);
	feed(&r, name, raw, cut, bulk);
	feed(&r, name, raw + cut, length - cut, bulk);
	return bc_redact_end(&r, name);
}

static enum bc_redacted redact_whole(char name[NAME_SIZE], const char *raw)
{
	return redact(name, raw, strlen(raw), 0, false);
}

static void assert_padded(const char name[NAME_SIZE])
{
	for (size_t i = strlen(name); i < NAME_SIZE; i++)
		assert_int_equal(name[i], 0);
}

static void assert_case(const struct redact_case *c, size_t cut, bool bulk)
{
	char name[NAME_SIZE];
	enum bc_redacted kind = redact(name, c->raw, strlen(c->raw), cut, bulk);

	if (kind != BC_REDACT_NAME || strcmp(name, c->name))
		fail_msg("%s became %s instead of %s, cut at %zu%s", c->raw, name, c->name, cut,
			 bulk ? ", in words" : "");
	assert_padded(name);
}

static void test_cases_are_many(void **state)
{
	int redacted = 0;

	(void)state;
	for (int i = 0; i < case_count; i++)
		redacted += strstr(cases[i].name, ":id") && !strstr(cases[i].raw, ":id");
	assert_true(redacted >= 150);
	assert_true(case_count - redacted >= 150);
}

static void test_cases(void **state)
{
	(void)state;
	for (int i = 0; i < case_count; i++)
		for (size_t cut = 0; cut <= strlen(cases[i].raw); cut++) {
			assert_case(&cases[i], cut, false);
			assert_case(&cases[i], cut, true);
		}
}

/* A name is as it is: counted again, it stays the same. */
static void test_cases_again(void **state)
{
	(void)state;
	for (int i = 0; i < case_count; i++) {
		struct redact_case again = cases[i];

		strcpy(again.raw, again.name);
		assert_case(&again, 0, false);
	}
}

/* A text of `length` bytes: a slash and so many letters. */
static char *long_path(size_t length)
{
	static char path[RAW_MAX];

	assert_true(length < sizeof(path));
	memset(path, 'a', length);
	path[0] = '/';
	path[length] = 0;
	return path;
}

static void test_longest(void **state)
{
	char name[NAME_SIZE];

	(void)state;
	for (int bulk = 0; bulk < 2; bulk++)
		for (size_t length = 100; length < 200; length++) {
			const char *path = long_path(length);
			enum bc_redacted kind = redact(name, path, length, 0, bulk);

			if (length <= BC_NAME_MAX) {
				assert_int_equal(kind, BC_REDACT_NAME);
				assert_string_equal(name, path);
			} else {
				assert_int_equal(kind, BC_REDACT_LONG);
				assert_string_equal(name, "");
			}
			assert_padded(name);
		}
}

/* The text of an identifier need not fit, and `:id` needs three bytes of room. */
static void test_long_identifiers(void **state)
{
	static const struct {
		size_t before;
		const char *identifier;
		enum bc_redacted kind;
	} places[] = {
		{BC_NAME_MAX - 4, "12345", BC_REDACT_NAME},
		{BC_NAME_MAX - 3, "12345", BC_REDACT_LONG},
		{BC_NAME_MAX - 4, "1@", BC_REDACT_NAME},
		{BC_NAME_MAX - 3, "@", BC_REDACT_LONG},
		{BC_NAME_MAX - 1, "1", BC_REDACT_LONG},
		{BC_NAME_MAX, "1", BC_REDACT_LONG},
	};
	char name[NAME_SIZE], raw[RAW_MAX], *end;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		for (int bulk = 0; bulk < 2; bulk++) {
			sprintf(raw, "%s/%s", long_path(places[i].before), places[i].identifier);
			assert_int_equal(redact(name, raw, strlen(raw), 0, bulk), places[i].kind);
			assert_padded(name);
		}
	/* As long as a head may be. */
	for (int bulk = 0; bulk < 2; bulk++) {
		end = raw + sprintf(raw, "/a/");
		while (end < raw + BC_HEAD_MAX)
			end += sprintf(end, "a1");
		strcpy(end, "/b");
		assert_int_equal(redact(name, raw, strlen(raw), 0, bulk), BC_REDACT_NAME);
		assert_string_equal(name, "/a/:id/b");
	}
}

static void test_depth(void **state)
{
	char name[NAME_SIZE];

	(void)state;
	assert_int_equal(redact_whole(name, "/a/b/c/d/e/f/g/h/i/../../../../../../../../../x"),
			 BC_REDACT_LONG);
	assert_int_equal(redact_whole(name, "/a/b/c/d/e/f/g/h/i/../../../../../../../x"),
			 BC_REDACT_NAME);
	assert_string_equal(name, "/a/b/x");
	assert_int_equal(redact_whole(name, "/a/b/c/d/e/f/g/h/../../../../../../../../../../x"),
			 BC_REDACT_NAME);
	assert_string_equal(name, "/x");
}

static void test_none(void **state)
{
	static const char *const raw[] = {"", "?a=b", "#a", ";a", ".", "..", "a/..?"};
	char name[NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(raw) / sizeof(*raw); i++) {
		enum bc_redacted kind = redact_whole(name, raw[i]);

		assert_int_equal(kind, BC_REDACT_NONE);
		assert_string_equal(name, "");
		assert_padded(name);
	}
}

/* What is known to be an identifier does not wait for the segment's end to be forgotten. */
static void test_forgotten_at_once(void **state)
{
	static const char *const raw[] = {"/u/jane.doe%40", "/u/203.0.113.5-", "/u/2001:db8::1-",
					  "/u/550e8400-e29b-41d4-a716-446655440000-"};
	char name[NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(raw) / sizeof(*raw); i++) {
		struct bc_redact r;

		memset(name, 0, sizeof(name));
		bc_redact_start(&r);
		feed(&r, name, raw[i], strlen(raw[i]), true);
		assert_string_equal(name, "/u/:id");
		assert_padded(name);
	}
}

/* Pieces that, put together by chance, come near the rules' edges. */
static const char *const pieces[] = {
	"/",
	"/",
	"/",
	"%2F",
	"-",
	"_",
	".",
	".",
	"..",
	"a",
	"foo",
	"deadbeef",
	"Foo",
	"2024",
	"05",
	"1",
	"12345",
	"255",
	"7",
	"a1",
	"%",
	"%25",
	"%40",
	"@",
	":",
	"::",
	";",
	"?",
	"x",
	"\\",
	"%4",
	"1f",
	"=",
	"\xc3\xa4",
	"%C3%A4",
	"thisisalongword",
	"AbCd",
	"html",
	"00000000",
	"*",
	"550e8400-e29b-41d4-a716-446655440000",
	" ",
	"446655440000",
	"0a1b2c3d4e5f6a7b",
};

static void check_invariants(const char *raw, size_t length)
{
	char name[NAME_SIZE], other[NAME_SIZE];
	enum bc_redacted kind = redact(name, raw, length, 0, false);

	assert_padded(name);
	assert_int_equal(redact(other, raw, length, rand() % (length + 1), true), kind);
	assert_memory_equal(other, name, NAME_SIZE);
	if (kind != BC_REDACT_NAME) {
		assert_string_equal(name, "");
		return;
	}
	assert_null(strstr(name, "//"));
	assert_null(strpbrk(name, "@?#;\\* "));
	for (const char *c = name; *c; c++)
		assert_true(*c > ' ' && *c < 0x7f);
	assert_int_equal(redact_whole(other, name), BC_REDACT_NAME);
	assert_string_equal(other, name);
}

static void test_made_up(void **state)
{
	const size_t count = sizeof(pieces) / sizeof(*pieces);

	(void)state;
	srand(1);
	for (int i = 0; i < 30000; i++) {
		char raw[2048] = "";

		for (int n = rand() % (i % 50 ? 12 : 50); n; n--)
			strcat(raw, pieces[rand() % count]);
		check_invariants(raw, strlen(raw));
	}
}

static void test_any_bytes(void **state)
{
	(void)state;
	srand(2);
	for (int i = 0; i < 10000; i++) {
		char raw[64];
		size_t length = rand() % sizeof(raw);

		for (size_t n = 0; n < length; n++)
			raw[n] = i % 2 ? rand() : "/.%-:0a@"[rand() % 8];
		check_invariants(raw, length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases_are_many),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cases_again),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_long_identifiers),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_forgotten_at_once),
		cmocka_unit_test(test_made_up),
		cmocka_unit_test(test_any_bytes),
	};

	case_count = redact_cases_read(cases);
	if (case_count < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
