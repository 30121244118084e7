// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One table of options: help, command line and environment all read it. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/commands.h"
#include "store/daydir.h"
#include "daemon/options.h"

enum kind {
	TEXT,
	NUMBER,
	PORT,
	PID,
	FLAG
};

struct option_info {
	const char *name;
	const char *argument; /* for help */
	const char *help;
	enum kind kind;
	size_t offset; /* in struct options */
	unsigned int least, most; /* NUMBER */
};

#define AT(member) offsetof(struct options, member)

static const struct option_info infos[] = {
	{"port", "N", "beacon port of the app; may be given up to 16 times", PORT, AT(port), 1,
	 65535},
	{"cgroup", "PATH", "the app's cgroup v2 folder; or name the app by", TEXT, AT(cgroup.path),
	 0, 0},
	{"pid", "N", "  one of its processes, or", PID, AT(cgroup.pid), 1, 1 << 22},
	{"unit", "NAME", "  its systemd unit", TEXT, AT(cgroup.unit), 0, 0},
	{"rules", "FILE", "rules file; SIGHUP reads it again", TEXT, AT(rules), 0, 0},
	{"data", "DIR", "where counts are kept (" OPTIONS_DATA ")", TEXT, AT(data), 0, 0},
	{"run", "DIR", "where the control socket is (" OPTIONS_RUN ")", TEXT, AT(run), 0, 0},
	{"bpffs", "DIR", "where programs and maps are pinned (" OPTIONS_BPFFS ")", TEXT, AT(bpffs),
	 0, 0},
	{"node", "NAME", "name of this host's files (host name)", TEXT, AT(node), 0, 0},
	{"flush", "SECONDS", "how often counts go to disk (60)", NUMBER, AT(flush), 1, 86400},
	{"min-count", "K", "write a page's events once there are K in the day (5)", NUMBER,
	 AT(min_count), 1, 1000000},
	{"retain", "DAYS", "delete counts older than this (760)", NUMBER, AT(retain), 1, 36500},
	{"max-cells", "N", "room for heatmap cells between two flushes (131072)", NUMBER,
	 AT(max_cells), 64, 1 << 22},
	{"max-pages", "N", "room for page names between two flushes (8192)", NUMBER, AT(max_pages),
	 16, 1 << 20},
	{"mask-peer", NULL, "hide visitors' addresses from the app too", FLAG, AT(mask_peer), 0, 0},
	{"user", "NAME", "who to run as once attached (blindcount)", TEXT, AT(user), 0, 0},
	{"socket-group", "NAME", "group that may use the control socket", TEXT, AT(socket_group), 0,
	 0},
	{"verbose", NULL, "log more, never visitors' data", FLAG, AT(verbose), 0, 0},
};

#define INFOS (sizeof(infos) / sizeof(infos[0]))

static void usage(FILE *out)
{
	fputs("Usage: blindcount run -p PORT --cgroup PATH [OPTION …]\n"
	      "Counts beacons on the app's ports until it is stopped.\n\n",
	      out);
	for (size_t i = 0; i < INFOS; i++) {
		char words[40];

		snprintf(words, sizeof(words), "%s--%s %s", i ? "    " : "-p, ", infos[i].name,
			 infos[i].argument ? infos[i].argument : "");
		fprintf(out, "  %-26s %s\n", words, infos[i].help);
	}
	fputs("      --help                 this text\n\n"
	      "Each option can be given as a variable too: BLINDCOUNT_PORT (ports separated by\n"
	      "commas), BLINDCOUNT_MIN_COUNT and so on; 1 stands for a flag that is set.\n",
	      out);
}

static int number_read(const char *text, unsigned int least, unsigned int most, unsigned int *out)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || n < least || n > most)
		return -EINVAL;
	*out = n;
	return 0;
}

static int complain(const struct option_info *info, const char *text)
{
	fprintf(stderr, "blindcount: --%s takes a number from %u to %u, not '%s'\n", info->name,
		info->least, info->most, text);
	return -EINVAL;
}

static int port_add(struct options *o, const struct option_info *info, const char *text)
{
	unsigned int port;

	if (number_read(text, info->least, info->most, &port))
		return complain(info, text);
	for (size_t i = 0; i < o->ports; i++)
		if (o->port[i] == port)
			return 0;
	if (o->ports == BC_MAX_PORTS) {
		fprintf(stderr, "blindcount: at most %d ports\n", BC_MAX_PORTS);
		return -EINVAL;
	}
	o->port[o->ports++] = port;
	return 0;
}

static int option_set(struct options *o, const struct option_info *info, const char *text)
{
	void *at = (char *)o + info->offset;
	unsigned int number;

	switch (info->kind) {
	case TEXT:
		*(const char **)at = text;
		return 0;
	case FLAG:
		*(bool *)at = true;
		return 0;
	case PORT:
		return port_add(o, info, text);
	case NUMBER:
	case PID:
		if (number_read(text, info->least, info->most, &number))
			return complain(info, text);
		if (info->kind == PID)
			*(pid_t *)at = number;
		else
			*(unsigned int *)at = number;
		return 0;
	}
	return -EINVAL;
}

static void variable_name(const struct option_info *info, char name[64])
{
	size_t n = snprintf(name, 64, "BLINDCOUNT_%s", info->name);

	for (size_t i = 0; i < n; i++)
		name[i] = name[i] == '-' ? '_' : toupper((unsigned char)name[i]);
}

/* BLINDCOUNT_PORT holds several, separated by commas or blanks. */
static int ports_read(struct options *o, const struct option_info *info, const char *text)
{
	char word[16];
	size_t n;

	for (text += strspn(text, ", "); *text; text += strspn(text, ", ")) {
		n = strcspn(text, ", ");
		snprintf(word, sizeof(word), "%.*s", (int)n, text);
		if (port_add(o, info, word))
			return -EINVAL;
		text += n;
	}
	return 0;
}

static int environment_read(struct options *o)
{
	char name[64];
	int r = 0;

	for (size_t i = 0; i < INFOS && !r; i++) {
		const char *value;

		variable_name(&infos[i], name);
		value = getenv(name);
		if (!value || !*value || (infos[i].kind == FLAG && !strcmp(value, "0")))
			continue;
		r = infos[i].kind == PORT ? ports_read(o, &infos[i], value)
					  : option_set(o, &infos[i], value);
	}
	return r;
}

static int command_line_read(struct options *o, int argc, char **argv)
{
	struct option options[INFOS + 2] = {};
	bool ports_given = false;
	int c, index;

	for (size_t i = 0; i < INFOS; i++)
		options[i] = (struct option){
			infos[i].name, infos[i].kind == FLAG ? no_argument : required_argument,
			NULL, 'o'};
	options[INFOS] = (struct option){"help", no_argument, NULL, 'h'};
	optind = 1;
	while ((c = getopt_long(argc, argv, "p:h", options, &index)) >= 0) {
		if (c == 'h') {
			usage(stdout);
			return 0;
		}
		if (c == '?')
			return EXIT_USAGE;
		if (c == 'p')
			index = 0;
		if (infos[index].kind == PORT && !ports_given) {
			ports_given = true;
			o->ports = 0; /* the variable's give way */
		}
		if (option_set(o, &infos[index], optarg))
			return EXIT_USAGE;
	}
	if (optind < argc) {
		fprintf(stderr, "blindcount: run takes no argument '%s'; see run --help\n",
			argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

static int options_check(const struct options *o)
{
	const char *wrong = NULL;
	int named = !!o->cgroup.path + !!o->cgroup.unit + !!o->cgroup.pid;

	if (!o->ports)
		wrong = "which port do the app's beacons come to? Say -p PORT";
	else if (!named)
		wrong = "which app? Name its cgroup folder by --cgroup PATH (see the second "
			"column of `systemd-cgls`, or `cat /proc/PID/cgroup`), or say --unit NAME "
			"or --pid N";
	else if (named > 1)
		wrong = "--cgroup, --unit and --pid exclude each other";
	else if (!daydir_node_valid(o->node))
		wrong = "--node takes 1 to 64 letters, digits, '.', '_' and '-'";
	if (!wrong)
		return -1;
	fprintf(stderr, "blindcount: %s\n", wrong);
	return EXIT_USAGE;
}

int options_read(struct options *o, int argc, char **argv)
{
	int r;

	*o = (struct options){
		.data = OPTIONS_DATA,
		.run = OPTIONS_RUN,
		.bpffs = OPTIONS_BPFFS,
		.user = "blindcount",
		.flush = 60,
		.min_count = 5,
		.retain = 760,
		.max_cells = 131072,
		.max_pages = 8192,
	};
	if (gethostname(o->host, sizeof(o->host) - 1))
		strcpy(o->host, "localhost");
	o->node = o->host;
	if (environment_read(o))
		return EXIT_USAGE;
	r = command_line_read(o, argc, argv);
	return r >= 0 ? r : options_check(o);
}
