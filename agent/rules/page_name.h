/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The name under which the program counts a page that an operator writes down. */
#ifndef AGENT_RULES_PAGE_NAME_H
#define AGENT_RULES_PAGE_NAME_H

#include "blindcount.h"
#include "base/error.h"

/*
 * Bring a path, in which a segment `*` stands for any, into the form that the
 * program's redaction gives to requests: it compares names only after that.
 * A path of which a segment would be redacted names no page that is ever
 * counted, so it is refused; the message says what to write. Segments `:id`
 * stand. Returns 0 or -EINVAL; *name is untouched on failure.
 */
int pagename(const char *path, char name[BC_NAME_MAX + 1], struct error *e);

#endif
