/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Numbers of sites and listed pages, as kernel maps and generations use them.
 * A number means the same from one set of rules to the next; what no rule names
 * any more is retired and keeps its number until numbers_release(), since
 * counts under it may still be on their way to the disk.
 */
#ifndef AGENT_NUMBERS_H
#define AGENT_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "blindcount.h"
#include "error.h"
#include "rules.h"

struct numbers_site {
	char name[BC_WORD_MAX + 1]; /* lower case; empty: the number is free */
	bool retired;
};

struct numbers_page {
	__u32 site; /* site number */
	__u32 page; /* page number, from BC_PAGE_LISTED to below BC_PAGE_LEARNT */
	bool pattern; /* the name has '*' segments: no request's path equals it */
	bool retired;
	char name[BC_NAME_MAX + 1];
};

/* All zero: nothing is numbered yet. */
struct numbers {
	struct numbers_site site[BC_MAX_SITES]; /* by number; 0 is "(any)", not kept here */
	struct numbers_page *page; /* ordered by site and name */
	size_t pages;
};

/*
 * Number the sites and pages of the rules in force, keeping the numbers that
 * `previous` (may be NULL) gives. A page rule for (any) is a page of each site
 * rule's site, or of site 0 if there is none. Free *out with numbers_free().
 * Returns 0, -ENOSPC with a message, or -ENOMEM; *out is untouched on failure.
 */
int numbers_assign(const struct rules *rules, const struct numbers *previous, struct numbers *out,
		   struct error *e);

/*
 * The rules that *numbers was assigned for did not come into force, those of
 * `previous` stay: what only the former name is retired, with its new number.
 */
void numbers_revert(struct numbers *numbers, const struct numbers *previous);

/*
 * Free the numbers of what is retired. Only once no generation holds counts
 * under them and no connection's state names them.
 */
void numbers_release(struct numbers *numbers);

/* The page of this site and name, also a retired one; or NULL. */
const struct numbers_page *numbers_find(const struct numbers *numbers, __u32 site,
					const char *name);

/* Number of a site that is not retired; 0 if there is none. */
__u32 numbers_site(const struct numbers *numbers, const char *name);

void numbers_free(struct numbers *numbers);

#endif
