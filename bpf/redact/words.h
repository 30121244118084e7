/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Redaction of page names at speed: takes words of letters and digits, and the
 * separators between them, up to eight bytes at a time. It knows no rules of its
 * own: it counts in at once what bc_redact_byte() would count in one by one, and
 * leaves to it what is not simple.
 */
#ifndef BC_REDACT_WORDS_H
#define BC_REDACT_WORDS_H

#include "redact/name.h"

/* Up to here, what a separator and eight bytes may add fits. */
#define BC_REDACT_BULK_MAX (BC_NAME_MAX - 9)

/*
 * Write a word that may end with zeros. That it fits is known before; but the
 * verifier of 6.1 knows it only if nothing comes between the check and the use.
 */
static __always_inline void bc_redact_put(struct bc_redact_name *name, __u32 at, __u64 word)
{
	bc_barrier(at);
	if (at <= BC_NAME_MAX - 8)
		bc_put_word(name->text + at, word);
}

/*
 * Take a separator that ends just a word or a year, or is the first slash: what
 * bc_redact_special() would do after many questions.
 */
static __always_inline void bc_redact_quick(struct bc_redact *r, struct bc_redact_name *name,
					    __u8 c, __u32 at, bool year)
{
	bc_redact_put(name, at, c);
	r->at = at + 1;
	if (c == '/') {
		r->component = (struct bc_redact_component){.after_year = year};
		bc_redact_push(r);
	} else {
		r->component = (struct bc_redact_component){
			.marks = BC_MARK_SEPARATOR | BC_MARK_LETTER,
		};
	}
}

/* The eight bytes of a word up to the first that is neither letter nor digit. */
struct bc_redact_piece {
	__u64 text; /* the others are zero */
	__u64 letters; /* masks */
	__u64 digits;
	__u32 n; /* how many */
};

static __always_inline struct bc_redact_piece bc_redact_cut(__u64 word)
{
	__u64 low = word & ~BC_HIGHS, letters, digits, other, before;

	letters = bc_bytes_within(low | BC_EACH(0x20), 'a', 'z') & ~word;
	digits = bc_bytes_within(low, '0', '9') & ~word;
	other = (letters | digits) ^ BC_HIGHS;
	before = ((other & -other) >> 7) - 1;
	return (struct bc_redact_piece){
		.text = word & before,
		.letters = letters & before,
		.digits = digits & before,
		.n = ((before & BC_ONES) * BC_ONES) >> 56,
	};
}

static __always_inline void bc_redact_set_number(struct bc_redact_run *run, __u32 number)
{
	run->number = number > BC_REDACT_NUMBER_MAX ? BC_REDACT_NUMBER_MAX : number;
	run->in_number = 1;
	run->kinds |= BC_BYTE_DIGIT;
}

/* A piece of digits only. */
static __always_inline void bc_redact_digits(struct bc_redact_run *run,
					     const struct bc_redact_piece *piece)
{
	__u32 number = bc_decimal(piece->text << (8 - piece->n) * 8);

	if (run->in_number && run->number)
		number += run->number * (piece->n == 1	 ? 10
					 : piece->n == 2 ? 100
					 : piece->n == 3 ? 1000
							 : 10000);
	run->changes += run->length && !run->in_number;
	bc_redact_set_number(run, number);
}

/* A piece of letters and digits. */
static __always_inline void bc_redact_mixture(struct bc_redact_run *run,
					      const struct bc_redact_piece *piece)
{
	__u64 digits = piece->digits, before = run->in_number ? 0x80 : 0, letters, changed;
	__u32 unused = (8 - piece->n) * 8;

	if (!run->length)
		before = digits & 0x80;
	changed = (digits ^ (digits << 8 | before)) << unused;
	run->changes += ((changed >> unused >> 7) * BC_ONES) >> 56;
	run->kinds |= BC_BYTE_DIGIT;
	run->in_number = 0;
	if (digits << unused >> 63) {
		/* The number at its end is what stands above the last letter. */
		letters = piece->letters << unused;
		letters |= letters >> 8;
		letters |= letters >> 16;
		letters |= letters >> 32;
		letters = (letters >> 7) * 0xff;
		bc_redact_set_number(run, bc_decimal(piece->text << unused & ~letters));
	}
}

/* A piece that holds letters. */
static __always_inline void bc_redact_letters(struct bc_redact_run *run,
					      const struct bc_redact_piece *piece)
{
	__u64 small = (piece->text & BC_EACH(0x20)) << 2 & piece->letters;
	__u64 capitals = piece->letters ^ small;
	__u8 kinds = small ? BC_BYTE_LOWER : 0;

	if (((piece->text | BC_EACH(0x20)) + BC_EACH(0x7f - 'f')) & piece->letters)
		kinds |= BC_BYTE_BEYOND;
	if (!run->length && (piece->letters & 0x80))
		kinds |= BC_BYTE_INITIAL;
	if (capitals) {
		kinds |= BC_BYTE_UPPER;
		if ((run->kinds & BC_BYTE_LOWER) || (small && capitals > (small & -small)))
			kinds |= BC_BYTE_MIXED;
	}
	run->kinds |= kinds;
	if (piece->digits) {
		bc_redact_mixture(run, piece);
	} else {
		run->changes += run->in_number;
		run->in_number = 0;
	}
}

/* The word begins with "%2F". */
static __always_inline bool bc_is_encoded_slash(__u64 word)
{
	return (word & 0xdfffff) == ('%' | '2' << 8 | 'F' << 16);
}

#define BC_REDACT_NOT_SIMPLE (-1)

/*
 * Take what a word begins with: a separator, if any, then letters and digits.
 * Returns how many bytes were taken, or BC_REDACT_NOT_SIMPLE for a separator that
 * bc_redact_special() must take.
 */
static __always_inline int bc_redact_word(struct bc_redact *r, struct bc_redact_name *name,
					  __u64 word)
{
	__u32 at = r->at, taken = 0;
	struct bc_redact_piece piece;
	__u8 c = word;

	if (at > BC_REDACT_BULK_MAX)
		return 0;
	if (!(bc_redact_kinds[c] & BC_BYTE_ALNUM)) {
		taken = 1;
		if (bc_is_encoded_slash(word)) {
			taken = 3;
			c = '/';
		}
		if (c != '/' && c != '-' && c != '_' && c != '.')
			return 0;
		if (bc_redact_just_word(&r->component) ||
		    (c == '/' && (!at || bc_redact_harmless(&r->component))))
			bc_redact_quick(r, name, c, at, false);
		else if (c == '/' && bc_redact_only_year(&r->component))
			bc_redact_quick(r, name, c, at, true);
		else
			return BC_REDACT_NOT_SIMPLE;
		at++;
		word >>= taken * 8;
	}
	piece = bc_redact_cut(word);
	if (!piece.n || (piece.letters && r->component.quad))
		return taken;
	bc_redact_put(name, at, piece.text);
	if (piece.letters)
		bc_redact_letters(&r->component.run, &piece);
	else
		bc_redact_digits(&r->component.run, &piece);
	r->component.run.length += piece.n;
	r->at = at + piece.n;
	return taken + piece.n;
}

/* The separator that a word begins with, which is not simple; returns its length. */
static __always_inline __u32 bc_redact_separator(struct bc_redact *r, struct bc_redact_name *name,
						 __u64 word)
{
	bool encoded = bc_is_encoded_slash(word);

	bc_redact_special(r, name, encoded ? '/' : word & 0xff);
	return encoded ? 3 : 1;
}

#define BC_REDACT_BULK_READ 64 /* readable bytes that bc_redact_bulk() needs */

struct bc_redact_window {
	__u8 text[BC_REDACT_BULK_READ];
};

/* The next bytes of a window, zero where none are left. */
static __always_inline __u64 bc_redact_next(const struct bc_redact_window *in, __u32 left,
					    __u32 taken)
{
	__u64 word;

	if (taken >= left || taken > BC_REDACT_BULK_READ - 8)
		return 0;
	word = bc_word_at(in->text + taken);
	return left - taken < 8 ? word & ((1ULL << (left - taken) * 8) - 1) : word;
}

bc_subprogram int bc_redact_words(struct bc_redact *r, struct bc_redact_name *name,
				  const struct bc_redact_window *in, __u32 left)
{
	__u32 taken = 0;

	if (!r || !name || !in || r->escape)
		return 0;
#pragma GCC unroll 1 /* short code is fast code where each packet finds the caches cold */
	for (int i = 0; i < 6; i++) {
		__u64 word = bc_redact_next(in, left, taken);
		int n = r->mute ? (int)bc_redact_cut(word).n : bc_redact_word(r, name, word);

		if (n == BC_REDACT_NOT_SIMPLE)
			n = bc_redact_separator(r, name, word);
		if (!n)
			break;
		taken += n;
	}
	return taken;
}

/*
 * Take of the `left` bytes at `in` a few at once, if that is simple; returns
 * how many were taken, up to BC_REDACT_BULK_READ, with the result that
 * bc_redact_byte() would have had. Takes letters, digits and / - _ . only, and
 * / written as %2F. BC_REDACT_BULK_READ bytes at `in` must be readable.
 */
static __always_inline __u32 bc_redact_bulk(struct bc_redact *r, char *name, const __u8 *in,
					    __u32 left)
{
	return bc_redact_words(r, (struct bc_redact_name *)name,
			       (const struct bc_redact_window *)in, left);
}

#endif
