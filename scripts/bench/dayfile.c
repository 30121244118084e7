// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Measures a merge into a day's file that has many rows: seconds and peak
 * memory, beside gzip -1 of the same text. Each step runs in a process of its
 * own, so that its peak is its own.
 *
 * Usage: dayfile [ROWS [ROUNDS]]
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/dayfile.h"

#define DAY 20260701
#define FILE_NAME "counts/date=2026-07-01/bench.csv.gz"
#define CELLS 500 /* rows a page */
#define FRESH 10000 /* rows that a flush brings */

struct cost {
	double seconds; /* of CPU, user and system */
	long peak_kb;
};

static int data;

static void die(const char *what)
{
	fprintf(stderr, "dayfile: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Run one step in a process of its own. */
static struct cost run(void (*step)(size_t rows), size_t rows)
{
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (!pid) {
		step(rows);
		_exit(0);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status)
		die("a step failed");
	return (struct cost){
		.seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
		.peak_kb = usage.ru_maxrss,
	};
}

static int compare_rows(const void *a, const void *b)
{
	return row_compare(a, b);
}

/* Sorted rows, `each` a page, of which the cells are spread as a heatmap's are: low rows more. */
static struct row *make_rows(size_t count, size_t each, size_t *made)
{
	static const char *const words[] = {"blue", "shirt", "summer", "sale", "shoes", "winter"};
	struct row *rows = calloc(count, sizeof(*rows));
	size_t n = 0;
	char *page = NULL;

	if (!rows)
		die("no memory");
	for (size_t i = 0; i < count; i++) {
		size_t p = i / each;

		if (i % each == 0 &&
		    asprintf(&page, "/product/%s-%s-%zu", words[p % 6], words[p / 6 % 6], p) < 0)
			die("no memory");
		rows[i] = (struct row){
			.site = "shop.example.org",
			.page = page,
			.count = 1 + (__u64)(rand() % 100 * (rand() % 100) / 500),
			.column = (__u8)(rand() % BC_COLUMNS),
			.row = (__u16)(rand() % 512 * (rand() % 512) / 512),
			.event = rand() % 4 ? BC_EVENT_MOVE : BC_EVENT_CLICK,
			.device = (__u8)(BC_DEVICE_PHONE + rand() % 3),
		};
	}
	qsort(rows, count, sizeof(*rows), compare_rows);
	for (size_t i = 0; i < count; i++)
		if (!n || row_compare(&rows[n - 1], &rows[i]))
			rows[n++] = rows[i];
	*made = n;
	return rows;
}

static void merge(size_t count, size_t each, __u64 generation)
{
	struct dayfile_merge order = {.day = DAY, .start = 1782864000, .generation = generation};
	const struct dayfile_place place = {data, "bench"};
	struct dayfile_result result;
	struct error e = {""};

	srand((unsigned int)generation);
	order.fresh.row = make_rows(count, each, &order.fresh.count);
	if (!dayfile_merge(&place, &order, &result, &e))
		return;
	fprintf(stderr, "dayfile: %s\n", e.text);
	_exit(1);
}

static void build(size_t rows)
{
	merge(rows, CELLS, 1);
}

static void flush(size_t rows)
{
	merge(FRESH, FRESH / (rows / CELLS + 1) + 1, (__u64)time(NULL) + (__u64)getpid());
}

static void prepare_only(size_t rows)
{
	size_t made;

	make_rows(FRESH, FRESH / (rows / CELLS + 1) + 1, &made);
}

static void gzip(const char *option, const char *from, const char *to)
{
	int in = openat(data, from, O_RDONLY);
	int out = openat(data, to, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0)
		die(from);
	execlp("gzip", "gzip", option, (char *)NULL);
	die("gzip");
}

static void unpack(size_t rows)
{
	(void)rows;
	gzip("-dc", FILE_NAME, "text");
}

static void pack(size_t rows)
{
	(void)rows;
	gzip("-1c", "text", "text.gz");
}

static double megabytes(const char *path)
{
	struct stat st;

	if (fstatat(data, path, &st, 0))
		die(path);
	return (double)st.st_size / 1e6;
}

static void measure(size_t rows, int rounds)
{
	unlinkat(data, FILE_NAME, 0);
	run(build, rows);
	run(unpack, rows);
	printf("about %zu rows, %.1f MB of text, %d rows merged into them\n", rows,
	       megabytes("text"), FRESH);
	printf("  %-22s %9s %9s %9s\n", "", "CPU s", "peak MB", "file MB");
	for (int i = 0; i < rounds; i++) {
		struct cost before = run(prepare_only, rows), merged = run(flush, rows);
		struct cost packed = run(pack, rows);

		printf("  %-22s %9.2f %9.1f %9.1f\n", "read, merge, write",
		       merged.seconds - before.seconds, (double)merged.peak_kb / 1e3,
		       megabytes(FILE_NAME));
		printf("  %-22s %9.2f %9.1f %9.1f\n", "gzip -1", packed.seconds,
		       (double)packed.peak_kb / 1e3, megabytes("text.gz"));
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	size_t rows = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	int rounds = argc > 2 ? atoi(argv[2]) : 3;
	char path[] = "/tmp/blindcount-bench.XXXXXX", command[64];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!mkdtemp(path) || (data = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		die(path);
	measure(rows / 10, 1);
	measure(rows, rounds);
	snprintf(command, sizeof(command), "rm -r %s", path);
	return system(command) ? 1 : 0;
}
