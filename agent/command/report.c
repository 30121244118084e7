// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* `blindcount report`: stored counts as one HTML file that shows them as heatmaps. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/commands.h"
#include "store/counts.h"
#include "command/counts_options.h"
#include "report/heatmap.h"
#include "base/progress.h"
#include "report/report_page.h"

struct report {
	struct counts_options options;
	struct counts_query query;
	const char *path;
	struct heatmap heatmap;
	struct progress progress;
	unsigned int damaged; /* files left out */
	struct error error;
};

static const char help[] =
	"Usage: blindcount report --out FILE.html [OPTION …]\n"
	"Writes one HTML file that shows the stored counts as heatmaps. It loads nothing\n"
	"from anywhere, and is for those eyes only that may see the counts.\n\n"
	"  --out FILE     where to; a file that is there is replaced\n" COUNTS_OPTIONS_HELP;

/* Returns 1 to go on, 0 if only help was asked for. */
static int read_options(struct report *r, int argc, char **argv)
{
	static const struct option options[] = {
		{"out", required_argument, NULL, 'o'},
		COUNTS_OPTIONS,
		{},
	};
	int option, ret = 0;

	opterr = 0;
	while (!ret && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'h')
			return fputs(help, stdout) < 0 ? -EIO : 0;
		if (option == 'o')
			r->path = optarg;
		else
			ret = counts_options_take(&r->options, option, argv);
	}
	if (!ret)
		ret = counts_options_end(&r->options, argc, argv);
	if (!ret && !r->path)
		ret = counts_options_error(&r->options, "--out FILE is needed", "");
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

	r->query.data = open(r->options.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->query.data < 0)
		return error_set(&r->error, errno, "cannot open data folder %s: %s",
				 r->options.folder, strerror(errno));
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
	struct report r = {.options = {"report", COUNTS_OPTIONS_FOLDER, &r.query}};
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
