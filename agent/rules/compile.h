/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Compiles rules to the form in which the kernel program matches them. */
#ifndef AGENT_RULES_COMPILE_H
#define AGENT_RULES_COMPILE_H

#include "base/error.h"
#include "rules/page_ids.h"
#include "rules/rules.h"
#include "ruleset.h"

/*
 * Compile the rules in force. `numbers` is what page_ids_assign() made of the
 * same rules; its pages that are neither patterns nor retired are what the
 * caller puts into the map of listed pages. *out belongs to the caller (it is
 * about 1.4 MB: not for the stack); all of it is set but the epoch, which is 0.
 * Returns 0, or -ENOSPC with a message if the rules are more than fit; then
 * *out holds rubbish.
 */
int compile_ruleset(const struct rules *rules, const struct page_ids *page_ids,
		    struct bc_ruleset *out, struct error *e);

/*
 * Do these rules compile? Numbers and compiles them for nothing else, as
 * `check` does. Returns as compile_ruleset(), or -ENOMEM.
 */
int compile_try(const struct rules *rules, struct error *e);

#endif
