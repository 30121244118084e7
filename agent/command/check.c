// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* `blindcount check`: is this rules file good? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/commands.h"
#include "rules/compile.h"

static void usage(FILE *out)
{
	fputs("Usage: blindcount check FILE\n"
	      "Reads a rules file as the agent would, and says what is wrong with it.\n\n"
	      "A file holds one rule a line; '#' starts a comment; a word with blanks stands in\n"
	      "double quotes:\n\n",
	      out);
	rule_help(out);
	fputs("\nExit status: 0 good, 1 not good, 2 usage.\n", out);
}

static int check_file(const char *path, size_t *count, struct error *e)
{
	struct rules rules = {0};
	int err = rules_add_builtin(&rules, e);

	if (!err)
		err = rules_load(&rules, path, e);
	if (!err && (err = compile_try(&rules, e)))
		error_set(e, -err, "rules file '%.160s'", path);
	*count = 0;
	for (size_t i = 0; i < rules.count; i++)
		*count += rules.list[i].origins & RULE_FILE ? 1 : 0;
	rules_free(&rules);
	return err;
}

int check_command(int argc, char **argv)
{
	struct error e = {""};
	size_t count;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (argc != 2 || argv[1][0] == '-') {
		fputs("blindcount check: expected one rules file; see blindcount check --help\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (check_file(argv[1], &count, &e)) {
		fprintf(stderr, "blindcount check: %s\n", e.text);
		return EXIT_FAILURE;
	}
	printf("%s: good, %zu rule%s\n", argv[1], count, count == 1 ? "" : "s");
	return EXIT_SUCCESS;
}
