// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* `blindcount policy`: asks the running agent for its rules and options, prints the policy. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/client.h"
#include "command/commands.h"
#include "report/notice.h"

static const char help[] =
	"Usage: blindcount policy [OPTION …]\n"
	"Prints what is collected, kept and honoured, from the rules in force.\n\n"
	"  --run DIR      the agent's folder (" CLIENT_RUN ")\n"
	"  --format KIND  text (default), html (to paste into a privacy notice) or json\n"
	"                 (for a record of processing)\n"
	"  --gpc          print a /.well-known/gpc.json instead\n"
	"  --help         this text\n\n"
	"Exit status: 0 done, 1 failed, 2 usage.\n";

struct request {
	const char *run;
	enum notice_format format;
	bool gpc;
};

static int usage_error(const char *what, const char *word)
{
	fprintf(stderr, "blindcount policy: %s%s; see blindcount policy --help\n", what, word);
	return EXIT_USAGE;
}

static int read_rules(struct client *client, struct rules *rules, struct error *e)
{
	const char *line;
	int ret = client_send(client, "rules", strlen("rules"), e);

	while (!ret && (ret = client_next(client, &line, e)) > 0) {
		struct rule rule;

		ret = rule_parse(&rule, line, strlen(line), e);
		if (ret > 0)
			ret = rules_restore(rules, &rule, e);
	}
	return ret;
}

static int read_options(struct client *client, struct notice_options *options, struct error *e)
{
	const char *line;
	int ret = client_send(client, "options", strlen("options"), e);

	while (!ret && (ret = client_next(client, &line, e)) > 0)
		ret = notice_read_option(options, line, e);
	return ret;
}

static int print(const struct request *request, const struct rules *rules,
		 const struct notice_options *options, struct error *e)
{
	char date[16] = "";
	time_t now = time(NULL);
	struct tm tm;
	int err;

	if (gmtime_r(&now, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	if (request->gpc)
		err = notice_write_gpc(stdout, rules, date);
	else
		err = notice_write(stdout, rules, options, request->format);
	return err ? error_set(e, -err, "cannot write: %s", strerror(-err)) : 0;
}

static int answer(const struct request *request, struct error *e)
{
	struct notice_options options = {0};
	struct client *client = NULL;
	struct rules rules = {0};
	int err = client_open(&client, request->run, e);

	if (!err)
		err = read_rules(client, &rules, e);
	if (!err)
		err = read_options(client, &options, e);
	if (!err)
		err = print(request, &rules, &options, e);
	client_close(client);
	rules_free(&rules);
	return err;
}

static bool read_format(const char *text, enum notice_format *format)
{
	static const char *const names[] = {
		[NOTICE_TEXT] = "text",
		[NOTICE_HTML] = "html",
		[NOTICE_JSON] = "json",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(text, names[i])) {
			*format = (enum notice_format)i;
			return true;
		}
	return false;
}

int policy_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"run", required_argument, NULL, 'r'},
		{"format", required_argument, NULL, 'f'},
		{"gpc", no_argument, NULL, 'g'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct request request = {.run = CLIENT_RUN, .format = NOTICE_TEXT};
	struct error e = {""};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'r')
			request.run = optarg;
		else if (option == 'g')
			request.gpc = true;
		else if (option == 'h')
			return fputs(help, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		else if (option != 'f')
			return usage_error(option == ':' ? "no value after " : "no option ",
					   argv[optind - 1]);
		else if (!read_format(optarg, &request.format))
			return usage_error("--format is text, html or json", "");
	}
	if (optind < argc)
		return usage_error("no use for ", argv[optind]);
	if (answer(&request, &e)) {
		fprintf(stderr, "blindcount policy: %s\n", e.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
