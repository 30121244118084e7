// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* `blindcount stats`: the running agent's figures, printed or kept in a file. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/client.h"
#include "command/commands.h"
#include "report/metrics.h"

static const char help[] =
	"Usage: blindcount stats [--run DIR] [--textfile PATH]\n"
	"Prints the running agent's figures as OpenMetrics text.\n\n"
	"  --run DIR        the agent's folder (" CLIENT_RUN ")\n"
	"  --textfile PATH  replace this file instead, in the format that node_exporter's\n"
	"                   textfile collector reads; its name should end with .prom\n"
	"  --help           this text\n\n"
	"Exit status: 0 done, 1 failed, 2 usage.\n";

static int usage_error(const char *what, const char *word)
{
	fprintf(stderr, "blindcount stats: %s%s; see blindcount stats --help\n", what, word);
	return EXIT_USAGE;
}

static int ask(const char *run, FILE *out, bool textfile, struct error *e)
{
	struct client *client = NULL;
	bool counter = false;
	const char *line;
	int ret = client_open(&client, run, e);

	if (!ret)
		ret = client_send(client, "stats", strlen("stats"), e);
	while (!ret && (ret = client_next(client, &line, e)) > 0) {
		if (textfile)
			metrics_textfile_line(out, line, &counter);
		else
			fprintf(out, "%s\n", line);
		ret = 0;
	}
	client_close(client);
	return ret;
}

/* Collect the figures under the temporary name, readable for node_exporter's user. */
static int fill(const char *run, const char *temporary, struct error *e)
{
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644), err;
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out) {
		err = error_set(e, errno, "cannot make %.200s: %s", temporary, strerror(errno));
		if (fd >= 0)
			close(fd);
		return err;
	}
	err = ask(run, out, true, e);
	if (!err && (fchmod(fd, 0644) || ferror(out)))
		err = error_set(e, EIO, "cannot write %.200s", temporary);
	if (fclose(out) && !err)
		err = error_set(e, errno, "cannot write %.200s: %s", temporary, strerror(errno));
	return err;
}

/* A reader sees the old file or the new one; of a failed attempt nothing is left. */
static int replace(const char *run, const char *path, struct error *e)
{
	char *temporary;
	int err;

	if (asprintf(&temporary, "%s.%d.tmp", path, getpid()) < 0)
		return error_set(e, ENOMEM, "out of memory");
	err = fill(run, temporary, e);
	if (!err && rename(temporary, path))
		err = error_set(e, errno, "cannot replace %.200s: %s", path, strerror(errno));
	if (err)
		unlink(temporary);
	free(temporary);
	return err;
}

static int print(const char *run, struct error *e)
{
	int err = ask(run, stdout, false, e);

	if (!err && (fflush(stdout) || ferror(stdout)))
		err = error_set(e, EIO, "cannot write: %s", strerror(errno));
	return err;
}

int stats_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"run", required_argument, NULL, 'r'},
		{"textfile", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *run = CLIENT_RUN, *path = NULL;
	struct error e = {""};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'r')
			run = optarg;
		else if (option == 't')
			path = optarg;
		else if (option == 'h')
			return fputs(help, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		else
			return usage_error(option == ':' ? "no value after " : "no option ",
					   argv[optind - 1]);
	}
	if (optind < argc)
		return usage_error("no use for ", argv[optind]);
	if (path ? replace(run, path, &e) : print(run, &e)) {
		fprintf(stderr, "blindcount stats: %s\n", e.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
