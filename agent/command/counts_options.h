/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The options that say which counts a command reads: those that `export` and `report` share. */
#ifndef AGENT_COMMAND_COUNTS_OPTIONS_H
#define AGENT_COMMAND_COUNTS_OPTIONS_H

#include <getopt.h>

#include "store/counts.h"

#define COUNTS_OPTIONS_FOLDER "/var/lib/blindcount"

/* In a command's table of options, and in its help. */
/* clang-format off */
#define COUNTS_OPTIONS                             \
	{"data", required_argument, NULL, 'd'},    \
	{"site", required_argument, NULL, 's'},    \
	{"page", required_argument, NULL, 'p'},    \
	{"from", required_argument, NULL, 'f'},    \
	{"to", required_argument, NULL, 't'},      \
	{"help", no_argument, NULL, 'h'}
/* clang-format on */
#define COUNTS_OPTIONS_HELP                                                  \
	"  --data DIR     data folder (" COUNTS_OPTIONS_FOLDER ")\n"         \
	"  --site SITE    this site only\n"                                  \
	"  --page PAGE    this page only; '*' stands for one path segment\n" \
	"  --from DATE    first day, as YYYY-MM-DD\n"                        \
	"  --to DATE      last day\n"                                        \
	"  --help         this text\n\n"                                     \
	"Exit status: 0 done, 1 failed or a damaged file was left out, 2 usage.\n"

struct counts_options {
	const char *command; /* its name, for messages */
	const char *folder; /* DATA */
	struct counts_query *query; /* site, page and days are filled in */
};

/* Print what is wrong, with a hint at --help. Returns -EINVAL. */
int counts_options_error(const struct counts_options *o, const char *what, const char *word);

/*
 * Take one of the options above, with its argument in optarg, or complain of what
 * getopt_long() could not take (':', '?'). Returns 0 or -EINVAL.
 */
int counts_options_take(struct counts_options *o, int option, char **argv);

/* After the last option: is anything left over, or the wrong way round? Returns 0 or -EINVAL. */
int counts_options_end(const struct counts_options *o, int argc, char **argv);

#endif
