/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* JSON strings (RFC 8259) that are inert wherever the JSON may be put. */
#ifndef AGENT_BASE_JSON_H
#define AGENT_BASE_JSON_H

#include <stdio.h>

/*
 * Write a string with its quotes, in plain ASCII. Control characters, all
 * beyond ASCII, and what HTML could take for markup ('<', '>', '&') are
 * escaped, so that neither a terminal nor a page acts on it. A byte that is
 * not part of UTF-8 (RFC 3629) becomes U+FFFD.
 */
void json_string(FILE *out, const char *text);

#endif
