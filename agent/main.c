// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Picks the command. Each command is a file of its own, named after it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/commands.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *does;
} commands[] = {
	{"run", run_command, "count until stopped"},
	{"ctl", ctl_command, "send lines to the running agent"},
	{"stats", stats_command, "the running agent's figures"},
	{"export", export_command, "print the stored counts"},
	{"check", check_command, "tell whether a rules file is good"},
	{"verify", verify_command, "give evidence that no address leaves the kernel"},
	{"report", report_command, "one HTML page with the stored counts as heatmaps"},
	{"detach", detach_command, "remove everything that a dead agent left"},
	{"policy", policy_command, "say what is collected, kept and honoured"},
	{NULL, NULL, NULL},
};

static void usage(FILE *out)
{
	fputs("Usage: blindcount COMMAND [OPTION …]\n"
	      "Counts a site's heatmap beacons in the kernel, without visitors' addresses.\n\n",
	      out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-8s %s\n", c->name, c->does);
	fputs("\nblindcount COMMAND --help tells more.\n", out);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("blindcount " BLINDCOUNT_VERSION);
		return EXIT_SUCCESS;
	}
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(argv[1], c->name))
			return c->run(argc - 1, argv + 1);
	fprintf(stderr, "blindcount: no command '%s'; blindcount --help lists them\n", argv[1]);
	return EXIT_USAGE;
}
