/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Numbers of sites and listed pages, as kernel maps and generations use them.
 * A number means the same from one set of rules to the next; what no rule names
 * any more is retired and keeps its number until page_ids_release(), since
 * counts under it may still be on their way to the disk.
 */
#ifndef AGENT_RULES_PAGE_IDS_H
#define AGENT_RULES_PAGE_IDS_H

#include <stdbool.h>
#include <stddef.h>

#include "blindcount.h"
#include "base/error.h"
#include "rules/rules.h"

struct page_ids_site {
	char name[BC_WORD_MAX + 1]; /* lower case; empty: the number is free */
	bool retired;
};

struct page_ids_page {
	__u32 site; /* site number */
	__u32 page; /* page number, from BC_PAGE_NAMED to below BC_PAGE_DISCOVERED */
	bool pattern; /* the name has '*' segments: no request's path equals it */
	bool retired;
	char name[BC_NAME_MAX + 1];
};

/* All zero: nothing is numbered yet. */
struct page_ids {
	struct page_ids_site site[BC_MAX_SITES]; /* by number; 0 is "(any)", not kept here */
	struct page_ids_page *page; /* ordered by site and name */
	size_t pages;
};

/*
 * Number the sites and pages of the rules in force, keeping the numbers that
 * `previous` (may be NULL) gives. A page rule for (any) is a page of each site
 * rule's site, or of site 0 if there is none. Free *out with page_ids_free().
 * Returns 0, -ENOSPC with a message, or -ENOMEM; *out is untouched on failure.
 */
int page_ids_assign(const struct rules *rules, const struct page_ids *previous,
		    struct page_ids *out, struct error *e);

/*
 * The rules that *numbers was assigned for did not come into force, those of
 * `previous` stay: what only the former name is retired, with its new number.
 */
void page_ids_revert(struct page_ids *page_ids, const struct page_ids *previous);

/*
 * Free the numbers of what is retired. Only once no generation holds counts
 * under them and no connection's state names them.
 */
void page_ids_release(struct page_ids *page_ids);

/* The page of this site and name, also a retired one; or NULL. */
const struct page_ids_page *page_ids_find(const struct page_ids *page_ids, __u32 site,
					  const char *name);

/* Number of a site that is not retired; 0 if there is none. */
__u32 page_ids_site(const struct page_ids *page_ids, const char *name);

void page_ids_free(struct page_ids *page_ids);

#endif
