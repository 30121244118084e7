// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The dynamic check of `verify`, on the built-in program. What it finds: tests/verify. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "verify/twins/dynamic.h"

#include "blindcount.skel.h"
#include "mask.skel.h"

static void test_built_in_program_keeps_no_trace(void **state)
{
	struct dynamic_options options = {
		.name = "built in", .seed = time(NULL), .connections = 1000};
	struct dynamic_result result;
	struct error e = {""};
	int r;

	(void)state;
	options.image = blindcount_bpf__elf_bytes(&options.size);
	printf("seed %llu\n", (unsigned long long)options.seed);
	r = dynamic_run(&options, &result, &e);
	if (r)
		fail_msg("%s", e.text);
	if (!result.same)
		fail_msg("%s", result.difference);
	assert_true(result.counters);
	assert_string_equal(result.program, "blindcount");
	assert_string_equal(result.unread, "connections, paths, pending");
	assert_in_range(result.connections, 1, options.connections);
	assert_true(result.runs > 4UL * result.connections);
	assert_true(result.ends[BC_COUNTED] && result.ends[BC_OPTED_OUT]);
}

static void test_other_hooks_cannot_be_run(void **state)
{
	struct dynamic_options options = {.name = "built in", .connections = 1};
	struct dynamic_result result;
	struct error e = {""};

	(void)state;
	options.image = mask_bpf__elf_bytes(&options.size);
	assert_int_equal(dynamic_run(&options, &result, &e), -EOPNOTSUPP);
	assert_non_null(strstr(e.text, "mask4"));
	options.program = "nothing";
	assert_int_equal(dynamic_run(&options, &result, &e), -ENOENT);
	options.size = 100;
	assert_true(dynamic_run(&options, &result, &e) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_built_in_program_keeps_no_trace),
		cmocka_unit_test(test_other_hooks_cannot_be_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
