// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* When to flush, what to do when it fails, and what goes with it: retention. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>

#include "daemon/agent.h"
#include "base/log.h"

#define RETRY_MAX 300 /* seconds between tries while the disk is in trouble */
#define CLOCK_TRUSTED 3600 /* seconds without a jump until the clock may say what is too old */

static void tell_set_aside(const char *path, const char *why)
{
	log_error("%s was damaged (%s) and has been set aside", path, why);
}

static struct generation_plan plan_of(const struct agent *a)
{
	return (struct generation_plan){
		.place = {.data = a->data, .node = a->options.node},
		.min_count = a->options.min_count,
		.page_ids = &a->page_ids,
		.set_aside = tell_set_aside,
	};
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

/* What the operator should know of a merge. */
static void tell(const struct generation_result *result)
{
	if (result->crowded)
		log_warning("more rows were to be held back than there is room for: "
			    "they were counted as (rare)");
}

static void recovered(struct agent *a)
{
	if (a->flushes.told)
		log_notice("counts are on disk again");
	a->flushes.told = false;
	a->flushes.trouble_since = 0;
	a->flushes.delay = 0;
}

static int flush_into(struct agent *a, const char *site, const char *page,
		      struct generation_result *result, struct error *e)
{
	int r = data_follow(a, e);
	struct generation_plan plan = plan_of(a);

	plan.forget_site = site;
	plan.forget_page = page;
	if (!r)
		r = generation_flush(&a->loader.set, &plan, time(NULL), result, e);
	tell(result);
	return r;
}

int flush_forgetting(struct agent *a, const char *site, const char *page, uint64_t *rows,
		     struct error *e)
{
	struct generation_result result = {};
	uint64_t began = now_us();
	int r = flush_into(a, site, page, &result, e);

	if (r) {
		a->flushes.failed++;
		return r;
	}
	recovered(a);
	a->flushes.done++;
	a->flushes.at = time(NULL);
	a->flushes.us = now_us() - began;
	a->flushes.rows = result.cells;
	enforce_release_ids(a);
	if (rows)
		*rows = result.forgotten;
	return 0;
}

int flush_now(struct agent *a, struct error *e)
{
	return flush_forgetting(a, NULL, NULL, NULL, e);
}

/* A clock that is wrong for a while, as before it is synchronised, must delete nothing. */
static bool clock_trusted(struct agent_flushes *f)
{
	struct timespec boot;
	time_t skew;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	skew = time(NULL) - boot.tv_sec;
	if (!f->trusted_at || labs(skew - f->skew) > 60)
		f->trusted_at = boot.tv_sec + CLOCK_TRUSTED;
	f->skew = skew;
	return boot.tv_sec >= f->trusted_at;
}

void flush_due(struct agent *a)
{
	struct agent_flushes *f = &a->flushes;
	struct error e = {};
	bool trusted = clock_trusted(f);

	if (flush_now(a, &e)) {
		if (!f->told)
			log_error("counts can't be written and stay in the kernel: %s", e.text);
		f->told = true;
		if (!f->trouble_since)
			f->trouble_since = time(NULL);
		f->delay = f->delay ? f->delay * 2 : 1;
		if (f->delay > RETRY_MAX)
			f->delay = RETRY_MAX;
	} else if (trusted && dayfile_retain(a->data, day_of(time(NULL)), a->options.retain, &e)) {
		log_warning("old counts can't be deleted: %s", e.text);
	}
	warnings_give(a);
	e = (struct error){};
	if (flush_arm(a, &e))
		log_error("%s", e.text);
}

/* Seconds until the day changes, and a bit, so that it has. */
static time_t until_midnight(time_t now)
{
	/* 26 hours on is tomorrow, or early the day after; its start is a midnight. */
	time_t next = day_start(day_of(day_start(day_of(now)) + 26 * 3600));

	return next > now ? next - now + 1 : 1;
}

int flush_arm(struct agent *a, struct error *e)
{
	struct itimerspec timer = {};
	time_t wait = a->flushes.delay ? (time_t)a->flushes.delay : (time_t)a->options.flush;
	time_t midnight = until_midnight(time(NULL));

	timer.it_value.tv_sec = warnings_wait(a, wait < midnight ? wait : midnight);
	if (timerfd_settime(a->timer, 0, &timer, NULL))
		return error_set(e, errno, "cannot set the timer: %s", strerror(errno));
	return 0;
}

int flush_last(struct agent *a, struct error *e)
{
	struct generation_result result = {};
	int r = data_follow(a, e);
	struct generation_plan plan = plan_of(a);

	if (!r)
		r = generation_drain(&a->loader.set, &plan, true, &result, e);
	tell(&result);
	return r;
}

int flush_drain_old(struct agent *a, const struct page_ids *page_ids, struct error *e)
{
	struct generation_plan plan = plan_of(a);
	struct generation_result result = {};
	int r;

	plan.page_ids = page_ids;
	r = generation_drain(&a->loader.old, &plan, false, &result, e);
	tell(&result);
	return r ? r : generation_carry_held(&a->loader.old, &a->loader.set, e);
}
