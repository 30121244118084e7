// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Removes what has no place in the data folder: stray temporary files, days that are too old. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/dayfile.h"

/* Remove a folder's files, or its temporary ones only. Goes on after errors; returns the first. */
static int remove_files(int folder, __u32 day, bool all, struct error *e)
{
	struct daydir_list list;
	int ret = daydir_list(folder, &list, e);

	if (ret)
		return ret;
	for (size_t i = 0; i < list.count; i++) {
		const struct daydir_entry *entry = &list.entry[i];
		char path[DAYDIR_PATH];

		if (!all && entry->kind != DAYDIR_TEMPORARY)
			continue;
		if (!unlinkat(folder, entry->name, 0) || errno == ENOENT || ret)
			continue;
		daydir_path(day, entry->name, path);
		ret = error_set(e, errno, "cannot delete %s: %s", path, strerror(errno));
	}
	free(list.entry);
	return ret;
}

static int tidy_day(int counts, __u32 day, bool all, struct error *e)
{
	int folder = daydir_open(counts, day, false, e), ret;

	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	ret = remove_files(folder, day, all, e);
	close(folder);
	return !ret && all ? daydir_remove(counts, day, e) : ret;
}

/* Days before `oldest` lose all their files, the others only temporary ones if `clean`. */
static int tidy(int data, long oldest, bool clean, struct error *e)
{
	int counts = daydir_open_counts(data, false, e), first = 0;
	size_t count = 0;
	__u32 *days = NULL;

	if (counts < 0)
		return counts == -ENOENT ? 0 : counts;
	first = daydir_days(counts, &days, &count, e);
	for (size_t i = 0; i < count; i++) {
		bool old = day_number(days[i]) < oldest;
		struct error why = {""};
		int ret = old || clean ? tidy_day(counts, days[i], old, &why) : 0;

		if (ret && !first)
			first = error_set(e, -ret, "%s", why.text);
	}
	free(days);
	close(counts);
	return first;
}

int dayfile_clean(int data, struct error *e)
{
	return tidy(data, 0, true, e);
}

int dayfile_retain(int data, __u32 today, unsigned int days, struct error *e)
{
	return tidy(data, day_number(today) - (long)days, false, e);
}
