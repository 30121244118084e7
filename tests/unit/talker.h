/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A client of the control socket that says anything, and counts what it is answered. */
#ifndef TESTS_UNIT_TALKER_H
#define TESTS_UNIT_TALKER_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/words.h"

struct talker {
	int fd;
	unsigned int lines; /* full ones that it sent, ... */
	size_t unfinished; /* ... bytes of the line at hand */
	unsigned int answers;
	char last[8]; /* start of the answer's line at hand */
	size_t length;
};

static inline unsigned int random_number(void)
{
	static uint64_t state = 88172645463325252ULL; /* xorshift: the same each time */

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 33;
}

/* Send some bytes of any kind, or one of the texts: lines, half lines, several lines. */
static inline void talker_say(struct talker *t, const char *const *texts, size_t count)
{
	char bytes[3000];
	size_t n = random_number() % (random_number() % 8 ? 40 : sizeof(bytes));
	const char *text = bytes;
	ssize_t sent;

	for (size_t i = 0; i < n; i++)
		bytes[i] = random_number() % 16 ? random_number() : '\n';
	if (random_number() % 2) {
		text = texts[random_number() % count];
		n = strlen(text);
	}
	sent = send(t->fd, text, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	for (ssize_t i = 0; i < sent; i++) {
		t->unfinished++;
		if (text[i] != '\n')
			continue;
		t->lines++;
		t->unfinished = 0;
	}
}

static inline void talker_hear_byte(struct talker *t, char c)
{
	if (c != '\n') {
		if (t->length < sizeof(t->last) - 1)
			t->last[t->length++] = c;
		return;
	}
	t->last[t->length] = '\0';
	t->answers += !strcmp(t->last, "ok") || !strncmp(t->last, "error: ", 7);
	t->length = 0;
}

/* Take what has been answered so far. Returns false at the connection's end. */
static inline bool talker_hear(struct talker *t)
{
	char text[4096];
	ssize_t n;

	while ((n = recv(t->fd, text, sizeof(text), MSG_DONTWAIT)) > 0)
		for (ssize_t i = 0; i < n; i++)
			talker_hear_byte(t, text[i]);
	return n < 0 && errno == EAGAIN;
}

/* So many answers must come: a line that is too long has one before its end. */
static inline unsigned int talker_expects(const struct talker *t)
{
	return t->lines + (t->unfinished > WORDS_LINE_MAX + 1);
}

#endif
