// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* `blindcount ctl`: one line, or each line of standard input, to the running agent. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/client.h"
#include "command/commands.h"
#include "rules/rule.h"
#include "rules/words.h"

/* A line that the words of argv make. */
struct line {
	char text[WORDS_LINE_MAX + 1];
};

static void usage(FILE *out)
{
	fputs("Usage: blindcount ctl [--run DIR] [RULE or VERB …]\n"
	      "Sends one line to the running agent, or, without words, each line of standard\n"
	      "input, and prints the answers.\n\n"
	      "Verbs:\n"
	      "  ping                       does the agent answer?\n"
	      "  flush                      write the counts to disk now\n"
	      "  stats                      figures as OpenMetrics text\n"
	      "  rules                      the rules, and where each comes from\n"
	      "  remove RULE                take back a rule that came by the socket\n"
	      "  forget site SITE           remove all that was counted for a site\n"
	      "  forget page SITE PATH      ... or for a page; '*' is one path segment;\n"
	      "                             forget --exclude … goes on excluding it\n\n"
	      "Rules (a member of the socket's group may only tighten):\n",
	      out);
	rule_help(out);
	fputs("\nExit status: 0 each line was answered ok, 1 not, 2 usage.\n", out);
}

static int usage_error(const char *what, const char *word)
{
	fprintf(stderr, "blindcount ctl: %s%s; see blindcount ctl --help\n", what, word);
	return -EINVAL;
}

/* Append a word, if the grammar has a way to write it. */
static int add_word(struct line *line, const char *word)
{
	size_t used = strlen(line->text);

	for (const unsigned char *c = (const unsigned char *)word; *c; c++)
		if (*c == '"' || *c < ' ' || *c >= 0x7f)
			return usage_error("words hold printable ASCII without quotes", "");
	if (used + strlen(word) + sizeof(" \"\"") > sizeof(line->text))
		return usage_error("that is too long for one line", "");
	words_append(line->text, sizeof(line->text), word);
	return 0;
}

/*
 * Join the words to a line. A single argument with blanks is the whole line, as
 * no line has but one word with blanks.
 */
static int join_words(struct line *line, int count, char *const *words)
{
	int err = 0;

	line->text[0] = '\0';
	if (count == 1 && strchr(words[0], ' ')) {
		if (strlen(words[0]) > WORDS_LINE_MAX || strchr(words[0], '\n'))
			return usage_error("that is no line", "");
		strcpy(line->text, words[0]);
		return 0;
	}
	for (int i = 0; i < count && !err; i++)
		err = add_word(line, words[i]);
	return err;
}

/* Send one line and print its answer. */
static int ask(struct client *client, const char *line, size_t length, struct error *e)
{
	const char *data;
	int ret = client_send(client, line, length, e);

	if (ret)
		return ret;
	while ((ret = client_next(client, &data, e)) > 0)
		puts(data);
	return ret;
}

static int ask_each(struct client *client)
{
	unsigned long number = 0;
	int status = EXIT_SUCCESS, err = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((!err || err == -EREMOTEIO) && (n = getline(&line, &size, stdin)) > 0) {
		struct error e = {""};

		number++;
		err = ask(client, line, (size_t)n - (line[n - 1] == '\n'), &e);
		if (err) {
			fprintf(stderr, "blindcount ctl: line %lu: %s\n", number, e.text);
			status = EXIT_FAILURE;
		}
	}
	free(line);
	if (ferror(stdin)) {
		fprintf(stderr, "blindcount ctl: cannot read standard input\n");
		status = EXIT_FAILURE;
	}
	return status;
}

static int talk(const char *run, const char *line)
{
	struct client *client = NULL;
	struct error e = {""};
	int status = EXIT_SUCCESS, err = client_open(&client, run, &e);

	if (!err && line)
		err = ask(client, line, strlen(line), &e);
	else if (!err)
		status = ask_each(client);
	client_close(client);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = error_set(&e, EIO, "cannot write: %s", strerror(errno));
	if (err)
		fprintf(stderr, "blindcount ctl: %s\n", e.text);
	return err ? EXIT_FAILURE : status;
}

int ctl_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"run", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *run = CLIENT_RUN;
	struct line line;
	int option;

	opterr = 0;
	/* '+': what follows the first word is the line's, dashes or not. */
	while ((option = getopt_long(argc, argv, "+:h", options, NULL)) != -1) {
		if (option == 'h') {
			usage(stdout);
			return EXIT_SUCCESS;
		}
		if (option != 'r') {
			usage_error(option == ':' ? "no value after " : "no option ",
				    argv[optind - 1]);
			return EXIT_USAGE;
		}
		run = optarg;
	}
	if (optind == argc)
		return talk(run, NULL);
	if (join_words(&line, argc - optind, argv + optind))
		return EXIT_USAGE;
	return talk(run, line.text);
}
