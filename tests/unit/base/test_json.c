// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* JSON strings: every byte a name may hold comes out inert. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static char *written(const char *text)
{
	char *result;
	size_t length;
	FILE *out = open_memstream(&result, &length);

	assert_non_null(out);
	json_string(out, text);
	fclose(out);
	return result;
}

static void escapes(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{"", "\"\""},
		{"/a b", "\"/a b\""},
		{"\"\\", "\"\\\"\\\\\""},
		{"</script>", "\"\\u003c/script\\u003e\""},
		{"<!--&", "\"\\u003c!--\\u0026\""},
		{"\t\n\x1b[2J\x7f", "\"\\u0009\\u000a\\u001b[2J\\u007f\""},
		{"\xc2\x9b", "\"\\u009b\""}, /* CSI as one character */
		{"caf\xc3\xa9", "\"caf\\u00e9\""},
		{"\xe2\x80\xae", "\"\\u202e\""}, /* right-to-left override */
		{"\xe2\x80\xa8", "\"\\u2028\""}, /* a line's end to JavaScript */
		{"\xf0\x9f\x98\x80", "\"\\ud83d\\ude00\""},
		{"\xf4\x8f\xbf\xbf", "\"\\udbff\\udfff\""},
		{"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""}, /* a lone surrogate */
		{"\xc0\xaf", "\"\\ufffd\\ufffd\""}, /* '/' in two bytes */
		{"\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\""},
		{"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""}, /* beyond Unicode */
		{"\xff\xfe", "\"\\ufffd\\ufffd\""},
		{"\x80", "\"\\ufffd\""},
		{"a\xe2\x80", "\"a\\ufffd\\ufffd\""}, /* cut off */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *json = written(cases[i].text);

		assert_string_equal(json, cases[i].json);
		free(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
