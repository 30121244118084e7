// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* `blindcount report`: stored counts as one HTML file that shows them as heatmaps. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "counts.h"
#include "heatmap.h"
#include "progress.h"
#include "report_page.h"

struct report {
	const char *folder;
	const char *path;
	struct counts_query query;
	struct heatmap heatmap;
	struct progress progress;
	unsigned int damaged; /* files left out */
	struct error error;
};

static const char help[] =
	"Usage: blindcount report --out FILE.html [OPTION …]\n"
	"Writes one HTML file that shows the stored counts as heatmaps. It loads nothing\n"
	"from anywhere, and is for those eyes only that may see the counts.\n\n"
	"  --out FILE   where to; a file that is there is replaced\n"
	"  --data DIR   data folder (/var/lib/blindcount)\n"
	"  --site SITE  this site only\n"
	"  --page PAGE  this page only; '*' stands for one path segment\n"
	"  --from DATE  first day, as YYYY-MM-DD\n"
	"  --to DATE    last day\n"
	"  --help       this text\n\n"
	"Exit status: 0 done, 1 failed or a damaged file was left out, 2 usage.\n";

static int usage_error(const char *what, const char *word)
{
	fprintf(stderr, "blindcount report: %s%s; see blindcount report --help\n", what, word);
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

static int read_option(struct report *r, int option, char **argv)
{
	switch (option) {
	case 'o':
		r->path = optarg;
		return 0;
	case 'd':
		r->folder = optarg;
		return 0;
	case 's':
		r->query.site = optarg;
		return 0;
	case 'p':
		r->query.page = optarg;
		return 0;
	case 'f':
		return read_date("--from", optarg, &r->query.from);
	case 't':
		return read_date("--to", optarg, &r->query.to);
	case ':':
		return usage_error("no value after ", argv[optind - 1]);
	default:
		return usage_error("no option ", argv[optind - 1]);
	}
}

/* Returns 1 to go on, 0 if only help was asked for. */
static int read_options(struct report *r, int argc, char **argv)
{
	static const struct option options[] = {
		{"out", required_argument, NULL, 'o'},	{"data", required_argument, NULL, 'd'},
		{"site", required_argument, NULL, 's'}, {"page", required_argument, NULL, 'p'},
		{"from", required_argument, NULL, 'f'}, {"to", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},	{NULL, 0, NULL, 0},
	};
	int option, ret = 0;

	opterr = 0;
	while (!ret && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'h')
			return fputs(help, stdout) < 0 ? -EIO : 0;
		ret = read_option(r, option, argv);
	}
	if (!ret && optind < argc)
		ret = usage_error("no use for ", argv[optind]);
	if (!ret && !r->path)
		ret = usage_error("--out FILE is needed", "");
	if (!ret && r->query.to && r->query.from > r->query.to)
		ret = usage_error("--from is after --to", "");
	return ret ? ret : 1;
}

static int on_row(void *arg, __u32 day, const struct row *row)
{
	struct report *r = arg;

	return heatmap_add(&r->heatmap, day, row, &r->error);
}

static void on_damaged(void *arg, const char *why)
{
	struct report *r = arg;

	progress_clear(&r->progress);
	fprintf(stderr, "blindcount report: left out: %s\n", why);
	r->damaged++;
}

static void on_progress(void *arg, size_t done, size_t days)
{
	struct report *r = arg;

	progress_show(&r->progress, done + 1, days, r->heatmap.cells);
}

static int read_counts(struct report *r)
{
	int ret;

	r->query.data = open(r->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->query.data < 0)
		return error_set(&r->error, errno, "cannot open data folder %s: %s", r->folder,
				 strerror(errno));
	r->query.row = on_row;
	r->query.damaged = on_damaged;
	r->query.progress = progress_wanted() ? on_progress : NULL;
	r->query.arg = r;
	counts_allow_many_nodes();
	ret = counts_read(&r->query, &r->error);
	close(r->query.data);
	progress_clear(&r->progress);
	/* The rest is worth a report, and the page says that it is not all. */
	return ret == -EBADMSG && r->damaged ? 0 : ret;
}

static void write_data(void *arg, FILE *out)
{
	struct report *r = arg;

	heatmap_write(&r->heatmap, r->damaged, out);
}

/* Write, sync and close; `fd` is closed in any case. */
static int write_page(struct report *r, int fd)
{
	FILE *out = fdopen(fd, "w");
	int ret;

	if (!out) {
		ret = -errno;
		close(fd);
		return ret;
	}
	ret = report_page_write(out, write_data, r);
	if (!ret && (fflush(out) || fchmod(fd, 0640) || fsync(fd)))
		ret = -errno;
	if (fclose(out) && !ret)
		ret = -errno;
	return ret;
}

/* A temporary file in the same folder takes the name when it is whole. */
static int write_file(struct report *r)
{
	struct stat st;
	char *temporary;
	int fd, ret;

	if (!lstat(r->path, &st) && !S_ISREG(st.st_mode))
		return error_set(&r->error, EEXIST, "%s is not a plain file; name another one",
				 r->path);
	if (asprintf(&temporary, "%s.XXXXXX", r->path) < 0)
		return error_set(&r->error, ENOMEM, "out of memory");
	fd = mkostemp(temporary, O_CLOEXEC);
	ret = fd < 0 ? -errno : write_page(r, fd);
	if (!ret && rename(temporary, r->path))
		ret = -errno;
	if (ret && fd >= 0)
		unlink(temporary);
	free(temporary);
	return ret ? error_set(&r->error, -ret, "cannot write %s: %s", r->path, strerror(-ret)) : 0;
}

int report_command(int argc, char **argv)
{
	struct report r = {.folder = "/var/lib/blindcount"};
	int ret = read_options(&r, argc, argv);

	if (ret <= 0)
		return ret ? EXIT_USAGE : EXIT_SUCCESS;
	ret = read_counts(&r);
	if (!ret)
		ret = write_file(&r);
	if (ret)
		fprintf(stderr, "blindcount report: %s\n",
			r.error.text[0] ? r.error.text : strerror(-ret));
	heatmap_free(&r.heatmap);
	return ret || r.damaged ? EXIT_FAILURE : EXIT_SUCCESS;
}
