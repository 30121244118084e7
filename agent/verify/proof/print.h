/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Proofs in print: text for people, JSON for machines.
 */
#ifndef AGENT_VERIFY_PROOF_PRINT_H
#define AGENT_VERIFY_PROOF_PRINT_H

#include <stdio.h>

#include "verify/proof/proof.h"

void proof_print_text(FILE *out, const char *object, const struct proof_set *set);
/* One JSON object, without a newline at its end. */
void proof_print_json(FILE *out, const char *object, const struct proof_set *set);
bool proof_all_proven(const struct proof_set *set);

#endif
