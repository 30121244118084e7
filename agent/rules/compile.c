// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Compiles rules to the form in which the kernel program matches them. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compile.h"
#include "store/row.h"

/* By enum bc_header_word. */
static const char *const parser_words[BC_HEADER_OWN] = {
	"host", "cookie", "content-length", "transfer-encoding", "connection", "upgrade", "expect",
};

static __u64 bit(unsigned int word)
{
	return 1ULL << word;
}

/* Adds `text` as word number `word`; with `fold`, in either case. */
static void dict_set(struct bc_dict *dict, unsigned int word, const char *text, bool fold)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		dict->step[i][c] |= bit(word);
		if (fold) {
			dict->step[i][tolower(c)] |= bit(word);
			dict->step[i][toupper(c)] |= bit(word);
		}
	}
	dict->ends[length] |= bit(word);
	dict->all |= bit(word);
}

/* The words that `text` is. */
static __u64 dict_find(const struct bc_dict *dict, const char *text)
{
	size_t length = strlen(text);
	__u64 words = dict->all;

	for (size_t i = 0; i < length; i++)
		words &= dict->step[i][(unsigned char)text[i]];
	return words & dict->ends[length];
}

/* The lowest word that is free, below `limit`, or -ENOSPC. */
static int dict_free(const struct bc_dict *dict, unsigned int limit)
{
	for (unsigned int word = 0; word < limit; word++)
		if (!(dict->all & bit(word)))
			return (int)word;
	return -ENOSPC;
}

/* The number of a word, which is added if it is not there; or -ENOSPC. */
static int dict_intern(struct bc_dict *dict, const char *text, unsigned int limit)
{
	__u64 found = dict_find(dict, text);
	int word;

	if (found)
		return __builtin_ctzll(found);
	word = dict_free(dict, limit);
	if (word >= 0)
		dict_set(dict, (unsigned int)word, text, false);
	return word;
}

static void header_set(struct bc_ruleset *out, unsigned int word, const char *name)
{
	dict_set(&out->headers, word, name, true);
	if (strlen(name) <= 4)
		out->header_short |= bit(word);
}

static int compile_header(struct bc_ruleset *out, const struct rule *rule, struct error *e)
{
	int word = dict_free(&out->headers, BC_WORDS);

	if (word < 0)
		return error_set(e, ENOSPC, "optout header '%s': expected at most %d such rules",
				 rule->name, BC_WORDS - BC_HEADER_OWN);
	header_set(out, (unsigned int)word, rule->name);
	if (rule->any_value) {
		out->header_any |= bit((unsigned int)word);
		return 0;
	}
	dict_set(&out->header_values, (unsigned int)word, rule->value, false);
	if (rule_is_prefix(rule))
		out->header_prefix |= bit((unsigned int)word);
	else
		out->header_exact |= bit((unsigned int)word);
	return 0;
}

static int compile_cookie(struct bc_ruleset *out, const struct rule *rule, struct error *e)
{
	__u64 same = dict_find(&out->cookies, rule->name);
	int word;

	same &= rule->any_value ? out->cookie_any : dict_find(&out->cookie_values, rule->value);
	word = same ? __builtin_ctzll(same) : dict_free(&out->cookies, BC_WORDS);
	if (word < 0)
		return error_set(e, ENOSPC, "cookie '%s': expected at most %d rules on cookies",
				 rule->name, BC_WORDS);
	dict_set(&out->cookies, (unsigned int)word, rule->name, false);
	if (rule->any_value)
		out->cookie_any |= bit((unsigned int)word);
	else
		dict_set(&out->cookie_values, (unsigned int)word, rule->value, false);
	if (rule->kind == RULE_REQUIRE_COOKIE)
		out->cookie_require |= bit((unsigned int)word);
	else
		out->cookie_optout |= bit((unsigned int)word);
	return 0;
}

static int intern_key(struct bc_ruleset *out, const char *key, struct error *e)
{
	int word = dict_intern(&out->query_keys, key, BC_WORDS);

	if (word < 0)
		return error_set(e, ENOSPC, "query key '%s': expected at most %d keys in all rules",
				 key, BC_WORDS);
	if (isalnum((unsigned char)*key) && !key[1])
		out->query_letter[(unsigned char)*key] = (__u8)(word + 1);
	return word;
}

static int intern_value(struct bc_ruleset *out, const char *value, struct error *e)
{
	int word = dict_intern(&out->query_values, value, BC_WORDS);

	return word >= 0 ? word
			 : error_set(e, ENOSPC,
				     "query value '%s': expected at most %d values in all rules",
				     value, BC_WORDS - BC_VALUE_OWN);
}

static int compile_query(struct bc_ruleset *out, const struct rule *rule, struct error *e)
{
	int key = intern_key(out, rule->name, e), value;

	if (key < 0)
		return key;
	if (rule->any_value) {
		out->query_any |= bit((unsigned int)key);
		return 0;
	}
	value = intern_value(out, rule->value, e);
	if (value < 0)
		return value;
	out->query_optout[key] |= bit((unsigned int)value);
	return 0;
}

static int compile_beacon_word(struct bc_ruleset *out, struct bc_beacon *beacon,
			       const struct rule_beacon_word *word, struct error *e)
{
	int key = intern_key(out, word->key, e), value;

	if (key < 0)
		return key;
	beacon->role[key] |= word->role;
	if (!(word->role & (BC_ROLE_ONLY | BC_ROLE_SKIP)))
		return 0;
	value = intern_value(out, word->value, e);
	if (value < 0)
		return value;
	if (word->role == BC_ROLE_SKIP) {
		beacon->skip[key] |= bit((unsigned int)value);
		return 0;
	}
	beacon->only[key] |= bit((unsigned int)value);
	beacon->only_keys |= bit((unsigned int)key);
	return 0;
}

static int compile_beacon(struct bc_ruleset *out, const struct rule *rule, struct error *e)
{
	int word = dict_free(&out->paths, BC_BEACONS);
	struct rule_beacon beacon;
	int err;

	if (word < 0)
		return error_set(e, ENOSPC, "beacon '%s': expected at most %d beacons", rule->name,
				 BC_BEACONS);
	err = rule_beacon_expand(rule, &beacon, e);
	if (err)
		return err;
	dict_set(&out->paths, (unsigned int)word, rule->name, false);
	out->beacon[word].fixed_event = (__u8)(beacon.preset ? beacon.preset->event : BC_EVENTS);
	for (unsigned int i = 0; !err && i < beacon.count; i++)
		err = compile_beacon_word(out, &out->beacon[word], &beacon.word[i], e);
	return err;
}

/* A host name may end with the root's dot (RFC 1034, 3.1): servers take it for the same host. */
static void site_set(struct bc_dict *sites, unsigned int word, const char *name)
{
	char rooted[BC_WORD_MAX + 2];
	int length = snprintf(rooted, sizeof(rooted), "%s.", name);

	dict_set(sites, word, name, true);
	if (length <= BC_WORD_MAX && rooted[length - 2] != '.')
		dict_set(sites, word, rooted, true);
}

/* Counted sites are words by their number; others get what words are left. */
static void compile_counted_sites(struct bc_ruleset *out, const struct page_ids *page_ids)
{
	for (unsigned int i = 1; i < BC_MAX_SITES; i++) {
		if (!page_ids->site[i].name[0] || page_ids->site[i].retired)
			continue;
		site_set(&out->sites, i - 1, page_ids->site[i].name);
		out->sites_counted |= bit(i - 1);
	}
	out->sites_only = out->sites_counted != 0;
}

static int intern_site(struct bc_ruleset *out, const char *name, struct error *e)
{
	__u64 found = dict_find(&out->sites, name);
	int word = found ? __builtin_ctzll(found) : dict_free(&out->sites, BC_MAX_SITES - 1);

	if (word < 0)
		return error_set(e, ENOSPC,
				 "site '%s': expected at most %d sites, counted or excluded", name,
				 BC_MAX_SITES - 1);
	site_set(&out->sites, (unsigned int)word, name);
	return word;
}

/*
 * The row of a segment's hash, added if it is not there. Rows that are far from
 * home displace those that are nearer (Robin Hood hashing), which keeps the
 * longest way short: the program gives up after BC_COMPONENT_PROBES rows.
 */
static int segment_row(struct bc_ruleset *out, __u64 hash, unsigned int pattern)
{
	struct bc_component_row row = {.hash = hash};
	__u32 at = (__u32)hash & (BC_COMPONENT_BUCKETS - 1);

	for (unsigned int i = 0; i < BC_COMPONENT_PROBES; i++) {
		struct bc_component_row *there =
			&out->components[(at + i) & (BC_COMPONENT_BUCKETS - 1)];

		if (there->hash == hash) {
			there->patterns[pattern / 64] |= bit(pattern % 64);
			return 0;
		}
	}
	row.patterns[pattern / 64] |= bit(pattern % 64);
	for (unsigned int way = 0; way < BC_COMPONENT_PROBES; way++, at++) {
		struct bc_component_row *there = &out->components[at & (BC_COMPONENT_BUCKETS - 1)];
		unsigned int its_way = (at - (__u32)there->hash) & (BC_COMPONENT_BUCKETS - 1);
		struct bc_component_row moved = *there;

		if (there->hash && its_way >= way)
			continue;
		*there = row;
		if (!moved.hash)
			return 0;
		row = moved;
		way = its_way;
	}
	return -ENOSPC;
}

/* Adds a pattern; returns its number or -ENOSPC. */
static int add_pattern(struct bc_ruleset *out, unsigned int *patterns, const char *path,
		       struct error *e)
{
	unsigned int number = *patterns, depth = 0;
	const char *segment = path + 1;

	if (number == BC_PATTERNS)
		return error_set(e, ENOSPC,
				 "'%s': expected at most %d pages that are excluded or have '*'",
				 path, BC_PATTERNS);
	for (;; depth++) {
		size_t length = strcspn(segment, "/");
		__u64 hash = bc_component_hash_start(depth);

		if (length == 1 && *segment == '*') {
			out->pattern_star[depth][number / 64] |= bit(number % 64);
		} else {
			for (size_t i = 0; i < length; i++)
				hash = bc_component_hash_byte(hash, (__u8)segment[i]);
			if (segment_row(out, bc_component_hash_end(hash), number))
				return error_set(e, ENOSPC,
						 "'%s': too many different path segments", path);
		}
		if (!segment[length])
			break;
		segment += length + 1;
	}
	out->pattern_length[depth][number / 64] |= bit(number % 64);
	out->any_pattern = 1;
	(*patterns)++;
	return (int)number;
}

/* The pattern holds in this row of sites; in row 0, for (any), and all others. */
static void pattern_at(struct bc_ruleset *out, unsigned int pattern, unsigned int row)
{
	unsigned int last = row ? row : BC_MAX_SITES - 1;

	for (; row <= last; row++)
		out->pattern_site[row][pattern / 64] |= bit(pattern % 64);
}

static int compile_excluded_page(struct bc_ruleset *out, unsigned int *patterns,
				 const struct rule *rule, struct error *e)
{
	bool any = !strcmp(rule->name, RULE_ANY_SITE);
	int word = any ? 0 : intern_site(out, rule->name, e);
	int pattern = word < 0 ? word : add_pattern(out, patterns, rule->value, e);

	if (pattern < 0)
		return pattern;
	out->any_page_rule = 1;
	out->pattern_exclude[pattern / 64] |= bit((unsigned int)pattern % 64);
	pattern_at(out, (unsigned int)pattern, any ? 0 : (unsigned int)word + 1);
	return 0;
}

/* One pattern for each site for which the rule names a page. */
static int compile_page(struct bc_ruleset *out, unsigned int *patterns, const struct rule *rule,
			const struct page_ids *page_ids, struct error *e)
{
	bool any = !strcmp(rule->name, RULE_ANY_SITE);
	__u32 named = any ? 0 : page_ids_site(page_ids, rule->name);

	out->any_page_rule = 1;
	if (!strchr(rule->value, '*'))
		return 0;
	for (__u32 site = 0; site < BC_MAX_SITES; site++) {
		const struct page_ids_page *page = page_ids_find(page_ids, site, rule->value);
		int pattern;

		if (!page || page->retired || (!any && site != named))
			continue;
		pattern = add_pattern(out, patterns, rule->value, e);
		if (pattern < 0)
			return pattern;
		out->pattern_page[pattern] = page->page;
		pattern_at(out, (unsigned int)pattern, site);
	}
	return 0;
}

static int compile_site(struct bc_ruleset *out, const struct rule *rule, struct error *e)
{
	int word = intern_site(out, rule->name, e);

	if (word >= 0)
		out->sites_excluded |= bit((unsigned int)word);
	return word < 0 ? word : 0;
}

static int compile_rule(struct bc_ruleset *out, unsigned int *patterns, const struct rule *rule,
			const struct page_ids *page_ids, struct error *e)
{
	switch (rule->kind) {
	case RULE_PAGES:
		out->listed_only = !strcmp(rule->name, "listed");
		return 0;
	case RULE_PAGE:
		return compile_page(out, patterns, rule, page_ids, e);
	case RULE_BEACON:
		return compile_beacon(out, rule, e);
	case RULE_OPTOUT_HEADER:
		return compile_header(out, rule, e);
	case RULE_OPTOUT_COOKIE:
	case RULE_REQUIRE_COOKIE:
		return compile_cookie(out, rule, e);
	case RULE_OPTOUT_QUERY:
		return compile_query(out, rule, e);
	case RULE_EXCLUDE_SITE:
		return compile_site(out, rule, e);
	case RULE_EXCLUDE_PAGE:
		return compile_excluded_page(out, patterns, rule, e);
	case RULE_SITE: /* numbered already */
	case RULE_KINDS:
		break;
	}
	return 0;
}

int compile_ruleset(const struct rules *rules, const struct page_ids *page_ids,
		    struct bc_ruleset *out, struct error *e)
{
	unsigned int patterns = 0;
	int err = 0;

	memset(out, 0, sizeof(*out));
	for (unsigned int i = 0; i < BC_HEADER_OWN; i++)
		header_set(out, i, parser_words[i]);
	for (unsigned int i = 0; i < BC_VALUE_OWN; i++)
		dict_set(&out->query_values, i, row_event_names[i], false);
	compile_counted_sites(out, page_ids);
	for (size_t i = 0; !err && i < rules->count; i++)
		if (rules_in_force(rules, &rules->list[i]))
			err = compile_rule(out, &patterns, &rules->list[i], page_ids, e);
	return err;
}

int compile_try(const struct rules *rules, struct error *e)
{
	struct bc_ruleset *out = malloc(sizeof(*out));
	struct page_ids page_ids = {0};
	int err;

	if (!out)
		return error_set(e, ENOMEM, "no memory to compile rules");
	err = page_ids_assign(rules, NULL, &page_ids, e);
	if (!err)
		err = compile_ruleset(rules, &page_ids, out, e);
	page_ids_free(&page_ids);
	free(out);
	return err;
}
