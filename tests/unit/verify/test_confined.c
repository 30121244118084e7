// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What `verify` makes of /proc/PID/status and limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "verify/running/confined.h"

#define LIMITS(core)                                                                       \
	"Limit                     Soft Limit           Hard Limit           Units     \n" \
	"Max data size             unlimited            unlimited            bytes     \n" \
	"Max core file size        " core "bytes     \n"

#define STATUS(uid, gid, inh, prm, eff, nnp, seccomp, threads)                     \
	"Name:\tblindcount\nUid:\t" uid "\nGid:\t" gid "\nThreads:\t" threads "\n" \
	"CapInh:\t" inh "\nCapPrm:\t" prm "\nCapEff:\t" eff "\n"                   \
	"CapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\n"                   \
	"NoNewPrivs:\t" nnp "\nSeccomp:\t" seccomp "\nSeccomp_filters:\t1\n"

#define USER "999\t999\t999\t999"
#define NO_CAP "0000000000000000"
#define CAP_BPF_ALONE "0000008000000000"
#define NO_CORE "0                    0                    "

static const struct {
	const char *status, *limits;
	const char *fault; /* part of what is said; NULL: all is well */
} cases[] = {
	{STATUS(USER, USER, NO_CAP, NO_CAP, NO_CAP, "1", "2", "1"), LIMITS(NO_CORE), NULL},
	{STATUS(USER, USER, NO_CAP, CAP_BPF_ALONE, CAP_BPF_ALONE, "1", "2", "1"), LIMITS(NO_CORE),
	 NULL},
	{STATUS("0\t0\t0\t0", USER, NO_CAP, NO_CAP, NO_CAP, "1", "2", "1"), LIMITS(NO_CORE),
	 "as root"},
	{STATUS("999\t999\t0\t999", USER, NO_CAP, NO_CAP, NO_CAP, "1", "2", "1"), LIMITS(NO_CORE),
	 "several users"},
	{STATUS(USER, "999\t0\t999\t999", NO_CAP, NO_CAP, NO_CAP, "1", "2", "1"), LIMITS(NO_CORE),
	 "several users"},
	{STATUS(USER, USER, CAP_BPF_ALONE, NO_CAP, NO_CAP, "1", "2", "1"), LIMITS(NO_CORE),
	 "has capabilities"},
	{STATUS(USER, USER, NO_CAP, "0000000000200000", NO_CAP, "1", "2", "1"), LIMITS(NO_CORE),
	 "has capabilities"},
	{STATUS(USER, USER, NO_CAP, CAP_BPF_ALONE, "0000008000200000", "1", "2", "1"),
	 LIMITS(NO_CORE), "has capabilities"},
	{STATUS(USER, USER, NO_CAP, NO_CAP, NO_CAP, "0", "2", "1"), LIMITS(NO_CORE),
	 "no_new_privs"},
	{STATUS(USER, USER, NO_CAP, NO_CAP, NO_CAP, "1", "0", "1"), LIMITS(NO_CORE), "seccomp"},
	{STATUS(USER, USER, NO_CAP, NO_CAP, NO_CAP, "1", "2", "2"), LIMITS(NO_CORE), "thread"},
	{STATUS(USER, USER, NO_CAP, NO_CAP, NO_CAP, "1", "2", "1"),
	 LIMITS("0                    unlimited            "), "core dumps"},
	{STATUS(USER, USER, NO_CAP, NO_CAP, NO_CAP, "1", "2", "1"),
	 LIMITS("1024                 1024                 "), "core dumps"},
};

static void test_judgement(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct confined confined = {.dumpable = false};
		struct evidence ev = {.checks = 0};

		assert_true(confined_parse(cases[i].status, cases[i].limits, &confined));
		confined_judge(&confined, 42, &ev);
		assert_int_equal(ev.checks, 1);
		if (evidence_holds(&ev) == !!cases[i].fault)
			fail_msg("case %zu: %s", i, ev.check[0].text);
		if (cases[i].fault) {
			assert_int_equal(ev.check[0].details, 1);
			assert_non_null(strstr(ev.check[0].detail[0], cases[i].fault));
		}
		evidence_free(&ev);
	}
}

static void test_dumpable(void **state)
{
	struct confined confined;
	struct evidence ev = {.checks = 0};

	(void)state;
	assert_true(confined_parse(cases[0].status, cases[0].limits, &confined));
	confined.dumpable = true;
	confined_judge(&confined, 42, &ev);
	assert_false(evidence_holds(&ev));
	evidence_free(&ev);
}

/* A text that lacks any of its lines tells nothing. */
static void test_missing_lines(void **state)
{
	static const char *const names[] = {
		"Uid:",	   "Gid:",    "Threads:", "CapInh:",  "CapPrm:",
		"CapEff:", "CapBnd:", "CapAmb:",  "Seccomp:", "NoNewPrivs:"};
	struct confined confined;
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), "%s", cases[0].status);
		*strstr(text, names[i]) = 'x';
		assert_false(confined_parse(text, cases[0].limits, &confined));
	}
	assert_false(confined_parse(cases[0].status, "", &confined));
	assert_false(confined_parse("", "", &confined));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judgement),
		cmocka_unit_test(test_dumpable),
		cmocka_unit_test(test_missing_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
