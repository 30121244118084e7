// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The flush, step by step as its header says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <bpf/bpf.h>

#include "daemon/generation.h"
#include "daemon/generation_rows.h"
#include "daemon/suppressed.h"
#include "bpf/kernel_text.h"

/* Step 1. The new slot's maps have been cleared when its number went. */
static int swap(const struct map_set *set, __u32 day, struct error *e)
{
	struct bc_record record;
	int r = map_set_read_record(set, &record, e);
	__u32 spare;

	if (r)
		return r;
	spare = !(record.current & 1);
	record.slot[spare] = (struct bc_generation){
		.number = record.slot[!spare].number + 1,
		.day = day,
	};
	record.current = spare;
	return map_set_write_record(set, &record, e);
}

int generation_begin(const struct map_set *set, __u32 day, struct error *e)
{
	struct bc_record record;
	int r = map_set_read_record(set, &record, e);
	__u64 number;

	if (r)
		return r;
	/* It may be on disk already, if its agent was killed while it stopped: it takes no more. */
	if (record.slot[record.current & 1].number)
		return record.slot[!(record.current & 1)].number ? 0 : swap(set, day, e);
	/*
	 * Files remember the last number merged into them, whatever clock and
	 * boot it came from. 48 random bits stay exact in metrics, too.
	 */
	if (getrandom(&number, sizeof(number), 0) != sizeof(number) ||
	    getrandom(&record.seed, sizeof(record.seed), 0) != sizeof(record.seed))
		return error_set(e, EIO, "cannot get random bytes");
	record.layout = BC_LAYOUT;
	record.state = BC_STATE;
	record.slot[record.current & 1] =
		(struct bc_generation){.number = (number >> 16) + 1, .day = day};
	return map_set_write_record(set, &record, e);
}

/* A retired slot on its way to the disk. */
struct finish {
	const struct map_set *set;
	const struct generation_plan *plan;
	struct bc_record record;
	__u32 slot;
	struct generation_rows rows;
	struct suppressed suppressed;
	bool crowded; /* what was to be held did not fit */
	struct generation_result *result;
};

/* What stays held goes into the map that is not in force until the record says so. */
static int keep(void *arg, const struct dayfile_rows *rows, struct error *e)
{
	struct finish *f = arg;
	int map = f->set->map[MAP_SUPPRESSED_0 + !f->record.suppressed];
	int r = suppressed_write(map, f->record.slot[f->slot].day, rows, e);

	f->crowded = r == -ENOSPC;
	return r;
}

static int merge_once(struct finish *f, const struct dayfile_merge *m, struct error *e)
{
	struct dayfile_result file = {};
	int r = dayfile_merge(&f->plan->place, m, &file, e);

	if (file.set_aside[0])
		f->plan->set_aside(file.set_aside, file.damage.text);
	return r;
}

static int merge(struct finish *f, __u32 day, struct dayfile_rows fresh,
		 struct dayfile_rows suppressed, bool fold, struct error *e)
{
	struct dayfile_merge m = {
		.day = day,
		.start = day_start(day),
		.generation = f->record.slot[f->slot].number,
		.min_count = f->plan->min_count,
		.fold = fold,
		.fresh = fresh,
		.suppressed = suppressed,
		.keep = keep,
		.arg = f,
	};
	struct error trouble = {};
	int r = merge_once(f, &m, &trouble);

	if (r && f->crowded) {
		f->crowded = false;
		m.fold = true;
		trouble = (struct error){};
		r = merge_once(f, &m, &trouble);
		f->result->crowded |= !r;
	}
	return r ? error_set(e, -r, "%s", trouble.text) : 0;
}

/* Rows held since an earlier day: that day is over. */
static int finish_earlier_day(struct finish *f, struct error *e)
{
	struct dayfile_rows suppressed = {f->suppressed.row, f->suppressed.count};
	int r = merge(f, f->suppressed.day, (struct dayfile_rows){}, suppressed, true, e);

	if (!r)
		f->suppressed.count = 0;
	return r;
}

static void forget(struct finish *f)
{
	const struct generation_plan *plan = f->plan;

	if (!plan->forget_site)
		return;
	f->result->forgotten += generation_rows_drop(f->rows.row, &f->rows.count, plan->forget_site,
						     plan->forget_page);
	f->result->forgotten += generation_rows_drop(f->suppressed.row, &f->suppressed.count,
						     plan->forget_site, plan->forget_page);
}

/*
 * Is there anything to merge? If it has been merged already, the slot may be clear
 * by now, and the record must still learn which held map is in force. What is
 * forgotten of the held rows must go from the kernel, too.
 */
static int merge_needed(const struct finish *f, bool fold, bool *needed, struct error *e)
{
	const struct bc_generation *slot = &f->record.slot[f->slot];
	__u64 in_file;
	int r = dayfile_generation(&f->plan->place, slot->day, &in_file, e);

	if (!r)
		*needed = f->rows.count || (f->suppressed.count && fold) || f->plan->forget_site ||
			  in_file == slot->number;
	return r;
}

static int finish_merge(struct finish *f, bool fold, struct error *e)
{
	__u32 day = f->record.slot[f->slot].day;
	bool earlier = f->suppressed.count && f->suppressed.day != day, needed;
	int r = merge_needed(f, fold, &needed, e);

	if (!r && earlier)
		r = finish_earlier_day(f, e);
	if (!r && needed)
		r = merge(f, day, (struct dayfile_rows){f->rows.row, f->rows.count},
			  (struct dayfile_rows){f->suppressed.row, f->suppressed.count}, fold, e);
	if (!r && (earlier || needed))
		f->record.suppressed = !f->record.suppressed;
	return r;
}

/* The held rows that are out of force are old: they may name what is forgotten. */
static int wipe_old_held(struct finish *f, struct error *e)
{
	int map = f->set->map[MAP_SUPPRESSED_0 + !f->record.suppressed];

	return suppressed_write(map, 0, &(struct dayfile_rows){}, e);
}

/* Steps 2 to 4, of a slot whose number says that they are to be done. */
static int finish_quiescent(struct finish *f, bool fold, struct error *e)
{
	int r = generation_rows_read(f->set, f->slot, f->plan->page_ids, &f->rows, e);

	if (r)
		return r;
	f->result->cells += f->rows.n_cells;
	r = suppressed_read(f->set->map[MAP_SUPPRESSED_0 + (f->record.suppressed & 1)],
			    &f->suppressed, e);
	forget(f);
	if (!r)
		r = finish_merge(f, fold, e);
	if (!r)
		r = generation_rows_clear(f->set, f->slot, &f->rows, e);
	f->record.slot[f->slot].number = 0;
	if (!r)
		r = map_set_write_record(f->set, &f->record, e);
	if (!r)
		r = wipe_old_held(f, e);
	generation_rows_free(&f->rows);
	suppressed_free(&f->suppressed);
	return r;
}

static int finish_slot(const struct map_set *set, const struct generation_plan *plan, __u32 slot,
		       bool fold, struct generation_result *result, struct error *e)
{
	struct finish f = {.set = set, .plan = plan, .slot = slot, .result = result};
	int r = map_set_read_record(set, &f.record, e);

	if (r || !f.record.slot[slot].number)
		return r;
	r = map_set_grace(set, e);
	return r ? r : finish_quiescent(&f, fold, e);
}

/* Once its day is over, what is held of it can't grow any more. */
static int finish_retired(const struct map_set *set, const struct generation_plan *plan,
			  struct generation_result *result, struct error *e)
{
	struct bc_record record;
	int r = map_set_read_record(set, &record, e);
	__u32 retired;

	if (r)
		return r;
	retired = !(record.current & 1);
	return finish_slot(set, plan, retired, record.slot[0].day != record.slot[1].day, result, e);
}

int generation_flush(const struct map_set *set, const struct generation_plan *plan, time_t now,
		     struct generation_result *result, struct error *e)
{
	/* One that an earlier flush could not finish comes first. */
	int r = finish_retired(set, plan, result, e);

	if (!r)
		r = swap(set, day_of(now), e);
	return r ? r : finish_retired(set, plan, result, e);
}

int generation_drain(const struct map_set *set, const struct generation_plan *plan, bool fold,
		     struct generation_result *result, struct error *e)
{
	struct bc_record record;
	int r = finish_retired(set, plan, result, e);

	if (!r)
		r = map_set_read_record(set, &record, e);
	return r ? r : finish_slot(set, plan, record.current & 1, fold, result, e);
}

int generation_carry_held(const struct map_set *from, const struct map_set *to, struct error *e)
{
	struct bc_record old = {}, new = {};
	struct suppressed suppressed = {};
	int r = map_set_read_record(from, &old, e);

	if (!r)
		r = map_set_read_record(to, &new, e);
	if (!r)
		r = suppressed_read(from->map[MAP_SUPPRESSED_0 + (old.suppressed & 1)], &suppressed,
				    e);
	if (!r && suppressed.count)
		r = suppressed_write(to->map[MAP_SUPPRESSED_0 + (new.suppressed & 1)],
				     suppressed.day,
				     &(struct dayfile_rows){suppressed.row, suppressed.count}, e);
	suppressed_free(&suppressed);
	return r;
}

int generation_fill(const struct map_set *set, struct generation_fill *fill, struct error *e)
{
	struct bc_text *suppressed = NULL;
	struct bc_record record;
	struct bc_fill learnt;
	__u32 slot, held_rows = 0;
	int r = map_set_read_record(set, &record, e);

	if (r)
		return r;
	slot = record.current & 1;
	r = bpf_map_lookup_elem(set->map[MAP_FILL], &slot, &learnt);
	if (!r)
		r = kernel_text_read(set->map[MAP_SUPPRESSED_0 + (record.suppressed & 1)],
				     &suppressed, e);
	if (r)
		return error_set(e, -r, "cannot tell how full the maps are: %s", strerror(-r));
	for (__u32 i = 0; i < suppressed->length; i++)
		held_rows += suppressed->text[i] == '\n';
	*fill = (struct generation_fill){
		.number = record.slot[slot].number,
		.cells = learnt.cells,
		.pages = learnt.pages < set->max_pages ? learnt.pages : set->max_pages,
		.held_rows = held_rows,
		.held_bytes = suppressed->length,
	};
	explicit_bzero(suppressed->text, suppressed->length);
	free(suppressed);
	return 0;
}
