/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The options of `blindcount run`, from the command line and the environment. */
#ifndef AGENT_DAEMON_OPTIONS_H
#define AGENT_DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "blindcount.h"
#include "bpf/cgroup.h"

#define OPTIONS_DATA "/var/lib/blindcount"
#define OPTIONS_RUN "/run/blindcount"
#define OPTIONS_BPFFS "/sys/fs/bpf/blindcount"

struct options {
	__u16 port[BC_MAX_PORTS];
	size_t ports;
	struct cgroup_choice cgroup;
	const char *rules; /* NULL: built-in rules only */
	const char *data;
	const char *run;
	const char *bpffs;
	const char *node;
	const char *user;
	const char *socket_group; /* NULL: the user's own */
	unsigned int flush; /* seconds */
	unsigned int min_count;
	unsigned int retain; /* days */
	unsigned int max_cells;
	unsigned int max_pages;
	bool mask_peer;
	bool verbose;
	char host[64]; /* what `node` points to by default */
};

/*
 * Read BLINDCOUNT_* variables, then the command line, which wins. Strings are
 * borrowed from both. Returns -1 to go on, or an exit status when all is done:
 * 0 after --help, 2 after a message about what is wrong.
 */
int options_read(struct options *options, int argc, char **argv);

#endif
