/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Writes one day's file of one node under a temporary name in the same folder,
 * and puts it in the place of the old one in a single step. Until that step
 * the old file is untouched; after any error nothing is left of the new one.
 */
#ifndef AGENT_STORE_DAYWRITE_H
#define AGENT_STORE_DAYWRITE_H

#include "store/daydir.h"
#include "store/row.h"

struct daywrite;

/*
 * Begin `name` in a day's folder, marked with the generation. The folder's
 * descriptor must stay open until commit or abort. A temporary file left
 * there is replaced.
 */
int daywrite_open(int folder, __u32 day, const char *name, __u64 generation,
		  struct daywrite **writer, struct error *e);

/* Add a row, which must come after the one before in row_compare's order. */
int daywrite_row(struct daywrite *writer, const struct row *row, struct error *e);

/*
 * End the file, set its time of last change and make its content durable.
 * It still has its temporary name.
 */
int daywrite_finish(struct daywrite *writer, time_t time, struct error *e);

/*
 * Give it its name. *renamed tells, also after an error, whether it is there now:
 * an error after the renaming means that a power cut could still bring the old
 * file back. The writer must have been finished.
 */
int daywrite_commit(struct daywrite *writer, bool *renamed, struct error *e);

/* Free the writer, and remove what was not committed. NULL is fine. */
void daywrite_close(struct daywrite *writer);

#endif
