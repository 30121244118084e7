/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One rule: its kinds (the table that parser, help and policy read), parsing,
 * canonical text. The rules file, the control socket, ctl and check all parse
 * with rule_parse().
 */
#ifndef AGENT_RULES_RULE_H
#define AGENT_RULES_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "blindcount.h"
#include "base/error.h"
#include "rules/presets.h"
#include "ruleset.h"
#include "rules/words.h"

#define RULE_TEXT_MAX (WORDS_LINE_MAX + 1) /* room for any rule's text and its NUL */
#define RULE_ANY_SITE "(any)"

enum rule_kind {
	RULE_SITE,
	RULE_PAGES,
	RULE_PAGE,
	RULE_BEACON,
	RULE_OPTOUT_HEADER,
	RULE_OPTOUT_COOKIE,
	RULE_OPTOUT_QUERY,
	RULE_REQUIRE_COOKIE,
	RULE_EXCLUDE_SITE,
	RULE_EXCLUDE_PAGE,
	RULE_KINDS,
};

/* Where a rule comes from; a bit set, since the app may repeat what the file says. */
enum rule_origin {
	RULE_BUILTIN = 1 << 0,
	RULE_FILE = 1 << 1,
	RULE_SOCKET = 1 << 2,
	RULE_ANYWHERE = RULE_BUILTIN | RULE_FILE | RULE_SOCKET,
};

enum rule_change {
	RULE_ADD,
	RULE_REMOVE
};

/* The words of a beacon rule behind its path, as they were written. */
#define RULE_BEACON_WORDS (WORDS_MAX - 2)

struct rule_beacon_word {
	enum bc_key_role role;
	char key[BC_WORD_MAX + 1]; /* of the query string */
	char value[BC_WORD_MAX + 1]; /* only= and skip= */
};

struct rule_beacon {
	const struct preset *preset; /* NULL: none */
	unsigned int count;
	struct rule_beacon_word word[RULE_BEACON_WORDS];
};

struct rule {
	enum rule_kind kind;
	unsigned int origins; /* enum rule_origin; 0 until it is in a list */
	unsigned int line; /* of the file; 0: none */
	bool any_value; /* a signal's NAME alone */
	char name[BC_WORD_MAX + 1]; /* mode of pages, site, beacon path, signal's name */
	char value[BC_NAME_MAX + 1]; /* signal's value, or a page's path */
	struct rule_beacon *beacon; /* RULE_BEACON only; the rule owns it */
};

/* What the table says of a kind. */
struct rule_info {
	const char *verb; /* first word */
	const char *object; /* second word, or NULL */
	const char *arguments; /* what follows, for help and messages */
	const char *help; /* one line */
	const char *prose; /* for a privacy notice: opens a list of such rules; NULL: none */
	bool member_adds; /* a member of the socket's group may add one */
	bool member_removes; /* ... and remove one that came by the socket */
};

const struct rule_info *rule_info(enum rule_kind kind);

/*
 * Parse one line (without its newline). Returns 1 with *rule set (free it with
 * rule_free()), 0 if the line is blank or a comment, or -EINVAL with a message
 * that names the word and what was expected. *rule is untouched unless 1.
 */
int rule_parse(struct rule *rule, const char *line, size_t length, struct error *e);

void rule_free(struct rule *rule);

/* Deep copy. Returns 0 or -ENOMEM. */
int rule_copy(struct rule *to, const struct rule *from);

/* Do they say the same? Origin and line don't matter. */
bool rule_equal(const struct rule *a, const struct rule *b);

/* The rule's canonical text, which rule_parse() reads back as an equal rule. */
void rule_text(const struct rule *rule, char text[RULE_TEXT_MAX]);

/* Is the value a prefix? DNT's is (its value may be followed by extensions). */
bool rule_is_prefix(const struct rule *rule);

/* The words of a beacon rule with its preset's filled in. Returns 0 or -EINVAL. */
int rule_beacon_expand(const struct rule *rule, struct rule_beacon *out, struct error *e);

/*
 * May a client of the socket make this change? For RULE_REMOVE, `rule` is the
 * one in the list, with its origins: only what came by the socket can go, since
 * built-in rules and the file are the floor for root too.
 * Returns 0, or -EPERM with a message.
 */
int rule_may(const struct rule *rule, enum rule_change change, bool root, struct error *e);

/* Print the grammar, one line a kind. */
void rule_help(FILE *out);

#endif
