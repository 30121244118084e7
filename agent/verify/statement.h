/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the evidence means, in words that a data protection officer can file:
 * what is proved, what is tested, what is heuristic, what it rests on, and what
 * it does not cover. They claim no more than the README's promises do.
 */
#ifndef AGENT_VERIFY_STATEMENT_H
#define AGENT_VERIFY_STATEMENT_H

#include <stdio.h>

void statement_print_text(FILE *out);
/* One JSON object. */
void statement_print_json(FILE *out);

#endif
