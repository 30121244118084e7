// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One line of progress on a terminal. */
#include <stdio.h>
#include <unistd.h>

#include "base/progress.h"

bool progress_wanted(void)
{
	return isatty(STDERR_FILENO);
}

void progress_show(struct progress *p, size_t day, size_t days, unsigned long long rows)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec == p->shown)
		return;
	p->shown = now.tv_sec;
	fprintf(stderr, "\r\033[Kday %zu of %zu, %llu rows", day, days, rows);
}

void progress_clear(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = 0;
}
