/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Prints what a scan finds, for people or machines. */
#ifndef AGENT_VERIFY_SCAN_SCAN_PRINT_H
#define AGENT_VERIFY_SCAN_SCAN_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

/*
 * Scan each path (NULL ends the list) and print each find and the sums: lines
 * of text, or one JSON object {"found":[…],"files":…,…}. *clean is whether all
 * was read and no address was found. Returns 0, or negative
 * errno with a message.
 */
int scan_print(FILE *out, const char *const *paths, bool json, bool *clean, struct error *e);

#endif
