// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The flush, step by step as its header says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "batch.h"
#include "generation.h"
#include "generation_rows.h"
#include "held.h"
#include "kernel_text.h"

static int record_read(const struct kernel_set *set, struct bc_record *record, struct error *e)
{
	__u32 zero = 0;
	int r = bpf_map_lookup_elem(set->map[KERNEL_RECORD], &zero, record);

	return r ? error_set(e, -r, "cannot read the record of generations: %s", strerror(-r)) : 0;
}

static int record_write(const struct kernel_set *set, const struct bc_record *record,
			struct error *e)
{
	__u32 zero = 0;
	int r = bpf_map_update_elem(set->map[KERNEL_RECORD], &zero, record, BPF_ANY);

	return r ? error_set(e, -r, "cannot write the record of generations: %s", strerror(-r)) : 0;
}

int generation_begin(const struct kernel_set *set, __u32 day, struct error *e)
{
	/*
	 * Files remember the last number merged into them, and pins don't outlive
	 * a reboot: numbers that begin with the time never come again.
	 */
	struct bc_record record = {
		.layout = BC_LAYOUT,
		.slot[0] = {.number = (__u64)time(NULL) << 20, .day = day},
	};

	return record_write(set, &record, e);
}

/* A retired slot on its way to the disk. */
struct finish {
	const struct kernel_set *set;
	const struct generation_plan *plan;
	struct bc_record record;
	__u32 slot;
	struct generation_rows rows;
	struct held held; /* of the slot's day */
	struct generation_result *result;
};

/* What stays held goes into the map that is not in force until the record says so. */
static int keep(void *arg, const struct dayfile_rows *rows, struct error *e)
{
	struct finish *f = arg;
	int map = f->set->map[KERNEL_HELD_0 + !f->record.held];

	f->result->held = rows->count;
	return held_write(map, f->record.slot[f->slot].day, rows, e);
}

static int merge(struct finish *f, __u32 day, struct dayfile_rows fresh, struct dayfile_rows held,
		 bool fold, struct error *e)
{
	struct dayfile_merge m = {
		.day = day,
		.start = day_start(day),
		.generation = f->record.slot[f->slot].number,
		.min_count = f->plan->min_count,
		.fold = fold,
		.fresh = fresh,
		.held = held,
		.keep = keep,
		.arg = f,
	};
	struct error ignored = {};
	int r;

	r = dayfile_merge(&f->plan->place, &m, &f->result->file, &ignored);
	if (r == -ENOSPC && !fold && f->result->held) {
		/* More than the kernel holds, or a full disk; folding tells which. */
		m.fold = true;
		r = dayfile_merge(&f->plan->place, &m, &f->result->file, e);
		f->result->crowded |= !r;
		return r;
	}
	if (r && e)
		*e = ignored;
	return r;
}

/* Rows held since an earlier day: that day is over. */
static int finish_earlier_day(struct finish *f, struct error *e)
{
	struct dayfile_rows held = {f->held.row, f->held.count};
	int r = merge(f, f->held.day, (struct dayfile_rows){}, held, true, e);

	if (!r)
		f->held.count = 0;
	return r;
}

static int finish_merge(struct finish *f, bool fold, struct error *e)
{
	const struct generation_plan *plan = f->plan;
	__u32 day = f->record.slot[f->slot].day;
	bool merged = false;
	int r = 0;

	if (plan->forget_site) {
		f->result->forgotten += generation_rows_drop(f->rows.row, &f->rows.count,
							     plan->forget_site, plan->forget_page);
		f->result->forgotten += generation_rows_drop(f->held.row, &f->held.count,
							     plan->forget_site, plan->forget_page);
	}
	if (f->held.count && f->held.day != day) {
		r = finish_earlier_day(f, e);
		merged = true;
	}
	/* What is dropped of the held rows must be dropped from the kernel too. */
	if (!r && (f->rows.count || (f->held.count && fold) || plan->forget_site)) {
		r = merge(f, day, (struct dayfile_rows){f->rows.row, f->rows.count},
			  (struct dayfile_rows){f->held.row, f->held.count}, fold, e);
		merged = true;
	}
	if (!r && merged)
		f->record.held = !f->record.held;
	return r;
}

/* The held rows that are out of force are old: they may name what is forgotten. */
static int wipe_old_held(struct finish *f, struct error *e)
{
	int map = f->set->map[KERNEL_HELD_0 + !f->record.held];

	return held_write(map, 0, &(struct dayfile_rows){}, e);
}

/* Steps 2 to 4. */
static int finish_slot(const struct kernel_set *set, const struct generation_plan *plan, __u32 slot,
		       bool fold, struct generation_result *result, struct error *e)
{
	struct finish f = {.set = set, .plan = plan, .slot = slot, .result = result};
	int r = record_read(set, &f.record, e);

	if (r || !f.record.slot[slot].number)
		return r;
	r = generation_rows_read(set, slot, plan->numbers, &f.rows, e);
	if (r)
		return r;
	result->cells = f.rows.n_cells;
	result->pages = f.rows.n_pages;
	r = held_read(set->map[KERNEL_HELD_0 + (f.record.held & 1)], &f.held, e);
	if (!r)
		r = finish_merge(&f, fold, e);
	if (!r)
		r = generation_rows_clear(set, slot, &f.rows, e);
	f.record.slot[slot].number = 0;
	if (!r)
		r = record_write(set, &f.record, e);
	if (!r)
		r = wipe_old_held(&f, e);
	if (!r)
		result->counted += f.rows.sum;
	generation_rows_free(&f.rows);
	held_free(&f.held);
	return r;
}

/* Step 1. The new slot's maps have been cleared when its number went. */
static int swap(const struct kernel *k, time_t now, struct error *e)
{
	struct bc_record record;
	int r = record_read(&k->set, &record, e);
	__u32 spare = !(record.current & 1);

	if (r)
		return r;
	record.slot[spare] = (struct bc_generation){
		.number = record.slot[!spare].number + 1,
		.day = day_of(now),
	};
	record.current = spare;
	r = record_write(&k->set, &record, e);
	return r ? r : kernel_grace(k, e);
}

/* Is the slot's day over? Then what is held of it can't grow any more. */
static int day_over(const struct kernel_set *set, __u32 slot, bool *over, struct error *e)
{
	struct bc_record record;
	int r = record_read(set, &record, e);

	if (!r)
		*over = record.slot[slot].day != record.slot[!slot].day;
	return r;
}

static int finish_retired(const struct kernel_set *set, const struct generation_plan *plan,
			  struct generation_result *result, struct error *e)
{
	struct bc_record record;
	bool over;
	int r = record_read(set, &record, e);
	__u32 retired = !(record.current & 1);

	if (!r)
		r = day_over(set, retired, &over, e);
	return r ? r : finish_slot(set, plan, retired, over, result, e);
}

int generation_flush(const struct kernel *k, const struct generation_plan *plan, time_t now,
		     struct generation_result *result, struct error *e)
{
	/* One that an earlier flush could not finish comes first. */
	int r = finish_retired(&k->set, plan, result, e);

	if (!r)
		r = swap(k, now, e);
	return r ? r : finish_retired(&k->set, plan, result, e);
}

int generation_drain(const struct kernel_set *set, const struct generation_plan *plan, bool fold,
		     struct generation_result *result, struct error *e)
{
	struct bc_record record;
	int r = finish_retired(set, plan, result, e);

	if (!r)
		r = record_read(set, &record, e);
	return r ? r : finish_slot(set, plan, record.current & 1, fold, result, e);
}

int generation_carry_held(const struct kernel_set *from, const struct kernel_set *to,
			  struct error *e)
{
	struct bc_record old = {}, new = {};
	struct held held = {};
	int r = record_read(from, &old, e);

	if (!r)
		r = record_read(to, &new, e);
	if (!r)
		r = held_read(from->map[KERNEL_HELD_0 + (old.held & 1)], &held, e);
	if (!r && held.count)
		r = held_write(to->map[KERNEL_HELD_0 + (new.held & 1)], held.day,
			       &(struct dayfile_rows){held.row, held.count}, e);
	held_free(&held);
	return r;
}

/* How many entries: keys are read in batches, values are not looked at. */
static int count_cells(const struct kernel_set *set, __u32 slot, __u32 *cells)
{
	size_t room = set->max_cells + 1;
	struct bc_cell *keys = malloc(room * sizeof(*keys));
	__u64 *counts = malloc(room * sizeof(*counts));
	long n = -ENOMEM;

	if (keys && counts)
		n = batch_read(set->map[KERNEL_CELLS_0 + slot], keys, sizeof(*keys), counts,
			       sizeof(*counts), room);
	free(keys);
	free(counts);
	if (n >= 0)
		*cells = n;
	return n < 0 ? n : 0;
}

int generation_fill(const struct kernel_set *set, struct generation_fill *fill, struct error *e)
{
	struct bc_text *held = NULL;
	struct bc_record record;
	__u32 slot, learnt = 0, cells = 0;
	int r = record_read(set, &record, e);

	if (r)
		return r;
	slot = record.current & 1;
	r = bpf_map_lookup_elem(set->map[KERNEL_LEARNT], &slot, &learnt);
	if (!r)
		r = count_cells(set, slot, &cells);
	if (!r)
		r = kernel_text_read(set->map[KERNEL_HELD_0 + (record.held & 1)], &held, e);
	if (r)
		return error_set(e, -r, "cannot tell how full the maps are: %s", strerror(-r));
	*fill = (struct generation_fill){
		.number = record.slot[slot].number,
		.cells = cells,
		.pages = learnt < set->max_pages ? learnt : set->max_pages,
		.held_bytes = held->length,
	};
	explicit_bzero(held->text, held->length);
	free(held);
	return 0;
}
