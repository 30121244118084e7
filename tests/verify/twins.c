// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Runs the dynamic check on programs that are not built in: twins OBJECT … prints for
 * each a line "file<TAB>found: where", "file<TAB>nothing found" or
 * "file<TAB>not run: why".
 */
#include <stdio.h>
#include <string.h>

#include "verify/twins/dynamic.h"
#include "verify/image.h"

#define CONNECTIONS 500

static void run(const char *path)
{
	struct dynamic_options options = {.name = path, .seed = 1, .connections = CONNECTIONS};
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct dynamic_result result;
	struct error e = {""};
	struct image image;
	int r = image_read(path, &image, &e);

	if (!r) {
		options.image = image.data;
		options.size = image.size;
		options.name = name;
		r = dynamic_run(&options, &result, &e);
		image_free(&image);
	}
	printf("%s\t%s%s\n", name,
	       r	     ? "not run: "
	       : result.same ? "nothing found"
			     : "found: ",
	       r	     ? e.text
	       : result.same ? ""
			     : result.difference);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run(argv[i]);
	return argc < 2;
}
