/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Is a program that is loaded in the kernel the one of an object? Its
 * instructions by the tag (the kernel rewrites them, so they themselves cannot be
 * compared), its constants byte by byte, its maps by definition.
 */
#ifndef AGENT_VERIFY_RUNNING_LOADED_H
#define AGENT_VERIFY_RUNNING_LOADED_H

#include <linux/types.h>

#include "verify/evidence.h"
#include "verify/proof/object.h"

/* Name and number of a loaded program. 0 or negative errno. */
int loaded_name(int fd, char name[16], __u32 *id);

/*
 * Compare the loaded program `fd` with the program of this name in the object;
 * adds the checks "program", "constants" and "maps".
 */
void loaded_compare(int fd, const struct object *object, const char *program, struct evidence *ev);

#endif
