// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Splits a line of the rules grammar into words. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "rules/words.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int check_bytes(const char *line, size_t length, struct error *e)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)line[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return error_set(e, EINVAL,
					 "control character 0x%02x at byte %zu: expected text", c,
					 i + 1);
	}
	return 0;
}

/* Ends the word that starts at `from`, in place; returns the byte behind it or NULL. */
static char *end_word(char *from, char *end, struct error *e)
{
	char *c = from;

	while (c < end && !is_blank(*c)) {
		if (*c == '"') {
			error_set(e, EINVAL, "'%.*s\"': expected the whole word in quotes",
				  (int)(c - from), from);
			return NULL;
		}
		if ((unsigned char)*c >= 0x80) {
			error_set(e, EINVAL,
				  "byte 0x%02x: expected ASCII (paths percent-encoded, "
				  "host names in their xn-- form)",
				  (unsigned char)*c);
			return NULL;
		}
		c++;
	}
	return c;
}

static char *end_quoted(char *from, char *end, struct error *e)
{
	char *quote = memchr(from, '"', (size_t)(end - from));

	if (!quote) {
		error_set(e, EINVAL, "expected a closing quote");
		return NULL;
	}
	if (quote + 1 < end && !is_blank(quote[1])) {
		error_set(e, EINVAL, "expected a blank behind the closing quote");
		return NULL;
	}
	for (char *c = from; c < quote; c++)
		if ((unsigned char)*c >= 0x80) {
			error_set(e, EINVAL, "byte 0x%02x: expected ASCII", (unsigned char)*c);
			return NULL;
		}
	return quote;
}

int words_split(struct words *words, const char *line, size_t length, struct error *e)
{
	char *c = words->text, *end;
	int err;

	words->count = 0;
	if (length && line[length - 1] == '\r')
		length--;
	if (length > WORDS_LINE_MAX)
		return error_set(e, EINVAL, "%zu bytes long: expected at most %d", length,
				 WORDS_LINE_MAX);
	err = check_bytes(line, length, e);
	if (err)
		return err;
	memcpy(words->text, line, length);
	words->text[length] = '\0';
	end = words->text + length;
	for (;;) {
		bool quoted;
		char *stop;

		while (c < end && is_blank(*c))
			c++;
		if (c == end || *c == '#')
			return 0;
		quoted = *c == '"';
		c += quoted;
		stop = quoted ? end_quoted(c, end, e) : end_word(c, end, e);
		if (!stop)
			return -EINVAL;
		if (words->count == WORDS_MAX)
			return error_set(e, EINVAL, "'%.64s': expected at most %d words", c,
					 WORDS_MAX);
		*stop = '\0';
		words->word[words->count++] = c;
		c = stop < end ? stop + 1 : end;
	}
}

void words_append(char *line, size_t size, const char *word)
{
	size_t used = strlen(line);
	const char *quote = !*word || *word == '#' || strpbrk(word, " \t") ? "\"" : "";

	snprintf(line + used, size - used, "%s%s%s%s", used ? " " : "", quote, word, quote);
}
