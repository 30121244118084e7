// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Evidence in print: what holds, what fails, what was skipped, in both forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "verify/evidence.h"

static char *printed(const struct evidence *ev, bool json)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (json)
		evidence_print_json(out, ev);
	else
		evidence_print_text(out, ev, EVIDENCE_TESTED);
	fclose(out);
	return text;
}

static void test_results(void **state)
{
	struct evidence ev = {.checks = 0};

	(void)state;
	assert_false(evidence_holds(&ev)); /* nothing was checked */
	evidence_add(&ev, "a", EVIDENCE_TESTED, EVIDENCE_HOLDS, "A %d.", 1);
	evidence_add(&ev, "b", EVIDENCE_TESTED, EVIDENCE_NOTED, "B.");
	assert_true(evidence_holds(&ev));
	assert_false(evidence_skipped(&ev));
	evidence_add(&ev, "c", EVIDENCE_TESTED, EVIDENCE_SKIPPED, "C.");
	assert_true(evidence_holds(&ev));
	assert_true(evidence_skipped(&ev));
	evidence_fail(&ev, "C %s.", "failed");
	assert_false(evidence_holds(&ev));
	assert_false(evidence_skipped(&ev));
	evidence_free(&ev);
	evidence_add(&ev, "d", EVIDENCE_TESTED, EVIDENCE_HOLDS, "D.");
	ev.incomplete = true;
	assert_false(evidence_holds(&ev));
	evidence_free(&ev);
}

static void test_print(void **state)
{
	struct evidence ev = {.checks = 0};
	char *text;

	(void)state;
	evidence_detail(&ev, "belongs to nothing");
	evidence_add(&ev, "run", EVIDENCE_TESTED, EVIDENCE_HOLDS, "It \"ran\".");
	evidence_detail(&ev, "a\033[1mb");
	evidence_detail(&ev, "c");
	evidence_add(&ev, "pins", EVIDENCE_COMPARED, EVIDENCE_FAILS, "No pins.");
	text = printed(&ev, false);
	assert_string_equal(text, "  holds   It \"ran\".\n"
				  "            a?[1mb\n"
				  "            c\n");
	free(text);
	text = printed(&ev, true);
	assert_string_equal(
		text, "[{\"name\":\"run\",\"kind\":\"tested\",\"result\":\"holds\",\"text\":\"It "
		      "\\\"ran\\\".\",\"details\":[\"a\\u001b[1mb\",\"c\"]},{\"name\":\"pins\","
		      "\"kind\":\"compared\",\"result\":\"fails\",\"text\":\"No "
		      "pins.\",\"details\":[]}]");
	free(text);
	evidence_free(&ev);
}

/* Long lines are broken at blanks and keep their indentation. */
static void test_wrapped(void **state)
{
	struct evidence ev = {.checks = 0};
	char words[400] = "", *text;

	(void)state;
	for (int i = 0; i < 60; i++)
		strcat(words, "word ");
	evidence_add(&ev, "w", EVIDENCE_TESTED, EVIDENCE_HOLDS, "%s", words);
	text = printed(&ev, false);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		assert_in_range(strlen(line), 14, 100);
		assert_memory_equal(line, line == text ? "  holds   word" : "          word", 14);
	}
	free(text);
	evidence_free(&ev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_wrapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
