// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Matches page names against patterns, segment by segment. */
#include <string.h>

#include "rules/pattern.h"

bool pattern_matches(const char *pattern, const char *name)
{
	for (;;) {
		size_t want = strcspn(pattern, "/"), have = strcspn(name, "/");

		if (want == 1 && *pattern == '*') {
			if (!have)
				return false;
		} else if (want != have || memcmp(pattern, name, want)) {
			return false;
		}
		pattern += want;
		name += have;
		if (*pattern != *name)
			return false;
		if (!*pattern)
			return true;
		pattern++;
		name++;
	}
}
