// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* `blindcount export`: stored counts of all days and nodes, summed, as CSV or JSON. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/commands.h"
#include "store/counts.h"
#include "command/counts_options.h"
#include "store/csv.h"
#include "base/json.h"
#include "base/progress.h"

struct export
{
	struct counts_options options;
	struct counts_query query;
	bool json;
	bool to_terminal;
	struct progress progress;
	unsigned long long rows;
};

static const char help[] = "Usage: blindcount export [OPTION …]\n"
			   "Prints the stored counts, summed over all nodes.\n\n"
			   "  --format KIND  csv (default) or json\n" COUNTS_OPTIONS_HELP;

static int read_format(struct export *x)
{
	if (strcmp(optarg, "csv") && strcmp(optarg, "json"))
		return counts_options_error(&x->options, "--format is csv or json", "");
	x->json = *optarg == 'j';
	return 0;
}

/* Returns 1 to go on, 0 if only help was asked for. */
static int read_options(struct export *x, int argc, char **argv)
{
	static const struct option options[] = {
		{"format", required_argument, NULL, 'o'},
		COUNTS_OPTIONS,
		{},
	};
	int option, ret = 0;

	opterr = 0;
	while (!ret && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'h')
			return fputs(help, stdout) < 0 ? -EIO : 0;
		ret = option == 'o' ? read_format(x)
				    : counts_options_take(&x->options, option, argv);
	}
	if (!ret)
		ret = counts_options_end(&x->options, argc, argv);
	return ret ? ret : 1;
}

/* A terminal obeys control bytes, and some rewrite text around those beyond ASCII. */
static void print_inert(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c >= 0x7f)
			printf("\\x%02x", c);
		else
			putchar(c);
	}
}

static void print_csv(const struct export *x, const char *date, const struct row *row)
{
	char line[CSV_LINE_MAX];
	int length = csv_write(line, date, row);

	if (x->to_terminal) {
		print_inert(line, (size_t)length - 1);
		putchar('\n');
	} else {
		fwrite(line, (size_t)length, 1, stdout);
	}
}

static void print_json(const struct export *x, const char *date, const struct row *row)
{
	printf("%s\n{\"date\":\"%s\",\"site\":", x->rows ? "," : "", date);
	json_string(stdout, row->site);
	fputs(",\"page\":", stdout);
	json_string(stdout, row->page);
	printf(",\"event\":\"%s\",\"device\":\"%s\"", row_event_names[row->event],
	       row_device_names[row->device]);
	if (row->column == BC_NO_COLUMN)
		fputs(",\"column\":null", stdout);
	else
		printf(",\"column\":%u", row->column);
	if (row->row == BC_NO_ROW)
		fputs(",\"row\":null", stdout);
	else
		printf(",\"row\":%u", row->row);
	printf(",\"count\":%llu}", (unsigned long long)row->count);
}

static int export_row(void *arg, __u32 day, const struct row *row)
{
	struct export *x = arg;
	char date[DAY_TEXT];

	day_format(day, date);
	if (x->json)
		print_json(x, date, row);
	else
		print_csv(x, date, row);
	x->rows++;
	return ferror(stdout) ? -EIO : 0;
}

static void export_damaged(void *arg, const char *why)
{
	struct export *x = arg;

	progress_clear(&x->progress);
	fprintf(stderr, "blindcount export: left out: %s\n", why);
}

static void export_progress(void *arg, size_t done, size_t days)
{
	struct export *x = arg;

	progress_show(&x->progress, done + 1, days, x->rows);
}

static int export_all(struct export *x)
{
	struct error e = {""};
	int ret;

	x->query.data = open(x->options.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (x->query.data < 0) {
		fprintf(stderr, "blindcount export: cannot open data folder %s: %s\n",
			x->options.folder, strerror(errno));
		return EXIT_FAILURE;
	}
	fputs(x->json ? "[" : CSV_HEADER "\n", stdout);
	ret = counts_read(&x->query, &e);
	close(x->query.data);
	if (x->json)
		fputs(x->rows ? "\n]\n" : "]\n", stdout);
	progress_clear(&x->progress);
	if (fflush(stdout) || ferror(stdout))
		fprintf(stderr, "blindcount export: cannot write: %s\n", strerror(errno));
	else if (ret && e.text[0])
		fprintf(stderr, "blindcount export: %s\n", e.text);
	else if (!ret)
		return EXIT_SUCCESS;
	return EXIT_FAILURE;
}

int export_command(int argc, char **argv)
{
	struct export x = {
		.options = {"export", COUNTS_OPTIONS_FOLDER, &x.query},
		.to_terminal = isatty(STDOUT_FILENO),
	};
	int ret;

	ret = read_options(&x, argc, argv);
	if (ret <= 0)
		return ret ? EXIT_USAGE : EXIT_SUCCESS;
	x.query.row = export_row;
	x.query.damaged = export_damaged;
	/* Rows that scroll by on a terminal are progress enough. */
	x.query.progress = !x.to_terminal && progress_wanted() ? export_progress : NULL;
	x.query.arg = &x;
	counts_allow_many_nodes();
	return export_all(&x);
}
