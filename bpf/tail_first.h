/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The first line of a segment that may be the rest of a head. Where the line began,
 * and what it is, will only be known when the bytes before it come. Kept of it is:
 *
 *   - if it ends a request line, text of it (bc_copy_byte()): the path, and the
 *     parameters that rules name, if they hold nothing but words and one number of
 *     up to four digits each. What is longer, or may be an identifier, is not kept;
 *   - which words of rules it ends, were it the rest of a header's name;
 *   - which option it ends, were it the rest of a Connection line.
 */
#ifndef BC_TAIL_FIRST_H
#define BC_TAIL_FIRST_H

#include "early.h"

#define BC_TAIL_LINE_MAX 512 /* longer ones are not looked into */
#define BC_TAIL_NAME_MAX 32
#define BC_NUMBER_DIGITS 4

/* Pieces of a request line. */
enum bc_piece {
	BC_PIECE_REST, /* of anything */
	BC_PIECE_PATH,
	BC_PIECE_KEY,
	BC_PIECE_VALUE,
};

#define BC_VERSION_LENGTH 11

static const __u8 bc_version_backwards[BC_VERSION_LENGTH] = {
	'\n', '\r', '1', '.', '1', '/', 'P', 'T', 'T', 'H', ' ',
};

static const char bc_option_names[][16] = {
	[BC_OPTION_CLOSE] = "close",
	[BC_OPTION_UPGRADE] = "upgrade",
	[BC_OPTION_KEEP_ALIVE] = "keep-alive",
};

/*
 * Where " HTTP/1.1", CR and LF begin, with which a line in the window ends, or 0 if
 * it is itself no more than the rest of them; -1: it ends otherwise.
 */
bc_subprogram int bc_version_rest(struct bc_scratch *s, __u32 line)
{
	if (!s)
		return -1;
	for (__u32 i = 0; i < BC_VERSION_LENGTH && i < line; i++) {
		__u8 c = s->text[(line - 1 - i) & (BC_WINDOW - 1)];

		if (c != bc_version_backwards[i] && !(i == 2 && c == '0'))
			return -1;
	}
	return line < BC_VERSION_LENGTH ? 0 : line - BC_VERSION_LENGTH;
}

static __always_inline bool bc_copy_put(struct bc_tail *t, __u8 c)
{
	__u32 n = t->words;

	bc_barrier(n);
	if (n >= BC_TAIL_TEXT)
		return false;
	t->text[n] = c;
	t->words = n + 1;
	return true;
}

/* The piece ends: keep it, leave it out, or (false) keep nothing of the line. */
static __always_inline bool bc_copy_piece_end(struct bc_workplace *w, const struct bc_ruleset *rs)
{
	struct bc_copy *copy = &w->copy;

	if (copy->what == BC_PIECE_KEY)
		copy->named = !!bc_match_end(&w->parse.http.match, &rs->query_keys);
	if (copy->what >= BC_PIECE_KEY && !copy->named) {
		w->early.tail.words = copy->piece;
		return true;
	}
	return !copy->refused && !copy->escape;
}

static __always_inline void bc_copy_piece_start(struct bc_workplace *w, const struct bc_ruleset *rs,
						enum bc_piece what)
{
	struct bc_copy *copy = &w->copy;

	copy->piece = w->early.tail.words;
	copy->what = what;
	copy->digits = 0;
	copy->numbers = 0;
	copy->escape = 0;
	copy->refused = 0;
	copy->named = 0;
	bc_match_start(&w->parse.http.match, &rs->query_keys);
}

/* Of escapes, those of '/' and ':' may be kept, as they stand in encoded page names. */
static __always_inline bool bc_copy_escape(struct bc_copy *copy, __u8 c)
{
	__u8 escape = copy->escape;

	if (escape == 1) {
		copy->escape = c;
		return c == '2' || c == '3';
	}
	copy->escape = 0;
	return (c | 0x20) == (escape == '2' ? 'f' : 'a');
}

/* May this byte be kept, as part of a word or of a short number? */
static __always_inline bool bc_copy_harmless(struct bc_copy *copy, __u8 c)
{
	if (copy->escape)
		return bc_copy_escape(copy, c);
	if (c >= '0' && c <= '9') {
		copy->numbers += !copy->digits;
		copy->digits++;
		return copy->digits <= BC_NUMBER_DIGITS && copy->numbers == 1;
	}
	copy->digits = 0;
	copy->escape = c == '%';
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '/' || c == '-' || c == '.' ||
	       c == '_' || c == '=' || c == '%';
}

/* Take one byte of the line; false: nothing is kept of it. */
bc_subprogram int bc_copy_byte(struct bc_workplace *w, const struct bc_ruleset *rs)
{
	struct bc_copy *copy;
	__u8 c;

	if (!w || !rs)
		return false;
	copy = &w->copy;
	c = w->parse.text[copy->at & (BC_WINDOW - 1)];
	if (copy->at == copy->version && !bc_copy_piece_end(w, rs))
		return false;
	copy->at++;
	if (copy->at > copy->version)
		return bc_copy_put(&w->early.tail, c);
	if (c == ' ' || c == '?' || c == '&') {
		if (!bc_copy_piece_end(w, rs) || !bc_copy_put(&w->early.tail, c))
			return false;
		bc_copy_piece_start(w, rs, c == ' ' ? BC_PIECE_PATH : BC_PIECE_KEY);
		return true;
	}
	if (copy->what == BC_PIECE_KEY && c == '=') {
		copy->named = !!bc_match_end(&w->parse.http.match, &rs->query_keys);
		copy->what = BC_PIECE_VALUE;
	} else if (copy->what == BC_PIECE_KEY) {
		bc_match_byte(&w->parse.http.match, &rs->query_keys, c);
		if (c == '%' || c == '+') /* which key it is, is not looked into */
			return false;
	}
	if (copy->refused || !bc_copy_harmless(copy, c) || !bc_copy_put(&w->early.tail, c))
		copy->refused = 1;
	return true;
}

/* Zero the text behind what is kept: pieces that were left out. */
static __always_inline void bc_copy_wipe(struct bc_tail *t)
{
#pragma unroll
	for (__u32 at = 0; at < BC_TAIL_TEXT; at += 8) {
		__u32 keep = t->words > at ? t->words - at : 0;

		if (keep < 8)
			bc_put_word(t->text + at,
				    bc_word_at(t->text + at) & ((1ULL << (keep & 7) * 8) - 1));
	}
}

/* Bytes of the line in the window before its ':'; BC_TAIL_NAME_MAX: it holds no rest of a name. */
bc_subprogram int bc_name_rest(struct bc_scratch *s)
{
	if (!s)
		return BC_TAIL_NAME_MAX;
	for (int i = 0; i < BC_TAIL_NAME_MAX; i++) {
		if (s->text[i] == ':')
			return i;
		if (s->text[i] <= ' ')
			break;
	}
	return BC_TAIL_NAME_MAX;
}

/* In `hit`: the words of which `n` bytes in the window are the end, behind `place` others. */
bc_subprogram int bc_name_rest_at(struct bc_scratch *s, const struct bc_ruleset *rs, __u32 place,
				  __u32 n)
{
	__u64 fit;

	if (!s || !rs)
		return 0;
	s->http.hit = 0;
	if (!(place + n) || place > BC_WORD_MAX || n > BC_TAIL_NAME_MAX || place + n > BC_WORD_MAX)
		return 0;
	fit = rs->headers.all;
	for (__u32 i = 0; i < BC_TAIL_NAME_MAX && i < n && fit; i++)
		fit &= rs->headers.step[(place + i) & (BC_WORD_MAX - 1)][s->text[i]];
	s->http.hit = fit & rs->headers.ends[(place + n - 1) & (BC_WORD_MAX - 1)];
	return 0;
}

/* Bytes of a word, or 0. */
bc_subprogram int bc_word_length(const struct bc_dict *dict, __u64 word)
{
	if (!dict)
		return 0;
	for (int i = 0; i < BC_WORD_MAX; i++)
		if (dict->ends[i] & word)
			return i + 1;
	return 0;
}

/* Letters of an option. */
static __always_inline __u32 bc_option_length(__u32 option)
{
	return option == BC_OPTION_CLOSE ? 5 : option == BC_OPTION_UPGRADE ? 7 : 10;
}

/*
 * Which option the line in the window would complete, were it the rest of a
 * Connection line with no other behind it.
 */
bc_subprogram int bc_option_rest(struct bc_tail *t, struct bc_scratch *s)
{
	__u32 n = 0, ending = 0, option;

	if (!t || !s)
		return 0;
	while (n < 11 && s->text[n] > ' ' && s->text[n] != ',')
		ending = ending << 8 | (s->text[n++] | 0x20);
	if (n > 10 || s->text[n] != '\r')
		return 0;
	t->marks |= BC_TAIL_IN_OPTION;
	t->letters = n;
	t->option = BC_OPTION_OTHER;
	ending &= 0xffff;
	if (n < 2) { /* of each the last letter is an e */
		if (!n || ending == 'e')
			t->option = BC_OPTION_ANY;
		return 0;
	}
	option = ending == 0x7365   ? BC_OPTION_CLOSE /* se */
		 : ending == 0x6465 ? BC_OPTION_UPGRADE /* de */
				    : BC_OPTION_KEEP_ALIVE;
	if (n > bc_option_length(option))
		return 0;
	for (__u32 i = 0; i < 10 && i < n; i++)
		if (bc_option_names[option & 3][(bc_option_length(option) - n + i) & 15] !=
		    (s->text[i] | 0x20))
			return 0;
	t->option = option;
	return 0;
}

/* Stands the parser in a Connection line behind all but the last letters of an option? */
bc_subprogram int bc_option_begun(const struct bc_http *h, __u32 option, __u32 letters)
{
	__u32 length = bc_option_length(option);
	__u64 word = 0;

	if (!h || letters > length || h->token != length - letters)
		return false;
	for (__u32 i = 0; i < 10 && i < length - letters; i++)
		word = word << 8 | bc_option_names[option & 3][i];
	return h->word == word;
}

#endif
