/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Redaction of page names: takes the raw bytes of a page value or request path
 * one after the other, wherever the stream cuts them, and builds the name that
 * the page is counted under.
 *
 * The name is a canonical path of printable ASCII. Percent-encoding is undone
 * until none is left; query, fragment and ;parameters are dropped; `\` is read
 * as `/`; `//`, `.` and `..` are resolved as in RFC 3986, 5.2.4; what is not a
 * pchar of RFC 3986, and `*`, which would look like a pattern, is written %XX.
 *
 * A segment becomes `:id` if it
 *   - is a number, except the years 1900 to 2099, and one or two digits right
 *     after a segment that is a year;
 *   - is seven or more digits in groups without a letter (telephone, order and
 *     social security numbers), except eight or fewer that begin or end with a
 *     year (2024-05-01);
 *   - is eight or more hexadecimal digits with a digit among them;
 *   - is six or more letters and digits with three or more changes between the
 *     two, or sixteen or more with a capital somewhere after a small letter;
 *   - is one of these with an extension (`.` and two to five letters and digits,
 *     a letter first) or padding (`=`) behind it; but 400.html to 509.html stay;
 *   - holds sixteen or more letters and digits in a row with three or more
 *     changes (signed links, JSON web tokens);
 *   - holds an `@`;
 *   - holds a UUID;
 *   - holds an IPv4 address: four numbers up to 255 joined by the same `.` or
 *     `-`; more than four (1.2.3.4.5) hold one too;
 *   - holds an IPv6 address: groups of up to four hexadecimal digits joined by
 *     `:`, with a `::` among them or six groups or more (so MAC addresses too),
 *     with no letter or digit attached. Brackets and zones stand outside;
 *   - spells a percent-escape with percent-escapes (%4%30).
 *
 * What it can't see: user names and real names, e-mail addresses spelled
 * without `@`, numbers attached to words (order-12345, user_42, img20240517),
 * codes with fewer than three changes (AB12CD, RR123456785DE), tokens of
 * words or of small letters only, and digits other than ASCII.
 *
 * While a segment is incomplete its text stands in the name buffer; it is
 * overwritten as soon as the segment is known to be an identifier. No more
 * than 65535 bytes may be fed to one name.
 */
#ifndef BLINDCOUNT_REDACT_H
#define BLINDCOUNT_REDACT_H

#include "text.h"
#include "blindcount.h"

/* What bc_redact_end() found. */
enum bc_redacted {
	BC_REDACT_NONE, /* nothing is left */
	BC_REDACT_NAME, /* a name, NUL padded to the end of its buffer */
	BC_REDACT_LONG, /* more than BC_NAME_MAX bytes; the buffer is zero */
};

/* Kinds of bytes; a run of letters and digits collects those of its bytes. */
enum bc_redact_byte_kind {
	BC_BYTE_DIGIT = 1 << 0,
	BC_BYTE_LOWER = 1 << 1,
	BC_BYTE_UPPER = 1 << 2,
	BC_BYTE_BEYOND = 1 << 3, /* a letter that is no hexadecimal digit */
	BC_BYTE_PLAIN = 1 << 4, /* written as it is */
	BC_BYTE_MIXED = 1 << 5, /* of a run: a capital after a small letter */
	BC_BYTE_INITIAL = 1 << 6, /* of a run: begins with a letter */
	BC_BYTE_LETTER = BC_BYTE_LOWER | BC_BYTE_UPPER,
	BC_BYTE_ALNUM = BC_BYTE_LETTER | BC_BYTE_DIGIT,
};

/* Letters and digits without a separator. */
struct bc_redact_run {
	__u16 length;
	__u16 changes; /* between letters and digits */
	__u16 number; /* value of the digits it ends with, at most BC_REDACT_NUMBER_MAX */
	__u8 kinds; /* enum bc_redact_byte_kind */
	__u8 in_number; /* its last byte is a digit */
} __attribute__((aligned(8)));

#define BC_REDACT_NUMBER_MAX 10000

enum bc_redact_mark {
	BC_MARK_SEPARATOR = 1 << 0, /* holds something else than letters and digits */
	BC_MARK_LETTER = 1 << 1, /* holds a letter (before the current run) */
	BC_MARK_YEAR = 1 << 2, /* its first run is a year */
	BC_MARK_STEM = 1 << 3, /* what stands before the last separator is an identifier */
	BC_MARK_GROUPS = 1 << 4, /* hexadecimal digits before the colons seen */
	BC_MARK_DOUBLE = 1 << 5, /* "::" between them */
	BC_MARK_OVER = 1 << 6, /* its text did not fit */
};

/* The segment so far, without the current run. */
struct bc_redact_segment {
	__u16 digits; /* in runs without letters */
	__u8 marks; /* enum bc_redact_mark */
	__u8 quad; /* numbers just before the run that may begin an IPv4 address ... */
	__u8 joint; /* ... and what joins them */
	__u8 uuid; /* groups of a UUID just before the run */
	__u8 colons; /* of an IPv6 address */
	__u8 unused;
} __attribute__((aligned(8)));

enum bc_redact_mute {
	BC_MUTE_PARAMETER = 1 << 0, /* behind a ';': up to the next '/' */
	BC_MUTE_ID = 1 << 1, /* known to be an identifier and written so: as well */
	BC_MUTE_END = 1 << 2, /* behind a '?' or '#': for good */
	BC_MUTE_LONG = 1 << 3, /* the name did not fit: for good */
};

#define BC_MUTE_FOR_GOOD (BC_MUTE_END | BC_MUTE_LONG)

/* A percent-escape that is being read. */
enum bc_redact_escape {
	BC_ESCAPE_NIBBLE = 15, /* value of its first digit, if BC_ESCAPE_HALF */
	BC_ESCAPE_OPEN = 1 << 5, /* an escape was broken off by its '%' */
	BC_ESCAPE_HALF = 1 << 6, /* its first digit was read */
	BC_ESCAPE_BEGUN = 1 << 7,
};

/* Progress of a redaction. All zero is a start. */
struct bc_redact {
	__u64 starts; /* where earlier segments begin, plus one; a byte each, last lowest */
	struct bc_redact_segment segment;
	struct bc_redact_run run;
	__u8 at; /* next byte of the name to write */
	__u8 from; /* where the segment's text begins */
	__u8 mute; /* enum bc_redact_mute: why text is not written */
	__u8 escape; /* enum bc_redact_escape */
	__u8 half; /* first digit of the escape as it was written */
	__u8 after_year; /* the segment before this is a year */
	__u16 unused;
};

/* The buffer of a name, for the sake of the verifier. */
struct bc_redact_name {
	char text[BC_NAME_MAX + 4];
};

static const __u8 bc_redact_kinds[256] = {
	['0' ... '9'] = BC_BYTE_PLAIN | BC_BYTE_DIGIT,
	['A' ... 'F'] = BC_BYTE_PLAIN | BC_BYTE_UPPER,
	['G' ... 'Z'] = BC_BYTE_PLAIN | BC_BYTE_UPPER | BC_BYTE_BEYOND,
	['a' ... 'f'] = BC_BYTE_PLAIN | BC_BYTE_LOWER,
	['g' ... 'z'] = BC_BYTE_PLAIN | BC_BYTE_LOWER | BC_BYTE_BEYOND,
	['-'] = BC_BYTE_PLAIN,
	['.'] = BC_BYTE_PLAIN,
	['_'] = BC_BYTE_PLAIN,
	['~'] = BC_BYTE_PLAIN,
	['!'] = BC_BYTE_PLAIN,
	['$'] = BC_BYTE_PLAIN,
	['&'] = BC_BYTE_PLAIN,
	['\''] = BC_BYTE_PLAIN,
	['('] = BC_BYTE_PLAIN,
	[')'] = BC_BYTE_PLAIN,
	['+'] = BC_BYTE_PLAIN,
	[','] = BC_BYTE_PLAIN,
	['='] = BC_BYTE_PLAIN,
	[':'] = BC_BYTE_PLAIN,
};

/* Zero the name from one position up to another. Everything behind `to` is zero already. */
static __always_inline void bc_redact_wipe(struct bc_redact_name *name, __u32 from, __u32 to)
{
	const __u32 last = sizeof(name->text) - 8; /* where a word still fits */

	for (int i = 0; i < BC_NAME_MAX / 8 && from < to; i++) {
		__u32 at = from, keep = 0;

		if (from > last) {
			at = last;
			keep = from - last;
		}
		bc_barrier(at);
		if (at > last)
			return;
		bc_put_word(name->text + at,
			    bc_word_at(name->text + at) & ((1ULL << (keep & 7) * 8) - 1));
		from += 8;
	}
}

/* The name is too long: nothing more is read of it. */
bc_subprogram int bc_redact_give_up(struct bc_redact *r, struct bc_redact_name *name)
{
	if (!r || !name)
		return 0;
	bc_redact_wipe(name, 0, BC_NAME_MAX);
	r->mute = BC_MUTE_LONG;
	r->at = 0;
	r->from = 0;
	return 0;
}

/* Write `:id` over the segment. */
static __always_inline void bc_redact_mark(struct bc_redact *r, struct bc_redact_name *name)
{
	__u32 from = r->from;

	bc_barrier(from);
	if (from > BC_NAME_MAX - 3) {
		bc_redact_give_up(r, name);
		return;
	}
	bc_redact_wipe(name, from, r->at);
	name->text[from] = ':';
	name->text[from + 1] = 'i';
	name->text[from + 2] = 'd';
	r->at = from + 3;
	r->mute |= BC_MUTE_ID;
	r->segment.marks &= ~BC_MARK_OVER;
}

static __always_inline void bc_redact_write(struct bc_redact *r, struct bc_redact_name *name,
					    __u8 c)
{
	__u32 at = r->at;

	bc_barrier(at);
	if (at >= BC_NAME_MAX) {
		r->segment.marks |= BC_MARK_OVER;
		return;
	}
	name->text[at] = c;
	r->at = at + 1;
}

static __always_inline char bc_redact_hex(__u8 nibble)
{
	return nibble < 10 ? '0' + nibble : 'A' - 10 + nibble;
}

static __always_inline void bc_redact_write_escaped(struct bc_redact *r,
						    struct bc_redact_name *name, __u8 c)
{
	__u32 at = r->at;

	bc_barrier(at);
	if (at > BC_NAME_MAX - 3) {
		r->segment.marks |= BC_MARK_OVER;
		return;
	}
	name->text[at] = '%';
	name->text[at + 1] = bc_redact_hex(c >> 4);
	name->text[at + 2] = bc_redact_hex(c & 15);
	r->at = at + 3;
}

static __always_inline bool bc_redact_is_year(__u32 number)
{
	return number - 1900 < 200;
}

/* The segment is a year and nothing else. */
static __always_inline bool bc_redact_only_year(const struct bc_redact *r)
{
	return !(r->segment.marks & BC_MARK_SEPARATOR) && !(r->run.kinds & BC_BYTE_LETTER) &&
	       r->run.length == 4 && bc_redact_is_year(r->run.number);
}

/* A segment without a separator is an identifier. */
static __always_inline bool bc_redact_run_is_id(const struct bc_redact *r)
{
	const struct bc_redact_run *run = &r->run;

	if (!(run->kinds & BC_BYTE_LETTER))
		return run->length && !bc_redact_only_year(r) &&
		       !(run->length <= 2 && r->after_year);
	if (run->length < 6)
		return false;
	if (run->changes >= 3)
		return true;
	if (run->length >= 8 && (run->kinds & BC_BYTE_DIGIT) && !(run->kinds & BC_BYTE_BEYOND))
		return true;
	return run->length >= 16 && (run->kinds & BC_BYTE_MIXED);
}

/* The segment is an identifier if it ends here, apart from what it holds. */
static __always_inline bool bc_redact_segment_is_id(const struct bc_redact *r)
{
	const struct bc_redact_segment *segment = &r->segment;
	const struct bc_redact_run *run = &r->run;
	__u32 digits = segment->digits + run->length;

	if (!(segment->marks & BC_MARK_SEPARATOR))
		return bc_redact_run_is_id(r);
	if ((segment->marks & BC_MARK_STEM) && run->length <= 5 &&
	    (!run->length || (run->length > 1 && (run->kinds & BC_BYTE_INITIAL))))
		return true;
	if ((segment->marks & BC_MARK_LETTER) || (run->kinds & BC_BYTE_LETTER) || digits < 7)
		return false;
	return digits > 8 || !((segment->marks & BC_MARK_YEAR) || bc_redact_is_year(run->number));
}

/* The run that ends here completes an identifier within the segment. */
static __always_inline bool bc_redact_holds_id(const struct bc_redact *r, __u8 c)
{
	const struct bc_redact_segment *segment = &r->segment;
	const struct bc_redact_run *run = &r->run;

	if (run->in_number && segment->quad == 3 && run->number <= 255)
		return true;
	if (run->length >= 16 && run->changes >= 3)
		return true;
	if (run->kinds & BC_BYTE_BEYOND)
		return false;
	if (run->length == 12 && segment->uuid == 4)
		return true;
	if (!segment->colons || c == ':' || run->length > 4)
		return false;
	return segment->colons >= 5 || ((segment->marks & BC_MARK_DOUBLE) &&
					(run->length || (segment->marks & BC_MARK_GROUPS)));
}

/* Carry what the run means for the segment over the separator that ends it. */
static __always_inline void bc_redact_separate(struct bc_redact *r, __u8 c)
{
	struct bc_redact_segment *segment = &r->segment;
	struct bc_redact_run *run = &r->run;
	__u8 marks = segment->marks & ~BC_MARK_STEM, colons = segment->colons, uuid = 0;
	bool hex = !(run->kinds & BC_BYTE_BEYOND);

	/* 404.html is a page of its own. */
	if ((c == '.' || c == '=') && bc_redact_segment_is_id(r) &&
	    !(run->length == 3 && run->number - 400U < 110 && !(marks & BC_MARK_SEPARATOR)))
		marks |= BC_MARK_STEM;
	if (bc_redact_only_year(r))
		marks |= BC_MARK_YEAR;
	if (run->kinds & BC_BYTE_LETTER || c >= 0x80)
		marks |= BC_MARK_LETTER;
	else
		segment->digits += run->length;

	if ((c == '.' || c == '-') && run->in_number && run->number <= 255)
		segment->quad = segment->joint == c ? segment->quad + 1 : 1;
	else
		segment->quad = 0;
	segment->joint = c;

	if (c == '-' && hex && run->length == 8)
		uuid = 1;
	else if (c == '-' && hex && run->length == 4 && segment->uuid)
		uuid = segment->uuid + 1;
	segment->uuid = uuid;

	if (c == ':' && hex && run->length <= 4) {
		if (run->length)
			marks |= BC_MARK_GROUPS;
		else if (colons)
			marks |= BC_MARK_DOUBLE;
		colons += colons < 5;
	} else {
		marks &= ~(BC_MARK_GROUPS | BC_MARK_DOUBLE);
		colons = 0;
	}
	segment->colons = colons;
	segment->marks = marks | BC_MARK_SEPARATOR;
	*run = (struct bc_redact_run){};
}

/* Go back behind the slash before the segment before this. */
static __always_inline void bc_redact_pop(struct bc_redact *r, struct bc_redact_name *name)
{
	__u32 start = r->starts & 0xff, from = r->from, at = r->at;

	if (from > 1) {
		if (!start) { /* deeper than `starts` remembers */
			bc_redact_give_up(r, name);
			return;
		}
		r->starts >>= 8;
		from = start - 1;
	}
	bc_redact_wipe(name, from, at);
	r->from = from;
	r->at = from;
}

/* The segment is complete: leave in the name what it is counted as. */
static __always_inline void bc_redact_finish(struct bc_redact *r, struct bc_redact_name *name)
{
	__u32 from, length;
	bool year, text;

	if (r->mute & BC_MUTE_LONG)
		return;
	from = r->from;
	length = r->at - from;
	year = r->after_year;
	text = length || (r->segment.marks & BC_MARK_OVER);
	bc_barrier(from);
	if (text && !(r->mute & BC_MUTE_ID)) {
		bool dots = length <= 2 && from <= BC_NAME_MAX && name->text[from] == '.';

		year = bc_redact_only_year(r);
		if (bc_redact_holds_id(r, '/') || bc_redact_segment_is_id(r)) {
			bc_redact_mark(r, name);
		} else if (r->segment.marks & BC_MARK_OVER) {
			bc_redact_give_up(r, name);
		} else if (dots && length == 1) {
			name->text[from] = 0;
			r->at = from;
			year = r->after_year;
		} else if (dots && name->text[from + 1] == '.') {
			bc_redact_pop(r, name);
		}
	} else if (text) {
		year = false;
	}
	r->after_year = year;
	r->mute &= BC_MUTE_FOR_GOOD;
	r->segment = (struct bc_redact_segment){};
	r->run = (struct bc_redact_run){};
}

/* A segment begins behind the slash just written. */
static __always_inline void bc_redact_push(struct bc_redact *r)
{
	r->starts = r->starts << 8 | (r->from + 1);
	r->from = r->at;
}

static __always_inline void bc_redact_slash(struct bc_redact *r, struct bc_redact_name *name)
{
	__u32 at;

	bc_redact_finish(r, name);
	at = r->at;
	bc_barrier(at);
	if ((at && at == r->from) || (r->mute & BC_MUTE_LONG))
		return;
	if (at >= BC_NAME_MAX) {
		bc_redact_give_up(r, name);
		return;
	}
	name->text[at] = '/';
	r->at = at + 1;
	bc_redact_push(r);
}

/* Take a decoded byte that is neither letter nor digit. */
bc_subprogram int bc_redact_special(struct bc_redact *r, struct bc_redact_name *name, __u32 byte)
{
	__u8 c = byte;

	if (!r || !name || (r->mute & BC_MUTE_FOR_GOOD))
		return 0;
	if (c == '/' || c == '\\') {
		bc_redact_slash(r, name);
	} else if (c == '?' || c == '#') {
		r->mute |= BC_MUTE_END;
	} else if (r->mute) {
		return 0;
	} else if (c == ';') {
		r->mute |= BC_MUTE_PARAMETER;
	} else if (c == '@' || bc_redact_holds_id(r, c)) {
		bc_redact_mark(r, name);
	} else {
		bc_redact_separate(r, c);
		if (bc_redact_kinds[c] & BC_BYTE_PLAIN)
			bc_redact_write(r, name, c);
		else
			bc_redact_write_escaped(r, name, c);
	}
	return 0;
}

/* Take a decoded letter or digit. */
static __always_inline void bc_redact_word_byte(struct bc_redact *r, struct bc_redact_name *name,
						__u8 c, __u8 kind)
{
	struct bc_redact_run *run = &r->run;

	if (kind & BC_BYTE_DIGIT) {
		__u32 number = run->in_number ? run->number * 10 : 0;

		number += c - '0';
		run->number = number > BC_REDACT_NUMBER_MAX ? BC_REDACT_NUMBER_MAX : number;
		run->changes += run->length && !run->in_number;
	} else {
		if (r->segment.quad) {
			if (bc_redact_holds_id(r, c)) {
				bc_redact_special(r, name, '@');
				return;
			}
			r->segment.quad = 0;
		}
		run->changes += run->in_number;
		if (!run->length)
			kind |= BC_BYTE_INITIAL;
		if ((kind & BC_BYTE_UPPER) && (run->kinds & BC_BYTE_LOWER))
			kind |= BC_BYTE_MIXED;
	}
	run->in_number = kind & BC_BYTE_DIGIT;
	run->kinds |= kind;
	run->length++;
	bc_redact_write(r, name, c);
}

/* Take a decoded byte. */
static __always_inline void bc_redact_decoded(struct bc_redact *r, struct bc_redact_name *name,
					      __u8 c)
{
	__u8 kind = bc_redact_kinds[c];

	if (!(kind & BC_BYTE_ALNUM))
		bc_redact_special(r, name, c);
	else if (!r->mute)
		bc_redact_word_byte(r, name, c, kind);
}

/* The '%' that was read, and the digit behind it, begin no escape: they stand for themselves. */
static __always_inline void bc_redact_break_off(struct bc_redact *r, struct bc_redact_name *name)
{
	bc_redact_special(r, name, '%');
	if ((r->escape & BC_ESCAPE_HALF) && !r->mute)
		bc_redact_word_byte(r, name, r->half, bc_redact_kinds[r->half]);
	r->escape = 0;
}

static __always_inline bool bc_redact_is_hex(__u8 c)
{
	__u8 kind = bc_redact_kinds[c];

	return (kind & BC_BYTE_ALNUM) && !(kind & BC_BYTE_BEYOND);
}

/* Take a byte behind the '%' of an escape. */
bc_subprogram int bc_redact_escape(struct bc_redact *r, struct bc_redact_name *name, __u32 byte)
{
	__u8 c = byte, escape;

	if (!r || !name)
		return 0;
	escape = r->escape;
	if (!bc_redact_is_hex(c)) {
		bc_redact_break_off(r, name);
		if (c == '%') {
			r->escape = BC_ESCAPE_BEGUN | BC_ESCAPE_OPEN;
			return 0;
		}
	} else {
		__u8 nibble = c <= '9' ? c - '0' : (c & 15) + 9;

		if (!(escape & BC_ESCAPE_HALF)) {
			r->half = c;
			r->escape = escape | BC_ESCAPE_HALF | nibble;
			return 0;
		}
		c = (escape & BC_ESCAPE_NIBBLE) << 4 | nibble;
		if (c == '%') { /* encoded again */
			r->escape = BC_ESCAPE_BEGUN | (escape & BC_ESCAPE_OPEN);
			return 0;
		}
		r->escape = 0;
		if ((escape & BC_ESCAPE_OPEN) && bc_redact_is_hex(c))
			c = '@'; /* an escape spelled with escapes: as good as any address */
	}
	bc_redact_decoded(r, name, c);
	return 0;
}

/* With the run at hand ends a segment that is plainly no identifier: a common case, told quickly. */
static __always_inline bool bc_redact_harmless(const struct bc_redact *r)
{
	const struct bc_redact_segment *segment = &r->segment;
	const struct bc_redact_run *run = &r->run;

	if (segment->marks & BC_MARK_SEPARATOR)
		return (segment->marks & (BC_MARK_LETTER | BC_MARK_STEM | BC_MARK_OVER)) ==
			       BC_MARK_LETTER &&
		       segment->quad < 3 && segment->uuid < 4 && !segment->colons &&
		       run->length < 16;
	if (segment->marks & BC_MARK_OVER)
		return false;
	if (run->kinds & BC_BYTE_LETTER)
		return run->length < 6;
	return run->length && run->length <= 2 && r->after_year;
}

/* A run without digits and capitals, with a letter that is no hexadecimal digit: just a word. */
static __always_inline bool bc_redact_just_word(const struct bc_redact *r)
{
	return (r->run.kinds & (BC_BYTE_DIGIT | BC_BYTE_MIXED | BC_BYTE_BEYOND)) ==
		       BC_BYTE_BEYOND &&
	       !(r->segment.marks & (BC_MARK_STEM | BC_MARK_OVER));
}

/* The name ends here. */
bc_subprogram int bc_redact_last(struct bc_redact *r, struct bc_redact_name *name)
{
	if (!r || !name)
		return BC_REDACT_NONE;
	if (r->escape)
		bc_redact_break_off(r, name);
	bc_redact_finish(r, name);
	if (r->mute & BC_MUTE_LONG)
		return BC_REDACT_LONG;
	return r->at ? BC_REDACT_NAME : BC_REDACT_NONE;
}

/* Begin a name. Its buffer of BC_NAME_MAX + 4 bytes must be zero. */
static __always_inline void bc_redact_start(struct bc_redact *r)
{
	*r = (struct bc_redact){};
}

/* Take a raw byte of the name. */
bc_subprogram int bc_redact_take(struct bc_redact *r, struct bc_redact_name *name, __u32 byte)
{
	__u8 c = byte;

	if (!r || !name)
		return 0;
	if (r->escape)
		bc_redact_escape(r, name, c);
	else if (c == '%')
		r->escape = BC_ESCAPE_BEGUN;
	else
		bc_redact_decoded(r, name, c);
	return 0;
}

/* Take the next raw byte of the name. */
static __always_inline void bc_redact_byte(struct bc_redact *r, char *name, __u8 c)
{
	bc_redact_take(r, (struct bc_redact_name *)name, c);
}

/* The name is complete: finish its last segment, and say what it is. */
static __always_inline enum bc_redacted bc_redact_end(struct bc_redact *r, char *name)
{
	if (!r->escape && !r->mute && (bc_redact_just_word(r) || bc_redact_harmless(r)))
		return BC_REDACT_NAME; /* as it stands */
	return bc_redact_last(r, (struct bc_redact_name *)name);
}

/* Up to here, what eight bytes may add fits. */
#define BC_REDACT_BULK_MAX (BC_NAME_MAX - 8)

/*
 * Write a word that may end with zeros. That it fits is known before; but the
 * verifier of 6.1 knows it only if nothing comes between the check and the use.
 */
static __always_inline void bc_redact_put(struct bc_redact_name *name, __u32 at, __u64 word)
{
	bc_barrier(at);
	if (at <= BC_REDACT_BULK_MAX)
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
	r->run = (struct bc_redact_run){};
	r->at = at + 1;
	if (c == '/') {
		r->segment = (struct bc_redact_segment){};
		r->after_year = year;
		bc_redact_push(r);
	} else {
		r->segment = (struct bc_redact_segment){
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

/* Take what a word begins with: a separator, if any, then letters and digits. */
static __always_inline __u32 bc_redact_word(struct bc_redact *r, struct bc_redact_name *name,
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
		if (bc_redact_just_word(r) || (c == '/' && (!at || bc_redact_harmless(r)))) {
			bc_redact_quick(r, name, c, at, false);
			at++;
		} else if (c == '/' && bc_redact_only_year(r)) {
			bc_redact_quick(r, name, c, at, true);
			at++;
		} else {
			bc_redact_special(r, name, c);
			at = r->at;
			if (r->mute)
				return taken;
		}
		if (at > BC_REDACT_BULK_MAX)
			return taken;
		word >>= taken * 8;
	}
	piece = bc_redact_cut(word);
	if (!piece.n || (piece.letters && r->segment.quad))
		return taken;
	bc_redact_put(name, at, piece.text);
	if (piece.letters)
		bc_redact_letters(&r->run, &piece);
	else
		bc_redact_digits(&r->run, &piece);
	r->run.length += piece.n;
	r->at = at + piece.n;
	return taken + piece.n;
}

#define BC_REDACT_BULK_READ 56 /* readable bytes that bc_redact_bulk() needs */

struct bc_redact_window {
	__u8 text[BC_REDACT_BULK_READ];
};

bc_subprogram int bc_redact_words(struct bc_redact *r, struct bc_redact_name *name,
				  const struct bc_redact_window *in, __u32 left)
{
	__u32 taken = 0;

	if (!r || !name || !in || r->escape)
		return 0;
#pragma GCC unroll 6
	for (int i = 0; i < 6; i++) {
		__u64 word;
		__u32 n;

		bc_barrier(taken);
		if (taken >= left || taken > BC_REDACT_BULK_READ - 8)
			break;
		word = bc_word_at(in->text + taken);
		if (left - taken < 8)
			word &= (1ULL << (left - taken) * 8) - 1;
		if (r->mute)
			n = bc_redact_cut(word).n;
		else
			n = bc_redact_word(r, name, word);
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
