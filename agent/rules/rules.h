/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The list of rules: built in, from the rules file, from the control socket.
 *
 * Precedence. Opt-outs, requirements and exclusions add up, wherever they come
 * from. `pages listed` wins over `pages redacted`. Of two beacon rules for one
 * path the file's wins over the socket's, and either over the built-in one. A
 * page rule that came by the socket rests while no site rule names its site.
 */
#ifndef AGENT_RULES_RULES_H
#define AGENT_RULES_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "rules/rule.h"

#define RULES_FILE_MAX (1024 * 1024) /* bytes in a rules file */
#define RULES_MAX 8192 /* rules in a list; compile_ruleset() sets tighter limits by kind */

/* All zero is an empty list. */
struct rules {
	struct rule *list; /* in the order in which they were added */
	size_t count;
	size_t capacity;
};

void rules_free(struct rules *rules);

/*
 * Append the built-in rules: redacted page names, the beacon /hm, opt-out by
 * DNT, Sec-GPC and the cookie blindcount_optout. Returns 0 or -ENOMEM.
 */
int rules_add_builtin(struct rules *rules, struct error *e);

/*
 * Append copies of the rules in `from` that come from one of `origins` (a set
 * of enum rule_origin), with those origins alone; they are not checked against
 * the rules that are there. Returns 0, -ENOMEM or -ENOSPC.
 */
int rules_append(struct rules *rules, const struct rules *from, unsigned int origins,
		 struct error *e);

/*
 * Append the rules of a file's text. All or nothing: a bad line, or a rule that
 * does not fit with the others, leaves the list as it was. Returns 0 or a
 * negative errno; the message names the line, the word and what was expected.
 */
int rules_read(struct rules *rules, const char *text, size_t length, struct error *e);

/* The same for the file at `path`, at most RULES_FILE_MAX bytes of it. */
int rules_load(struct rules *rules, const char *path, struct error *e);

/*
 * Add a copy of one rule that came by the socket. Returns 1 if that changes the
 * list, 0 if the socket had added it before, -EINVAL or -EEXIST with a message
 * if it does not fit with the others, -ENOMEM, -ENOSPC.
 */
int rules_add(struct rules *rules, const struct rule *rule, struct error *e);

/*
 * Take over one rule that came by the socket before and was kept, checking it
 * against nothing. Returns 0, -ENOMEM or -ENOSPC; the rule is gone then too.
 */
int rules_restore(struct rules *rules, struct rule *rule, struct error *e);

/*
 * Remove what the socket added; a rule that the file has too stays in force.
 * Returns 0, or -ENOENT with a message. Who may: see rule_may().
 */
int rules_remove(struct rules *rules, const struct rule *rule, struct error *e);

/* The rule in the list that says the same, or NULL. */
const struct rule *rules_find(const struct rules *rules, const struct rule *rule);

/* Does this rule of the list have effect, or does another override it? */
bool rules_in_force(const struct rules *rules, const struct rule *rule);

/* Is there a rule of this kind with this name? */
bool rules_name(const struct rules *rules, enum rule_kind kind, const char *name);

/*
 * Write all rules for the `rules` verb, each with its origin in a comment; those
 * that are overridden stand as comments as a whole. What is in force reads back
 * with rule_parse(), line by line.
 */
void rules_write(FILE *out, const struct rules *rules);

#endif
