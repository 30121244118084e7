/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One line of progress on standard error, for commands that may take long. */
#ifndef AGENT_BASE_PROGRESS_H
#define AGENT_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* All zero at first. */
struct progress {
	time_t shown; /* second of CLOCK_MONOTONIC, 0: no line stands there */
};

/* Does anybody watch? Progress goes to terminals only. */
bool progress_wanted(void);

/* Replace the line, at most once a second: "day 3 of 30, 1200 rows". */
void progress_show(struct progress *p, size_t day, size_t days, unsigned long long rows);

/* Remove the line, before anything else is written there. */
void progress_clear(struct progress *p);

#endif
