/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Errors travel up as negative errno; where the number alone would not tell a
 * person what to do, a struct error carries one line of text beside it. Only
 * the top (main.c, run.c) prints it. Never put visitors' text into it.
 */
#ifndef AGENT_BASE_ERROR_H
#define AGENT_BASE_ERROR_H

struct error {
	char text[320]; /* one line, no full stop, no newline; empty: none */
};

/*
 * Put a message into e (which may be NULL) and return -err. `err` is a
 * positive errno. A message that is already there is kept behind the new one,
 * as "new: old", so that each level can say what it was doing.
 */
int error_set(struct error *e, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
