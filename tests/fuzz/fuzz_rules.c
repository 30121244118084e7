// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Rules: any bytes are refused or read; what is read means the same when written and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth)
{
	if (!truth)
		abort();
}

/* One line, on its own. */
static void check_line(const char *line, size_t length)
{
	char text[RULE_TEXT_MAX], again_text[RULE_TEXT_MAX];
	struct error e = {""};
	struct rule rule, again;
	int got = rule_parse(&rule, line, length, &e);

	require(got >= 0 || e.text[0]);
	if (got <= 0)
		return;
	rule_text(&rule, text);
	require(rule_parse(&again, text, strlen(text), NULL) == 1);
	require(rule_equal(&rule, &again));
	rule_text(&again, again_text);
	require(!strcmp(text, again_text));
	rule_free(&rule);
	rule_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size;
	struct rules rules = {0};
	struct error e = {""};

	for (const char *line = text; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *stop = newline ? newline : end;

		check_line(line, (size_t)(stop - line));
		line = stop + 1;
	}
	if (rules_read(&rules, text, size, &e))
		require(e.text[0] && !rules.count);
	else if (rules.count && compile_try(&rules, &e))
		require(e.text[0]);
	rules_free(&rules);
	return 0;
}
