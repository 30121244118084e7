// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* `blindcount export`: stored counts of all days and nodes, summed, as CSV or JSON. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "counts.h"
#include "csv.h"
#include "json.h"
#include "progress.h"

struct export
{
	const char *folder;
	bool json;
	struct counts_query query;
	bool to_terminal;
	struct progress progress;
	unsigned long long rows;
};

static const char help[] =
	"Usage: blindcount export [OPTION …]\n"
	"Prints the stored counts, summed over all nodes.\n\n"
	"  --data DIR     data folder (/var/lib/blindcount)\n"
	"  --format KIND  csv (default) or json\n"
	"  --site SITE    this site only\n"
	"  --page PAGE    this page only; '*' stands for one path segment\n"
	"  --from DATE    first day, as YYYY-MM-DD\n"
	"  --to DATE      last day\n"
	"  --help         this text\n\n"
	"Exit status: 0 done, 1 failed or a damaged file was left out, 2 usage.\n";

static int usage_error(const char *what, const char *word)
{
	fprintf(stderr, "blindcount export: %s%s; see blindcount export --help\n", what, word);
	return -EINVAL;
}

static int read_date(const char *option, const char *text, __u32 *day)
{
	__u32 parsed = strlen(text) == DAY_TEXT - 1 ? day_parse(text) : 0;

	if (!parsed)
		return usage_error(option, " needs a date as YYYY-MM-DD");
	*day = parsed;
	return 0;
}

static int read_format(const char *text, bool *json)
{
	if (strcmp(text, "csv") && strcmp(text, "json"))
		return usage_error("--format is csv or json", "");
	*json = *text == 'j';
	return 0;
}

/* Returns 1 to go on, 0 if only help was asked for. */
static int read_options(struct export *x, int argc, char **argv)
{
	static const struct option options[] = {
		{"data", required_argument, NULL, 'd'}, {"format", required_argument, NULL, 'o'},
		{"site", required_argument, NULL, 's'}, {"page", required_argument, NULL, 'p'},
		{"from", required_argument, NULL, 'f'}, {"to", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},	{NULL, 0, NULL, 0},
	};
	int option, ret = 0;

	opterr = 0;
	while (!ret && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'd')
			x->folder = optarg;
		else if (option == 'o')
			ret = read_format(optarg, &x->json);
		else if (option == 's')
			x->query.site = optarg;
		else if (option == 'p')
			x->query.page = optarg;
		else if (option == 'f')
			ret = read_date("--from", optarg, &x->query.from);
		else if (option == 't')
			ret = read_date("--to", optarg, &x->query.to);
		else if (option == 'h')
			return fputs(help, stdout) < 0 ? -EIO : 0;
		else if (option == ':')
			ret = usage_error("no value after ", argv[optind - 1]);
		else
			ret = usage_error("no option ", argv[optind - 1]);
	}
	if (!ret && optind < argc)
		ret = usage_error("no use for ", argv[optind]);
	if (!ret && x->query.to && x->query.from > x->query.to)
		ret = usage_error("--from is after --to", "");
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

	x->query.data = open(x->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (x->query.data < 0) {
		fprintf(stderr, "blindcount export: cannot open data folder %s: %s\n", x->folder,
			strerror(errno));
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
		.folder = "/var/lib/blindcount",
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
