// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Proofs from the outside: the built-in programs are proven, what is no object is refused in
 * words, and a damaged one does no harm. Leaks have tests of their own (tests/leaks).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "verify/proof/proof.h"

#include "blindcount.skel.h"
#include "mask.skel.h"

#define FLIPS 400

static void test_built_in_is_proven(void **unused)
{
	struct proof_set set;
	struct error e = {""};
	size_t size;
	const void *image = blindcount_bpf__elf_bytes(&size);

	(void)unused;
	assert_int_equal(proof_run(image, size, "blindcount", NULL, &set, &e), 0);
	assert_int_equal(set.count, 1);
	assert_string_equal(set.proofs[0].program, "blindcount");
	for (int i = 0; i < set.proofs[0].finding_count; i++)
		print_error("%s: %s\n", set.proofs[0].findings[i].where,
			    set.proofs[0].findings[i].text);
	assert_true(set.proofs[0].proven);
	assert_true(set.proofs[0].instructions > 1000);
	proof_set_free(&set);
}

/* Payload goes to the window alone; most of the program is never given the packet. */
static void test_payload_goes_to_the_window(void **unused)
{
	struct proof_set set;
	size_t size;
	const void *image = blindcount_bpf__elf_bytes(&size);

	(void)unused;
	assert_int_equal(proof_run(image, size, "blindcount", NULL, &set, NULL), 0);
	assert_int_equal(set.proofs[0].payload_count, 1);
	assert_string_equal(set.proofs[0].payload[0].map, "workplace");
	assert_non_null(strstr(set.proofs[0].payload[0].field, "text"));
	assert_in_range(set.proofs[0].reader, 100, 1000);
	assert_true(set.proofs[0].instructions > 4 * set.proofs[0].reader);
	proof_set_free(&set);
}

static void test_one_program(void **unused)
{
	struct proof_set set, untouched = {.count = 77};
	struct error e = {""};
	size_t size;
	const void *image = mask_bpf__elf_bytes(&size);

	(void)unused;
	assert_int_equal(proof_run(image, size, "mask", "mask6", &set, &e), 0);
	assert_int_equal(set.count, 1);
	assert_string_equal(set.proofs[0].program, "mask6");
	assert_true(set.proofs[0].proven);
	proof_set_free(&set);

	assert_int_equal(proof_run(image, size, "mask", "nobody", &untouched, &e), -ENOENT);
	assert_string_equal(e.text, "'mask' holds no program 'nobody'");
	assert_int_equal(untouched.count, 77);
}

static void test_no_object(void **unused)
{
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = {{"", 0}, {"x", 1}, {"\177ELF", 4}, {"#!/bin/sh\nexit 0\n", 17}};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proof_set set = {.count = 77};
		struct error e = {""};

		assert_true(proof_run(cases[i].bytes, cases[i].size, "it", NULL, &set, &e) < 0);
		assert_true(e.text[0]);
		assert_int_equal(set.count, 77);
	}
}

/* Bytes of the code and of tables flipped at random: any answer will do, but an answer. */
static void test_damaged_objects(void **unused)
{
	const char *given = getenv("PROOF_SEED");
	unsigned int seed = given ? strtoul(given, NULL, 0) : (unsigned int)time(NULL);
	size_t size;
	const void *image = mask_bpf__elf_bytes(&size);
	uint8_t *copy = malloc(size);

	(void)unused;
	assert_non_null(copy);
	printf("PROOF_SEED=%u\n", seed);
	srandom(seed);
	for (int i = 0; i < FLIPS; i++) {
		struct proof_set set;
		size_t cut = random() % 8 ? size : (size_t)random() % size;

		memcpy(copy, image, size);
		for (int flips = random() % 6; flips >= 0; flips--)
			copy[random() % size] ^= 1 << random() % 8;
		if (!proof_run(copy, cut, "damaged", NULL, &set, NULL))
			proof_set_free(&set);
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_built_in_is_proven),
		cmocka_unit_test(test_payload_goes_to_the_window),
		cmocka_unit_test(test_one_program),
		cmocka_unit_test(test_no_object),
		cmocka_unit_test(test_damaged_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
