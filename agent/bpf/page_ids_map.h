/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the numbers of sites and listed pages mean, kept in kernel memory beside
 * the counts under these numbers, so that a successor can read them.
 */
#ifndef AGENT_BPF_PAGE_IDS_MAP_H
#define AGENT_BPF_PAGE_IDS_MAP_H

#include "base/error.h"
#include "rules/page_ids.h"

/* Store in the map `numbering`, before rules that use the numbers come into force. */
int page_ids_map_write(int map, const struct page_ids *page_ids, struct error *e);

/* Read them back; free *out with page_ids_free(). -EBADMSG if they are damaged. */
int page_ids_map_read(int map, struct page_ids *out, struct error *e);

#endif
