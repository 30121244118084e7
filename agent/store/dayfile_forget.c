// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Takes a site's or page's rows out of all files of the data folder. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/dayfile.h"
#include "store/dayread.h"
#include "store/daywrite.h"
#include "rules/pattern.h"

/* As many unreached files are named; the message has room for no more. */
#define NAMED 2

struct forgetting {
	const char *site, *page;
	struct dayfile_forgotten *done;
	struct error named; /* the first unreached files, with why */
	int first; /* error of the first of them */
};

static bool matches(const struct forgetting *f, const struct row *row)
{
	return !strcmp(f->site, row->site) && (!f->page || pattern_matches(f->page, row->page));
}

static void unreached(struct forgetting *f, int err, const char *why)
{
	size_t used = strlen(f->named.text);

	if (!f->first)
		f->first = err;
	f->done->damaged += err == -EBADMSG;
	if (f->done->unreached++ < NAMED)
		snprintf(f->named.text + used, sizeof(f->named.text) - used, "%s%s",
			 used ? "; " : "", why);
}

/* Read a file to its end and count the rows that must go. */
static int count_matches(const struct forgetting *f, struct dayread *reader, __u64 *count,
			 struct error *e)
{
	const struct row *row;
	int ret;

	*count = 0;
	while ((ret = dayread_next(reader, &row, e)) > 0)
		*count += matches(f, row);
	return ret;
}

static int copy_others(const struct forgetting *f, struct dayread *reader, struct daywrite *writer,
		       struct error *e)
{
	const struct row *row;
	int ret;

	while ((ret = dayread_next(reader, &row, e)) > 0) {
		if (!matches(f, row))
			ret = daywrite_row(writer, row, e);
		if (ret < 0)
			break;
	}
	return ret;
}

static int rewrite(const struct forgetting *f, struct dayread *reader, int folder, __u32 day,
		   const char *name, struct error *e)
{
	struct daywrite *writer = NULL;
	__u64 generation = dayread_generation(reader);
	bool renamed;
	int ret = dayread_rewind(reader, e);

	if (!ret)
		ret = daywrite_open(folder, day, name, generation, &writer, e);
	if (!ret)
		ret = copy_others(f, reader, writer, e);
	if (!ret)
		ret = daywrite_finish(writer, dayread_time(reader), e);
	if (!ret)
		ret = daywrite_commit(writer, &renamed, e);
	daywrite_close(writer);
	return ret;
}

static int forget_file(struct forgetting *f, int folder, __u32 day, const char *name,
		       struct error *e)
{
	struct dayread *reader;
	__u64 rows;
	int ret = dayread_open(folder, day, name, &reader, e);

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	ret = count_matches(f, reader, &rows, e);
	if (!ret && rows) {
		ret = rewrite(f, reader, folder, day, name, e);
		if (!ret) {
			f->done->rows += rows;
			f->done->files++;
		}
	}
	dayread_close(reader);
	return ret;
}

static int forget_entry(struct forgetting *f, int folder, __u32 day,
			const struct daydir_entry *entry, struct error *e)
{
	char path[DAYDIR_PATH];

	daydir_path(day, entry->name, path);
	switch (entry->kind) {
	case DAYDIR_COUNTS:
		return forget_file(f, folder, day, entry->name, e);
	case DAYDIR_TEMPORARY:
		if (unlinkat(folder, entry->name, 0) && errno != ENOENT)
			return error_set(e, errno, "cannot delete %s: %s", path, strerror(errno));
		return 0;
	case DAYDIR_DAMAGED:
		break;
	}
	return error_set(e, EBADMSG, "%s was set aside as damaged", path);
}

static int forget_day(struct forgetting *f, int counts, __u32 day, struct error *e)
{
	int folder = daydir_open(counts, day, false, e), ret;
	struct daydir_list list = {NULL, 0};

	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	ret = daydir_list(folder, &list, e);
	for (size_t i = 0; i < list.count; i++) {
		struct error why = {""};
		int err = forget_entry(f, folder, day, &list.entry[i], &why);

		if (err)
			unreached(f, err, why.text);
	}
	free(list.entry);
	close(folder);
	return ret;
}

/* What a damaged file holds nobody can tell; the first words are what must not be cut off. */
static int tell_unreached(const struct forgetting *f, struct error *e)
{
	const char *todo = f->done->damaged ? "delete what is damaged, and forget again: " : "";
	unsigned int more = f->done->unreached > NAMED ? f->done->unreached - NAMED : 0;

	if (more)
		return error_set(e, -f->first, "%s%s; and %u more", todo, f->named.text, more);
	return error_set(e, -f->first, "%s%s", todo, f->named.text);
}

int dayfile_forget(int data, const char *site, const char *page,
		   struct dayfile_forgotten *forgotten, struct error *e)
{
	struct forgetting f = {.site = site, .page = page, .done = forgotten};
	int counts = daydir_open_counts(data, false, e), ret;
	size_t count = 0;
	__u32 *days = NULL;

	*forgotten = (struct dayfile_forgotten){.rows = 0};
	if (counts < 0)
		return counts == -ENOENT ? 0 : counts;
	ret = daydir_days(counts, &days, &count, e);
	for (size_t i = 0; i < count; i++) {
		struct error why = {""};
		int err = forget_day(&f, counts, days[i], &why);

		if (err)
			unreached(&f, err, why.text);
	}
	free(days);
	close(counts);
	if (ret || !forgotten->unreached)
		return ret;
	return tell_unreached(&f, e);
}
