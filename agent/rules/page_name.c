// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The name under which the program counts a page that an operator writes down. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "rules/page_name.h"
#include "redact/name.h"

/* Stands for a '*' segment while the path is redacted, which would escape a star. */
#define STAR '-'

static int count_slashes(const char *path)
{
	int count = 0;

	for (; *path; path++)
		count += *path == '/';
	return count;
}

/* Redacts into a buffer; false if the name is too long. */
static bool redact(const char *path, char name[BC_NAME_MAX + 4])
{
	struct bc_redact state;

	memset(name, 0, BC_NAME_MAX + 4);
	bc_redact_start(&state);
	for (const char *c = path; *c; c++)
		bc_redact_byte(&state, name, (__u8)(*c == '*' ? STAR : *c));
	return bc_redact_end(&state, name) == BC_REDACT_NAME;
}

/* How often `segment` is one of the path's. */
static int count_segment(const char *path, const char *segment)
{
	size_t length = strlen(segment);
	int count = 0;

	for (; (path = strchr(path, '/')); path++)
		count += strcspn(path + 1, "/") == length && !strncmp(path + 1, segment, length);
	return count;
}

/* Puts the path's stars back into its name; false if they are not where they were. */
static bool restore_stars(const char *path, char *name)
{
	if (count_slashes(path) != count_slashes(name))
		return false;
	for (; *path; path = strchrnul(path + 1, '/'), name = strchrnul(name + 1, '/')) {
		if (path[1] != '*')
			continue;
		if (name[1] != STAR || (name[2] && name[2] != '/'))
			return false;
		name[1] = '*';
	}
	return true;
}

int pagename(const char *path, char name[BC_NAME_MAX + 1], struct error *e)
{
	char redacted[BC_NAME_MAX + 4];

	if (!redact(path, redacted))
		return error_set(e, EINVAL, "'%.120s': expected a name of at most %d bytes", path,
				 BC_NAME_MAX);
	if (strchr(path, '*') && !restore_stars(path, redacted))
		return error_set(e, EINVAL,
				 "'%.120s': expected no '.', '..', '//' or '%%2F' beside '*'",
				 path);
	if (count_segment(redacted, ":id") > count_segment(path, ":id"))
		return error_set(e, EINVAL,
				 "'%.90s' is counted as '%.90s': expected that, or '*' for what "
				 "differs",
				 path, redacted);
	memcpy(name, redacted, strlen(redacted) + 1);
	return 0;
}
