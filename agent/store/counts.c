// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads stored counts: a sorted merge of all nodes' files, day by day. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "store/counts.h"
#include "store/daydir.h"
#include "store/dayread.h"
#include "rules/pattern.h"

#define PROGRESS_ROWS 65536

/* A node's file of the day at hand, at its next row. */
struct node {
	struct dayread *reader;
	const struct row *row;
};

/*
 * The nodes of a day: first those that are not at their end, as a heap with
 * the least row first, then the others.
 */
struct day {
	struct node *node;
	size_t count; /* in the heap */
	size_t open;
};

struct reading {
	const struct counts_query *query;
	size_t days_done, days;
	unsigned long rows;
	bool damaged;
};

static void swap_nodes(struct node *a, struct node *b)
{
	struct node other = *a;

	*a = *b;
	*b = other;
}

static void sift_down(struct day *day, size_t i)
{
	for (;;) {
		size_t least = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < day->count; child++)
			if (row_compare(day->node[child].row, day->node[least].row) < 0)
				least = child;
		if (least == i)
			return;
		swap_nodes(&day->node[i], &day->node[least]);
		i = least;
	}
}

/* Take the first node's next row. At its end it stays open, for the names of its last row. */
static int advance_first(struct day *day, struct error *e)
{
	int ret = dayread_next(day->node[0].reader, &day->node[0].row, e);

	if (ret < 0)
		return ret;
	if (!ret)
		swap_nodes(&day->node[0], &day->node[--day->count]);
	sift_down(day, 0);
	return 0;
}

static int was_set_aside(__u32 date, const char *name, struct error *e)
{
	char path[DAYDIR_PATH];

	daydir_path(date, name, path);
	return error_set(e, EBADMSG,
			 "%s was set aside as damaged: what that day holds is not all, until you "
			 "restore or delete it",
			 path);
}

/* Rows of a damaged file must not be passed on, so each file is read to its end first. */
static int open_node(int folder, __u32 date, const struct daydir_entry *entry, struct node *node,
		     struct error *e)
{
	int ret;

	if (entry->kind == DAYDIR_TEMPORARY)
		return 0;
	if (entry->kind == DAYDIR_DAMAGED)
		return was_set_aside(date, entry->name, e);
	ret = dayread_open(folder, date, entry->name, &node->reader, e);
	if (ret)
		return ret;
	ret = dayread_check(node->reader, e);
	if (!ret)
		ret = dayread_next(node->reader, &node->row, e);
	if (ret <= 0)
		dayread_close(node->reader);
	return ret;
}

static int open_nodes(struct reading *r, int folder, __u32 date, const struct daydir_list *list,
		      struct day *day, struct error *e)
{
	for (size_t i = 0; i < list->count; i++) {
		struct error why = {""};
		int ret = open_node(folder, date, &list->entry[i], &day->node[day->open], &why);

		if (ret > 0) {
			day->count = ++day->open;
		} else if (ret == -EBADMSG) {
			r->damaged = true;
			r->query->damaged(r->query->arg, why.text);
		} else if (ret && ret != -ENOENT) {
			return error_set(e, -ret, "%s", why.text);
		}
	}
	for (size_t i = day->count / 2; i-- > 0;)
		sift_down(day, i);
	return 0;
}

static bool wanted(const struct counts_query *query, const struct row *row)
{
	if (query->site && strcmp(query->site, row->site))
		return false;
	return !query->page || pattern_matches(query->page, row->page);
}

static int pass_row(struct reading *r, __u32 date, const struct row *row)
{
	const struct counts_query *query = r->query;

	if (query->progress && !(++r->rows % PROGRESS_ROWS))
		query->progress(query->arg, r->days_done, r->days);
	return wanted(query, row) ? query->row(query->arg, date, row) : 0;
}

/* A row's names stay valid while its node goes one row on. */
static int merge_nodes(struct reading *r, __u32 date, struct day *day, struct error *e)
{
	while (day->count) {
		struct row sum = *day->node[0].row;
		int ret = advance_first(day, e);

		while (!ret && day->count && !row_compare(day->node[0].row, &sum)) {
			sum.count = row_add_counts(sum.count, day->node[0].row->count);
			ret = advance_first(day, e);
		}
		if (!ret)
			ret = pass_row(r, date, &sum);
		if (ret)
			return ret;
	}
	return 0;
}

static int read_listed(struct reading *r, int folder, __u32 date, const struct daydir_list *list,
		       struct error *e)
{
	struct day day = {.node = calloc(list->count + 1, sizeof(*day.node))};
	int ret;

	if (!day.node)
		return error_set(e, ENOMEM, "no memory to read %zu files", list->count);
	ret = open_nodes(r, folder, date, list, &day, e);
	if (!ret)
		ret = merge_nodes(r, date, &day, e);
	for (size_t i = 0; i < day.open; i++)
		dayread_close(day.node[i].reader);
	free(day.node);
	return ret;
}

static int read_day(struct reading *r, int counts, __u32 date, struct error *e)
{
	struct daydir_list list = {NULL, 0};
	int folder = daydir_open(counts, date, false, e), ret;

	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	ret = daydir_list(folder, &list, e);
	if (!ret)
		ret = read_listed(r, folder, date, &list, e);
	free(list.entry);
	close(folder);
	return ret;
}

/* Keep the days that are asked for, which are neighbours. */
static size_t choose_days(const struct counts_query *query, const __u32 **days, size_t count)
{
	while (count && **days < query->from) {
		++*days;
		count--;
	}
	while (count && query->to && (*days)[count - 1] > query->to)
		count--;
	return count;
}

int counts_read(const struct counts_query *query, struct error *e)
{
	struct reading r = {.query = query};
	int counts = daydir_open_counts(query->data, false, e), ret;
	const __u32 *day;
	__u32 *all = NULL;

	if (counts < 0)
		return counts == -ENOENT ? 0 : counts;
	ret = daydir_days(counts, &all, &r.days, e);
	day = all;
	if (!ret)
		r.days = choose_days(query, &day, r.days);
	for (; !ret && r.days_done < r.days; r.days_done++) {
		if (query->progress)
			query->progress(query->arg, r.days_done, r.days);
		ret = read_day(&r, counts, day[r.days_done], e);
	}
	free(all);
	close(counts);
	return !ret && r.damaged ? -EBADMSG : ret;
}

void counts_allow_many_nodes(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}
