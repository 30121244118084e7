// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Merges a generation's rows into the day's file, and decides which are held. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/csv.h"
#include "store/dayfile.h"
#include "store/dayread.h"
#include "store/daywrite.h"

#define PAGE_RARE "(rare)"

/* What is merged: the file and up to three sorted arrays. */
enum {
	FROM_FILE,
	FROM_HELD,
	FROM_FRESH,
	FROM_RARE,
	SOURCES
};

struct source {
	const struct row *head; /* NULL: at its end */
	bool in_group; /* head belongs to the group at hand */
	const struct row *next, *end; /* of an array */
};

struct merging {
	const struct dayfile_merge *order;
	struct dayread *reader; /* NULL: no file */
	bool damaged; /* what it reads */
	struct daywrite *writer; /* NULL: only find out what is held */
	struct source source[SOURCES];
	struct row group; /* site, page, event at hand; names below */
	char site[CSV_NAME_MAX + 1], page[CSV_NAME_MAX + 1];
	struct row *suppressed; /* room for all of held and fresh; NULL: they are in rare already */
	size_t held_count;
	struct row *rare; /* sorted rows of "(rare)" */
	size_t rare_count;
	__u64 written;
};

static int advance(struct merging *m, int from, struct error *e)
{
	struct source *s = &m->source[from];

	if (from == FROM_FILE) {
		int ret = m->reader ? dayread_next(m->reader, &s->head, e) : 0;

		if (ret < 0) {
			m->damaged = ret == -EBADMSG;
			return ret;
		}
		if (!ret)
			s->head = NULL;
	} else {
		s->head = s->next < s->end ? s->next++ : NULL;
	}
	s->in_group = s->head && !row_compare_group(s->head, &m->group);
	return 0;
}

static int start(struct merging *m, struct error *e)
{
	const struct dayfile_rows *suppressed = &m->order->suppressed, *fresh = &m->order->fresh;

	m->held_count = 0;
	m->written = 0;
	m->group = (struct row){.site = "", .page = ""};
	m->source[FROM_HELD] = (struct source){.next = suppressed->row,
					       .end = suppressed->row + suppressed->count};
	m->source[FROM_FRESH] =
		(struct source){.next = fresh->row, .end = fresh->row + fresh->count};
	m->source[FROM_RARE] = (struct source){.next = m->rare, .end = m->rare + m->rare_count};
	m->source[FROM_FILE] = (struct source){.head = NULL};
	for (int i = 0; i < SOURCES; i++) {
		int ret = advance(m, i, e);

		if (ret)
			return ret;
	}
	return 0;
}

/* The first group that is left. Its names are copied, since the file's rows do not stay. */
static int next_group(struct merging *m, struct error *e)
{
	const struct row *first = NULL;

	for (int i = 0; i < SOURCES; i++) {
		const struct row *head = m->source[i].head;

		if (head && (!first || row_compare_group(head, first) < 0))
			first = head;
	}
	if (!first)
		return 0;
	if (strlen(first->site) > CSV_NAME_MAX || strlen(first->page) > CSV_NAME_MAX)
		return error_set(e, EINVAL, "a name is longer than %d bytes", CSV_NAME_MAX);
	strcpy(m->site, first->site);
	strcpy(m->page, first->page);
	m->group = (struct row){.site = m->site, .page = m->page, .event = first->event};
	for (int i = 0; i < SOURCES; i++) {
		struct source *s = &m->source[i];

		s->in_group = s->head && !row_compare_group(s->head, &m->group);
	}
	return 1;
}

/* Take the group's next row, all sources together. Returns 0 at the group's end. */
static int next_row(struct merging *m, struct row *row, struct error *e)
{
	const struct row *first = NULL;

	for (int i = 0; i < SOURCES; i++) {
		const struct source *s = &m->source[i];

		if (s->in_group && (!first || row_compare_cell(s->head, first) < 0))
			first = s->head;
	}
	if (!first)
		return 0;
	*row = *first;
	row->count = 0;
	for (int i = 0; i < SOURCES; i++) {
		const struct source *s = &m->source[i];
		int ret;

		if (!s->in_group || row_compare_cell(s->head, row))
			continue;
		row->count = row_add_counts(row->count, s->head->count);
		ret = advance(m, i, e);
		if (ret)
			return ret;
	}
	return 1;
}

static bool special_page(const char *page)
{
	static const char *const special[] = {"(unlisted)", "(other)", "(long)", "(none)",
					      PAGE_RARE};

	if (*page != '(')
		return false;
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (!strcmp(page, special[i]))
			return true;
	return false;
}

/* Is there too little of the group at hand to be written? */
static bool too_rare(const struct merging *m)
{
	__u64 total = 0;

	if (m->source[FROM_FILE].in_group || special_page(m->page))
		return false;
	for (int i = FROM_HELD; i <= FROM_FRESH; i++) {
		const struct source *s = &m->source[i];

		if (!s->in_group)
			continue;
		for (const struct row *r = s->head; r < s->end; r++) {
			if (row_compare_group(r, &m->group))
				break;
			total = row_add_counts(total, r->count);
		}
	}
	return total < m->order->min_count;
}

static int put_row(struct merging *m, const struct row *row, struct error *e)
{
	m->written++;
	return m->writer ? daywrite_row(m->writer, row, e) : 0;
}

static int merge_all(struct merging *m, struct error *e)
{
	struct row row;
	int ret = start(m, e);

	while (!ret && (ret = next_group(m, e)) > 0) {
		bool rare = too_rare(m);

		while ((ret = next_row(m, &row, e)) > 0) {
			if (!rare)
				ret = put_row(m, &row, e);
			else if (m->suppressed)
				m->suppressed[m->held_count++] = row;
			if (ret < 0)
				return ret;
		}
	}
	return ret;
}

static int compare_rows(const void *a, const void *b)
{
	return row_compare(a, b);
}

/* Make "(rare)" rows, by site, event and device, of the rows that would be held. */
static void fold_held(struct merging *m)
{
	struct row *rare = m->suppressed;
	size_t n = 0;

	for (size_t i = 0; i < m->held_count; i++) {
		rare[i].page = PAGE_RARE;
		rare[i].column = BC_NO_COLUMN;
		rare[i].row = BC_NO_ROW;
	}
	if (m->held_count)
		qsort(rare, m->held_count, sizeof(*rare), compare_rows);
	for (size_t i = 0; i < m->held_count; i++) {
		if (n && !row_compare(&rare[n - 1], &rare[i]))
			rare[n - 1].count = row_add_counts(rare[n - 1].count, rare[i].count);
		else
			rare[n++] = rare[i];
	}
	m->rare = rare;
	m->rare_count = n;
	m->suppressed = NULL;
	m->held_count = 0;
}

/*
 * "(rare)" stands before the pages that are folded into it, so they are found
 * by a first pass that writes nothing.
 */
static int find_rare(struct merging *m, struct error *e)
{
	int ret = merge_all(m, e);

	if (ret)
		return ret;
	fold_held(m);
	return m->reader ? dayread_rewind(m->reader, e) : 0;
}

static int keep_held(struct merging *m, struct error *e)
{
	struct dayfile_rows suppressed = {m->suppressed, m->held_count};

	return m->order->keep ? m->order->keep(m->order->arg, &suppressed, e) : 0;
}

static int write_merged(struct merging *m, int folder, const char *name, bool *renamed,
			struct error *e)
{
	const struct dayfile_merge *order = m->order;
	size_t room = order->suppressed.count + order->fresh.count;
	int ret = 0;

	m->suppressed = calloc(room + 1, sizeof(*m->suppressed));
	if (!m->suppressed)
		return error_set(e, ENOMEM, "no memory to merge %zu rows", room);
	if (order->fold)
		ret = find_rare(m, e);
	if (!ret)
		ret = daywrite_open(folder, order->day, name, order->generation, &m->writer, e);
	if (!ret)
		ret = merge_all(m, e);
	if (!ret)
		ret = daywrite_finish(m->writer, order->start, e);
	if (!ret)
		ret = keep_held(m, e);
	if (!ret)
		ret = daywrite_commit(m->writer, renamed, e);
	return ret;
}

/* One attempt. *damaged: it failed because the old file is. */
static int merge_once(const struct dayfile_merge *order, int folder, const char *name,
		      struct dayfile_result *result, bool *damaged, struct error *e)
{
	struct merging m = {.order = order};
	bool renamed = false;
	int ret = dayread_open(folder, order->day, name, &m.reader, e);

	m.damaged = ret == -EBADMSG;
	if (!ret || ret == -ENOENT)
		ret = write_merged(&m, folder, name, &renamed, e);
	if (renamed) {
		result->rows = m.written;
		result->suppressed = m.held_count;
	}
	*damaged = m.damaged;
	daywrite_close(m.writer);
	dayread_close(m.reader);
	free(m.suppressed);
	free(m.rare);
	return ret;
}

/* Rename a damaged file to the first free NAME.damaged-N. */
static int set_aside(const struct dayfile_merge *order, int folder, const char *name,
		     struct dayfile_result *result, struct error *e)
{
	char aside[DAYDIR_NAME], path[DAYDIR_PATH];
	struct stat st;
	int n = 0;

	do
		snprintf(aside, sizeof(aside), "%.*s.damaged-%d", DAYDIR_NAME - 24, name, ++n);
	while (!fstatat(folder, aside, &st, AT_SYMLINK_NOFOLLOW));
	if (errno == ENOENT && !renameat(folder, name, folder, aside)) {
		daydir_path(order->day, aside, result->set_aside);
		return 0;
	}
	daydir_path(order->day, name, path);
	return error_set(e, errno, "cannot set aside %s: %s", path, strerror(errno));
}

/* Damage is for the merge to find: the mark has a checksum of its own. */
static int read_generation(int folder, __u32 day, const char *name, __u64 *generation,
			   struct error *e)
{
	struct error damage = {""};
	struct dayread *reader;
	const struct row *row;
	int ret = dayread_open(folder, day, name, &reader, &damage);

	*generation = 0;
	if (!ret) {
		ret = dayread_next(reader, &row, &damage);
		*generation = dayread_generation(reader);
		dayread_close(reader);
	}
	if (ret >= 0 || ret == -EBADMSG || ret == -ENOENT)
		return 0;
	return error_set(e, -ret, "%s", damage.text);
}

static int merge_in_folder(const struct dayfile_merge *order, int folder, const char *name,
			   struct dayfile_result *result, struct error *e)
{
	struct error trouble = {""};
	__u64 generation;
	bool damaged;
	int ret = read_generation(folder, order->day, name, &generation, e);

	if (ret)
		return ret;
	if (generation == order->generation) {
		result->was_done = true;
		/* Its rename may have been the last thing before a crash. */
		return fsync(folder) ? error_set(e, errno, "cannot sync the folder of counts: %s",
						 strerror(errno))
				     : 0;
	}
	ret = merge_once(order, folder, name, result, &damaged, &trouble);
	if (damaged) {
		result->damage = trouble;
		trouble.text[0] = '\0';
		ret = set_aside(order, folder, name, result, &trouble);
		if (!ret)
			ret = merge_once(order, folder, name, result, &damaged, &trouble);
	}
	return ret ? error_set(e, -ret, "%s", trouble.text) : 0;
}

/* Rows out of order would make a file that nobody can merge again. */
static bool rows_sorted(const struct dayfile_rows *rows)
{
	for (size_t i = 1; i < rows->count; i++)
		if (row_compare(&rows->row[i - 1], &rows->row[i]) >= 0)
			return false;
	return true;
}

int dayfile_merge(const struct dayfile_place *place, const struct dayfile_merge *order,
		  struct dayfile_result *result, struct error *e)
{
	char name[DAYDIR_NAME];
	int counts, folder, ret;

	*result = (struct dayfile_result){.was_done = false};
	if (!order->generation || !rows_sorted(&order->fresh) || !rows_sorted(&order->suppressed))
		return error_set(e, EINVAL, "rows to merge are not in order");
	daydir_file_name(place->node, name);
	counts = daydir_open_counts(place->data, true, e);
	if (counts < 0)
		return counts;
	folder = daydir_open(counts, order->day, true, e);
	close(counts);
	if (folder < 0)
		return folder;
	ret = merge_in_folder(order, folder, name, result, e);
	close(folder);
	return ret;
}

int dayfile_generation(const struct dayfile_place *place, __u32 day, __u64 *generation,
		       struct error *e)
{
	char name[DAYDIR_NAME];
	__u64 found = 0;
	int counts = daydir_open_counts(place->data, false, e), folder, ret;

	if (counts < 0 && counts != -ENOENT)
		return counts;
	folder = counts < 0 ? counts : daydir_open(counts, day, false, e);
	if (counts >= 0)
		close(counts);
	if (folder < 0 && folder != -ENOENT)
		return folder;
	daydir_file_name(place->node, name);
	ret = folder < 0 ? 0 : read_generation(folder, day, name, &found, e);
	if (folder >= 0)
		close(folder);
	if (!ret)
		*generation = found;
	return ret;
}
