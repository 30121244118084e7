/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rows that are held back until their page has enough of them in the day. They
 * stay in kernel memory, as lines of a day's file, and never reach the disk.
 */
#ifndef AGENT_DAEMON_SUPPRESSED_H
#define AGENT_DAEMON_SUPPRESSED_H

#include "store/dayfile.h"
#include "base/error.h"

struct suppressed {
	__u32 day; /* 0 if there are none */
	struct row *row;
	size_t count;
	char *names; /* row names point into this */
};

/* Read a held map; free with suppressed_free(). */
int suppressed_read(int map, struct suppressed *suppressed, struct error *e);

/* Replace a held map's rows. -ENOSPC if they don't fit; then it is as it was. */
int suppressed_write(int map, __u32 day, const struct dayfile_rows *rows, struct error *e);

void suppressed_free(struct suppressed *suppressed);

#endif
