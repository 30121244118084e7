/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A compiled rule set as the program reads it: one value of one map, immutable
 * while a slot of `rulesets` names it. The agent compiles it from the rules
 * (agent/rules/compile.c); the program matches with it (bpf/match.h).
 *
 * Words (names and values of headers, cookies and query parameters, sites,
 * beacon paths) are matched by bit-parallel tables: bit b of step[i][c] is set
 * if the word numbered b may hold byte c at position i, so a matcher is a
 * position and a 64-bit set of the words that still fit, and each byte costs
 * one AND whatever the number of rules. No byte of the text need be kept to go
 * on in a later segment of the stream.
 */
#ifndef BLINDCOUNT_RULESET_H
#define BLINDCOUNT_RULESET_H

#include <linux/types.h>
#include "blindcount.h"

#define BC_WORD_MAX 64 /* longest word, in bytes */
#define BC_WORDS 64 /* words in a dictionary */

struct bc_dict {
	__u64 step[BC_WORD_MAX][256]; /* words that may hold this byte here */
	__u64 ends[BC_WORD_MAX + 1]; /* words of this length; [0]: they match an empty value */
	__u64 all; /* words in use */
};

/* Words 0 to 7 of the header dictionary are the parser's own. */
enum bc_header_word {
	BC_HEADER_HOST,
	BC_HEADER_COOKIE,
	BC_HEADER_CONTENT_LENGTH,
	BC_HEADER_TRANSFER_ENCODING,
	BC_HEADER_CONNECTION,
	BC_HEADER_UPGRADE,
	BC_HEADER_EXPECT,
	BC_HEADER_OWN, /* rules' words from here on */
};

/* Words 0 to 4 of the query value dictionary are event names, as enum bc_event. */
#define BC_VALUE_OWN 5

/* What a query key means to a beacon; a bit set, since one key may mean several. */
enum bc_key_role {
	BC_ROLE_SITE = 1 << 0,
	BC_ROLE_PAGE = 1 << 1,
	BC_ROLE_X = 1 << 2,
	BC_ROLE_Y = 1 << 3,
	BC_ROLE_WIDTH = 1 << 4,
	BC_ROLE_EVENT = 1 << 5,
	BC_ROLE_ONLY = 1 << 6, /* value must be in `only` of the key's row */
	BC_ROLE_SKIP = 1 << 7, /* value must not be in `skip` */
};

#define BC_BEACONS 16

struct bc_beacon {
	__u8 role[BC_WORDS]; /* by query key word */
	/*
	 * only[k]/skip[k]: words of query_values that this key's value is held
	 * against. A beacon is ignored unless each key with an `only` had one
	 * of these values (at least one occurrence, none that differs), or if
	 * any `skip` value was seen. A key that is absent never matches.
	 */
	__u64 only[BC_WORDS];
	__u64 skip[BC_WORDS];
	__u64 only_keys; /* keys that must be there */
	/*
	 * Event if no event key says otherwise; BC_EVENTS: a click if the beacon
	 * says where, else a view.
	 */
	__u8 fixed_event;
	__u8 unused[7];
};

/*
 * Page patterns, matched component by component on the redacted name: a table of
 * the literal components that patterns have at each depth, by hash. A component is
 * what stands between two slashes, so "/" and "/a/" end with an empty one; '*'
 * matches one that is not empty.
 */
#define BC_PATTERNS 256
#define BC_PATTERN_WORDS (BC_PATTERNS / 64)
#define BC_PATTERN_DEPTH 16 /* components in a pattern at most */
#define BC_COMPONENT_BUCKETS 4096
#define BC_COMPONENT_PROBES 8 /* a row is in one of the 8 slots from hash % SLOTS on */

struct bc_component_row {
	__u64 hash; /* bc_component_hash(depth, text); 0: free */
	__u64 patterns[BC_PATTERN_WORDS];
};

struct bc_ruleset {
	__u32 epoch; /* grows with each change */
	__u8 listed_only; /* `pages listed` */
	__u8 sites_only; /* there are `site` rules */
	__u8 any_page_rule; /* paths of requests are looked up too: a page may be listed or excluded */
	__u8 any_pattern;

	/* Headers: name, then value. Word n of header_values belongs to word n of headers. */
	struct bc_dict headers; /* lower and upper case both set in step */
	struct bc_dict header_values;
	__u64 header_short; /* words of up to four bytes */
	__u64 header_any; /* opt out at any value */
	__u64 header_prefix; /* value word is a prefix (DNT) */
	__u64 header_exact; /* value, blanks trimmed, is the word */

	/* Cookies: opt-out and required. Word n of cookie_values belongs to word n of cookies. */
	struct bc_dict cookies; /* case-sensitive */
	struct bc_dict cookie_values;
	__u64 cookie_any; /* words without a value: any value does */
	__u64 cookie_optout; /* words that opt out */
	__u64 cookie_require; /* words that must all be there */

	/* Query, percent-decoded: one word per distinct key, one per distinct value. */
	struct bc_dict query_keys;
	struct bc_dict query_values;
	__u64 query_any; /* keys that opt out at any value */
	__u64 query_optout[BC_WORDS]; /* by key: value words that opt out */
	__u8 query_letter[256]; /* the word, plus one, of the key that is just this byte; 0: none */

	/*
	 * Sites by name, case-insensitive, at most BC_MAX_SITES - 1 words; word n is
	 * site number n + 1 if in `sites_counted`.
	 */
	struct bc_dict sites;
	__u64 sites_counted;
	__u64 sites_excluded;

	/* Beacon paths, matched on the raw path; word n is beacon n. */
	struct bc_dict paths;
	struct bc_beacon beacon[BC_BEACONS];

	/* Patterns. star[d]: patterns with '*' at depth d; length[d]: patterns of d + 1 components. */
	__u64 pattern_star[BC_PATTERN_DEPTH][BC_PATTERN_WORDS];
	__u64 pattern_length[BC_PATTERN_DEPTH][BC_PATTERN_WORDS];
	/*
	 * By site word + 1: patterns that hold for this site; also for sites that
	 * are not counted, but named by an exclude rule. [0]: for sites that no
	 * word is. Patterns for (any) are set in each row. Of several that match,
	 * one that excludes wins, then the lowest (the first rule).
	 */
	__u64 pattern_site[BC_MAX_SITES][BC_PATTERN_WORDS];
	__u64 pattern_exclude[BC_PATTERN_WORDS];
	__u32 pattern_page[BC_PATTERNS]; /* page number it is counted under */
	struct bc_component_row components[BC_COMPONENT_BUCKETS];
};

/*
 * Hash of one literal component (the text between two slashes, without them) at
 * a depth (0 is the first): start, each byte, end. Never 0, which marks a free row.
 */
static inline __u64 bc_component_hash_start(__u32 depth)
{
	return 0x9e3779b97f4a7c15ULL * (depth + 1);
}

static inline __u64 bc_component_hash_byte(__u64 hash, __u8 c)
{
	hash ^= c;
	hash *= 0x100000001b3ULL;
	return hash ^ (hash >> 29);
}

static inline __u64 bc_component_hash_end(__u64 hash)
{
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93ULL;
	hash ^= hash >> 32;
	return hash ? hash : 1;
}

#endif
