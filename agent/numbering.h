/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the numbers of sites and listed pages mean, kept in kernel memory beside
 * the counts under these numbers, so that a successor can read them.
 */
#ifndef AGENT_NUMBERING_H
#define AGENT_NUMBERING_H

#include "error.h"
#include "numbers.h"

/* Store in the map `numbering`, before rules that use the numbers come into force. */
int numbering_write(int map, const struct numbers *numbers, struct error *e);

/* Read them back; free *out with numbers_free(). -EBADMSG if they are damaged. */
int numbering_read(int map, struct numbers *out, struct error *e);

#endif
