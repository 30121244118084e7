/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Matching against the compiled rule set (include/ruleset.h): words of its
 * dictionaries one byte at a time, page patterns one component at a time. What a
 * match means is said here too: opt-out, requirement, site, exclusion.
 */
#ifndef BC_MATCH_H
#define BC_MATCH_H

#include "blindcount.h"
#include "portable.h"
#include "ruleset.h"
#include "text.h"

/* Progress of one word: the words that fit the bytes so far, and how many those are. */
struct bc_match {
	__u64 fit;
	__u32 at;
	__u32 unused;
};

static __always_inline void bc_match_start(struct bc_match *m, const struct bc_dict *dict)
{
	m->fit = dict->all;
	m->at = 0;
}

/* Go on with a value's words where only `fit` of them can still match. */
static __always_inline void bc_match_value(struct bc_match *m, __u64 fit)
{
	m->fit = fit;
	m->at = 0;
}

static __always_inline void bc_match_byte(struct bc_match *m, const struct bc_dict *dict, __u8 c)
{
	__u32 at = m->at;
	__u64 fit = m->fit & dict->step[at % BC_WORD_MAX][c];

	m->fit = at < BC_WORD_MAX ? fit : 0;
	m->at = at + 1;
}

/* The words that end exactly here. */
static __always_inline __u64 bc_match_end(const struct bc_match *m, const struct bc_dict *dict)
{
	__u32 at = m->at;

	return at <= BC_WORD_MAX ? m->fit & dict->ends[at] : 0;
}

/*
 * What names the request's site: one of these, or BC_SITE_WORD plus a word of
 * the dictionary of sites.
 */
#define BC_SITE_UNNAMED 0 /* nothing in the request named a site */
#define BC_SITE_FOREIGN 1 /* named, and no rule speaks of it */
#define BC_SITE_BARRED 2 /* an `exclude site` rule names it */
#define BC_SITE_WORD 3

static __always_inline __u8 bc_site_of(const struct bc_ruleset *rs, __u64 words)
{
	if (!words)
		return BC_SITE_FOREIGN;
	if (words & rs->sites_excluded)
		return BC_SITE_BARRED;
	return BC_SITE_WORD + bc_first_bit(words);
}

/* The site's row among the patterns: its word + 1, or 0. */
static __always_inline __u32 bc_site_row(__u8 site)
{
	__u32 row = site >= BC_SITE_WORD ? site - BC_SITE_WORD + 1 : 0;

	return row & (BC_MAX_SITES - 1);
}

/* The site's number: 0, "(any)", where no `site` rule names it. */
static __always_inline __u32 bc_site_number(const struct bc_ruleset *rs, __u8 site)
{
	__u32 row = bc_site_row(site);

	return row && rs->sites_counted >> (row - 1) & 1 ? row : 0;
}

/* Is a request of this site turned away? */
static __always_inline bool bc_site_excluded(const struct bc_ruleset *rs, __u8 site)
{
	return site == BC_SITE_BARRED || (rs->sites_only && !bc_site_number(rs, site));
}

/* Progress of a page name through the patterns. */
struct bc_patterns {
	__u64 fit[BC_PATTERN_WORDS];
	__u64 hash; /* of the component so far */
	__u32 depth;
	__u32 at; /* place in the name */
};

static __always_inline void bc_patterns_start(struct bc_patterns *ps, const struct bc_ruleset *rs,
					      __u8 site)
{
#pragma unroll
	for (int i = 0; i < BC_PATTERN_WORDS; i++)
		ps->fit[i] = rs->pattern_site[bc_site_row(site)][i];
	ps->depth = 0;
	ps->at = 0;
	ps->hash = bc_component_hash_start(0);
}

/*
 * A component has ended: keep the patterns that hold it at this depth, or a star
 * (which stands for one component that is not empty).
 */
static __always_inline void bc_patterns_component(struct bc_patterns *ps,
						  const struct bc_ruleset *rs)
{
	__u64 hash = bc_component_hash_end(ps->hash);
	__u32 depth = ps->depth & (BC_PATTERN_DEPTH - 1);
	bool empty = ps->hash == bc_component_hash_start(ps->depth);
	const struct bc_component_row *row = NULL;

	for (__u32 i = 0; i < BC_COMPONENT_PROBES; i++) {
		const struct bc_component_row *probe =
			&rs->components[(hash + i) & (BC_COMPONENT_BUCKETS - 1)];

		if (probe->hash == hash) {
			row = probe;
			break;
		}
	}
#pragma unroll
	for (int i = 0; i < BC_PATTERN_WORDS; i++) {
		__u64 keep = empty ? 0 : rs->pattern_star[depth][i];

		if (row)
			keep |= row->patterns[i];
		ps->fit[i] &= keep;
	}
}

/* The name ends here: keep the patterns that do so too. */
static __always_inline void bc_patterns_end(struct bc_patterns *ps, const struct bc_ruleset *rs)
{
#pragma unroll
	for (int i = 0; i < BC_PATTERN_WORDS; i++)
		ps->fit[i] &= rs->pattern_length[ps->depth & (BC_PATTERN_DEPTH - 1)][i];
}

static __always_inline bool bc_patterns_excluded(const struct bc_patterns *ps,
						 const struct bc_ruleset *rs)
{
	__u64 excluded = 0;

#pragma unroll
	for (int i = 0; i < BC_PATTERN_WORDS; i++)
		excluded |= ps->fit[i] & rs->pattern_exclude[i];
	return excluded;
}

/*
 * Might a page of this site whose name is too long to be kept be excluded? Only a star
 * stands for that much. To be asked before the first component.
 */
bc_subprogram int bc_patterns_may_exclude(const struct bc_patterns *ps, const struct bc_ruleset *rs)
{
	__u64 may = 0;

	if (!ps || !rs)
		return true;
	for (int i = 0; i < BC_PATTERN_WORDS; i++)
		for (int depth = 0; depth < BC_PATTERN_DEPTH; depth++)
			may |= ps->fit[i] & rs->pattern_exclude[i] & rs->pattern_star[depth][i];
	return may != 0;
}

/* The page number of the first pattern that matches and is not an exclusion; 0: none. */
bc_subprogram int bc_patterns_page(const struct bc_patterns *ps, const struct bc_ruleset *rs)
{
	if (!ps || !rs)
		return 0;
#pragma unroll
	for (int i = 0; i < BC_PATTERN_WORDS; i++) {
		__u64 words = ps->fit[i] & ~rs->pattern_exclude[i];

		if (words)
			return rs->pattern_page[i * 64 + bc_first_bit(words)];
	}
	return 0;
}

/*
 * Feed up to eight bytes of the name, or to the component's end. Returns true at
 * the name's end, when `fit` holds the patterns that match it, and nothing is left
 * that was made of the name.
 */
bc_subprogram int bc_patterns_go_on(struct bc_patterns *ps, const struct bc_ruleset *rs,
				    const struct bc_page *page)
{
	if (!ps || !rs || !page)
		return true;
	for (int i = 0; i < 8; i++) {
		__u32 at = ps->at;
		__u8 c = 0;

		if (at < BC_NAME_MAX)
			c = page->name[at];
		ps->at = at + 1;
		if (c == '/' && !at)
			continue;
		if (c && c != '/') {
			ps->hash = bc_component_hash_byte(ps->hash, c);
			continue;
		}
		if (ps->depth >= BC_PATTERN_DEPTH) {
			__builtin_memset(ps->fit, 0, sizeof(ps->fit));
			ps->hash = 0;
			return true;
		}
		bc_patterns_component(ps, rs);
		if (!c) {
			bc_patterns_end(ps, rs);
			ps->hash = 0;
			return true;
		}
		ps->depth++;
		ps->hash = bc_component_hash_start(ps->depth);
		return false;
	}
	return false;
}

#endif
