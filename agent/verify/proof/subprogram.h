/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The functions that are verified apart from the reader. */
#ifndef AGENT_VERIFY_PROOF_SUBPROGRAM_H
#define AGENT_VERIFY_PROOF_SUBPROGRAM_H

#include "verify/proof/engine.h"

/*
 * Check all functions that can be reached from `entry` through one that is verified apart, and
 * count instructions. Findings go to the proof; 0 or -ENOMEM.
 */
int apart_check(struct engine *e, const struct object_function *entry);

#endif
