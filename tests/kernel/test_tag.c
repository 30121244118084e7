// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The tags computed from objects are those that this kernel gives. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "verify/image.h"
#include "verify/tag.h"

static void compare(const struct object *o, const struct bpf_program *program)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);
	char tag[TAG_TEXT];
	struct tags tags;

	assert_int_equal(tag_compute(o, bpf_program__name(program), &tags), 0);
	assert_int_equal(bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size), 0);
	tag_text(info.tag, tag);
	if (strcmp(tag, tags.sha256) != 0)
		assert_string_equal(tag, tags.sha1);
	assert_string_not_equal(tags.sha1, tags.sha256);
}

static void test_tags_of_built_in_programs(void **state)
{
	struct image images[IMAGE_BUILT_IN];
	int programs = 0;

	(void)state;
	image_built_in(images);
	for (int i = 0; i < IMAGE_BUILT_IN; i++) {
		struct bpf_object *loaded =
			bpf_object__open_mem(images[i].data, images[i].size, NULL);
		struct bpf_program *program;
		struct error e = {""};
		struct object o;

		assert_non_null(loaded);
		assert_int_equal(bpf_object__load(loaded), 0);
		if (object_open(&o, images[i].data, images[i].size, images[i].name, &e))
			fail_msg("%s", e.text);
		bpf_object__for_each_program (program, loaded) {
			compare(&o, program);
			programs++;
		}
		object_close(&o);
		bpf_object__close(loaded);
	}
	assert_int_equal(programs, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags_of_built_in_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
