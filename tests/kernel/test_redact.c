// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Redaction inside the kernel: the cases of the unit test, and what a few names cost. */
#include <bpf/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "redact/words.h"
#include "redact.skel.h"
#include "unit/redact_cases.h"

#define REPEAT 20000

static struct redact_bpf *skeleton;

static int set_up(void **state)
{
	(void)state;
	skeleton = redact_bpf__open_and_load();
	return skeleton ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	redact_bpf__destroy(skeleton);
	return 0;
}

/* Redact a text in the kernel; returns the nanoseconds of one of `repeat` runs. */
static __u32 run(const char *raw, bool bytewise, int repeat)
{
	__u8 packet[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = repeat);

	assert_true(strlen(raw) < sizeof(skeleton->bss->text) - BC_REDACT_BULK_READ);
	memset(skeleton->bss->text, 'a', sizeof(skeleton->bss->text));
	memcpy(skeleton->bss->text, raw, strlen(raw));
	skeleton->bss->length = strlen(raw);
	skeleton->bss->bytewise = bytewise;
	assert_int_equal(
		bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.redact_text), &options), 0);
	return options.duration;
}

static void test_cases(void **state)
{
	static struct redact_case cases[REDACT_CASES_MAX];
	int n = redact_cases_read(cases);

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++)
		for (int bytewise = 0; bytewise < 2; bytewise++) {
			run(cases[i].raw, bytewise, 1);
			assert_int_equal(skeleton->bss->redacted, BC_REDACT_NAME);
			assert_string_equal(skeleton->bss->name, cases[i].name);
		}
}

static void test_long(void **state)
{
	char raw[BC_NAME_MAX + 2];

	(void)state;
	memset(raw, 'a', sizeof(raw));
	raw[0] = '/';
	raw[BC_NAME_MAX + 1] = 0;
	for (int bytewise = 0; bytewise < 2; bytewise++) {
		run(raw, bytewise, 1);
		assert_int_equal(skeleton->bss->redacted, BC_REDACT_LONG);
		assert_string_equal(skeleton->bss->name, "");
	}
}

/* Figures to read; nothing depends on them. */
static void print_cost(void **state)
{
	static const char *const names[] = {
		"/products/shoes/red-sneaker-42",
		"%2Fblog%2F2024%2F05%2Fwhy-we-moved",
		"/user/12345/orders",
		"/share/550e8400-e29b-41d4-a716-446655440000",
		"/reset/john.doe%40example.com",
	};
	__u32 nothing = run("", false, REPEAT);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		printf("%4d ns, %4d ns byte by byte: %s\n",
		       (int)(run(names[i], false, REPEAT) - nothing),
		       (int)(run(names[i], true, REPEAT) - nothing), names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long),
		cmocka_unit_test(print_cost),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
