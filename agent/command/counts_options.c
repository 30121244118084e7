// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads the options that say which counts a command reads. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command/counts_options.h"

int counts_options_error(const struct counts_options *o, const char *what, const char *word)
{
	fprintf(stderr, "blindcount %s: %s%s; see blindcount %s --help\n", o->command, what, word,
		o->command);
	return -EINVAL;
}

static int read_date(const struct counts_options *o, const char *option, __u32 *day)
{
	__u32 parsed = strlen(optarg) == DAY_TEXT - 1 ? day_parse(optarg) : 0;

	if (!parsed)
		return counts_options_error(o, option, " needs a date as YYYY-MM-DD");
	*day = parsed;
	return 0;
}

int counts_options_take(struct counts_options *o, int option, char **argv)
{
	switch (option) {
	case 'd':
		o->folder = optarg;
		return 0;
	case 's':
		o->query->site = optarg;
		return 0;
	case 'p':
		o->query->page = optarg;
		return 0;
	case 'f':
		return read_date(o, "--from", &o->query->from);
	case 't':
		return read_date(o, "--to", &o->query->to);
	case ':':
		return counts_options_error(o, "no value after ", argv[optind - 1]);
	default:
		return counts_options_error(o, "no option ", argv[optind - 1]);
	}
}

int counts_options_end(const struct counts_options *o, int argc, char **argv)
{
	if (optind < argc)
		return counts_options_error(o, "no use for ", argv[optind]);
	if (o->query->to && o->query->from > o->query->to)
		return counts_options_error(o, "--from is after --to", "");
	return 0;
}
