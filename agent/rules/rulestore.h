/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rules that came by the control socket, in the file DATA/rules: the rules, one
 * a line, and a last line with their CRC-32, so that a file that lost its end,
 * or was changed by hand, is noticed rather than read as fewer opt-outs.
 */
#ifndef AGENT_RULES_RULESTORE_H
#define AGENT_RULES_RULESTORE_H

#include <stdbool.h>

#include "base/error.h"
#include "rules/rules.h"

/*
 * Append the stored rules, with origin RULE_SOCKET. `data` is DATA, open. No
 * file is no rules. Returns 0 or a negative errno with a message (-EINVAL: the
 * file is damaged; the agent must not start); *rules is untouched on failure.
 */
int rulestore_load(int data, struct rules *rules, struct error *e);

/* Is there no file of stored rules? */
bool rulestore_missing(int data);

/*
 * Replace the file by the rules that have the origin RULE_SOCKET. On return
 * they are durable. On failure, after a crash as well, the file holds what it
 * held or what it should.
 */
int rulestore_save(int data, const struct rules *rules, struct error *e);

#endif
