/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Splits a line of the rules grammar into words: blanks (space, tab) separate
 * them, a word with blanks stands in double quotes as a whole, '#' at the start
 * of a word opens a comment. There are no escapes, so no word holds a '"'.
 */
#ifndef AGENT_RULES_WORDS_H
#define AGENT_RULES_WORDS_H

#include <stddef.h>

#include "base/error.h"

#define WORDS_LINE_MAX 1024 /* longest line in bytes, without its newline */
#define WORDS_MAX 32 /* words in a line at most */

struct words {
	unsigned int count; /* 0: the line is blank or a comment */
	const char *word[WORDS_MAX]; /* into text */
	char text[WORDS_LINE_MAX + 1];
};

/*
 * Split one line, given without its newline; one carriage return at its end is
 * dropped. Words hold printable ASCII only; a comment may hold any byte but
 * control characters. Returns 0, or -EINVAL with a message.
 */
int words_split(struct words *words, const char *line, size_t length, struct error *e);

/*
 * Append a word to the line in `line` as words_split() reads it back, quoted if
 * it must be, after a space unless the line is empty. The word must be one that
 * words_split() could have made. What does not fit is cut off.
 */
void words_append(char *line, size_t size, const char *word);

#endif
