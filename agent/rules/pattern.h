/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Page patterns, as they stand in rules and on the command line. */
#ifndef AGENT_RULES_PATTERN_H
#define AGENT_RULES_PATTERN_H

#include <stdbool.h>

/*
 * Does the pattern match the whole page name? A segment (what stands between
 * two slashes) that is `*` matches any one segment that is not empty; all else
 * is compared byte by byte. A `*` within a segment is an ordinary character.
 */
bool pattern_matches(const char *pattern, const char *name);

#endif
