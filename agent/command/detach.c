// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* `blindcount detach`: stop the counting that a dead agent left behind. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command/commands.h"
#include "bpf/loader.h"
#include "bpf/mask.h"
#include "daemon/options.h"

static void usage(FILE *out)
{
	fputs("Usage: blindcount detach [--bpffs DIR]\n"
	      "Detaches the programs and removes the pins that a dead agent left, with counts\n"
	      "that were not on disk yet. (An agent that is started again would write them.)\n\n"
	      "  --bpffs DIR   where they are pinned (" OPTIONS_BPFFS ")\n",
	      out);
}

static int detach(const char *bpffs)
{
	struct mask mask = {.link = {-1, -1}};
	struct error e = {};
	int found = loader_detach_dead(bpffs, &e), r = found < 0 ? found : 0;

	if (!r)
		r = mask_detach(&mask, bpffs, &e);
	if (r) {
		fprintf(stderr, "blindcount: %s\n", e.text);
		return EXIT_FAILURE;
	}
	puts(found ? "detached; the pins are gone" : "nothing was left there");
	return EXIT_SUCCESS;
}

int detach_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"bpffs", required_argument, NULL, 'b'},
		{"help", no_argument, NULL, 'h'},
		{},
	};
	const char *bpffs = getenv("BLINDCOUNT_BPFFS");
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (c == 'h') {
			usage(stdout);
			return EXIT_SUCCESS;
		}
		if (c == '?')
			return EXIT_USAGE;
		bpffs = optarg;
	}
	if (optind < argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	return detach(bpffs && *bpffs ? bpffs : OPTIONS_BPFFS);
}
