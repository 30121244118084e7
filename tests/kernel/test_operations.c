// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Each kind of request takes the map operations that requests.c tells. Unlike time,
 * this is the same on every machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "operations.skel.h"
#include "kernel/requests.h"

static struct bc_ruleset rules;

/* Run a kind's packet, and return how many map operations that took. */
static unsigned int operations_of(struct operations_bpf *skel, const struct request_kind *kind)
{
	struct bc_socket sock = request_socket(kind);
	struct packet p;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p.bytes);
	__u32 zero = 0;

	request_packet(kind, &p);
	opts.data_size_in = (__u32)p.length;
	memset(&skel->bss->operations, 0, sizeof(skel->bss->operations));
	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(skel->maps.test_socket), &zero, &sock, BPF_ANY), 0);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.blindcount), &opts), 0);
	assert_int_equal(opts.retval, 1);
	return (unsigned int)(skel->bss->operations.lookups + skel->bss->operations.updates +
			      skel->bss->operations.deletes + skel->bss->operations.storage);
}

static void test_bounds(void **state)
{
	struct operations_bpf *skel = operations_bpf__open();
	__u32 zero = 0;

	(void)state;
	assert_non_null(skel);
	skel->rodata->testing = true;
	skel->rodata->testing_by_helper = true;
	skel->rodata->ports[0] = PORT;
	skel->rodata->port_count = 1;
	assert_int_equal(operations_bpf__load(skel), 0);
	for (size_t i = 0; i < request_kinds_count; i++) {
		const struct request_kind *kind = &request_kinds[i];
		unsigned int taken;

		assert_int_equal(request_rules(kind, &rules, bpf_map__fd(skel->maps.listed)), 0);
		assert_int_equal(bpf_map_update_elem(bpf_map__fd(skel->maps.rules_0), &zero, &rules,
						     BPF_ANY),
				 0);
		operations_of(skel, kind); /* makes its page and cell known */
		taken = operations_of(skel, kind);
		if (taken != kind->operations)
			fail_msg("%s: %u map operations, not %u", kind->name, taken,
				 kind->operations);
	}
	operations_bpf__destroy(skel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_bounds)};

	return cmocka_run_group_tests_name("operations", tests, NULL, NULL);
}
