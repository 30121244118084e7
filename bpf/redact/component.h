/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The rules of redaction: whether a component of a page name is or holds an
 * identifier, told from counts and marks that are kept byte by byte, so that
 * none of its text need be there.
 *
 * A component becomes `:id` if it
 *   - is a number, except the years 1900 to 2099, and one or two digits right
 *     after a component that is a year;
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
 *     with no letter or digit attached. Brackets and zones stand outside.
 *
 * What it can't see: user names and real names, e-mail addresses spelled
 * without `@`, numbers attached to words (order-12345, user_42, img20240517),
 * codes with fewer than three changes (AB12CD, RR123456785DE), tokens of
 * words or of small letters only, and digits other than ASCII.
 */
#ifndef BC_REDACT_COMPONENT_H
#define BC_REDACT_COMPONENT_H

#include "text.h"

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

/* Letters and digits without a separator. Aligned, it is zeroed by one instruction. */
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

/* A component so far: what came before the run at hand, and the run. */
struct bc_redact_component {
	__u16 digits; /* in runs without letters */
	__u8 marks; /* enum bc_redact_mark */
	__u8 quad; /* numbers just before the run that may begin an IPv4 address ... */
	__u8 joint; /* ... and what joins them */
	__u8 uuid; /* groups of a UUID just before the run */
	__u8 colons; /* of an IPv6 address */
	__u8 after_year; /* the component before this is a year */
	struct bc_redact_run run;
} __attribute__((aligned(8)));

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

static __always_inline bool bc_redact_is_hex(__u8 c)
{
	__u8 kind = bc_redact_kinds[c];

	return (kind & BC_BYTE_ALNUM) && !(kind & BC_BYTE_BEYOND);
}

static __always_inline bool bc_redact_is_year(__u32 number)
{
	return number - 1900 < 200;
}

/* The component is a year and nothing else. */
static __always_inline bool bc_redact_only_year(const struct bc_redact_component *component)
{
	return !(component->marks & BC_MARK_SEPARATOR) &&
	       !(component->run.kinds & BC_BYTE_LETTER) && component->run.length == 4 &&
	       bc_redact_is_year(component->run.number);
}

/* A component without a separator is an identifier. */
static __always_inline bool bc_redact_run_is_id(const struct bc_redact_component *component)
{
	const struct bc_redact_run *run = &component->run;

	if (!(run->kinds & BC_BYTE_LETTER))
		return run->length && !bc_redact_only_year(component) &&
		       !(run->length <= 2 && component->after_year);
	if (run->length < 6)
		return false;
	if (run->changes >= 3)
		return true;
	if (run->length >= 8 && (run->kinds & BC_BYTE_DIGIT) && !(run->kinds & BC_BYTE_BEYOND))
		return true;
	return run->length >= 16 && (run->kinds & BC_BYTE_MIXED);
}

/* The component is an identifier if it ends here, apart from what it holds. */
static __always_inline bool bc_redact_component_is_id(const struct bc_redact_component *component)
{
	const struct bc_redact_run *run = &component->run;
	__u32 digits = component->digits + run->length;

	if (!(component->marks & BC_MARK_SEPARATOR))
		return bc_redact_run_is_id(component);
	if ((component->marks & BC_MARK_STEM) && run->length <= 5 &&
	    (!run->length || (run->length > 1 && (run->kinds & BC_BYTE_INITIAL))))
		return true;
	if ((component->marks & BC_MARK_LETTER) || (run->kinds & BC_BYTE_LETTER) || digits < 7)
		return false;
	return digits > 8 || !((component->marks & BC_MARK_YEAR) || bc_redact_is_year(run->number));
}

/* The run that ends here completes an identifier within the component. */
static __always_inline bool bc_redact_holds_id(const struct bc_redact_component *component, __u8 c)
{
	const struct bc_redact_run *run = &component->run;

	if (run->in_number && component->quad == 3 && run->number <= 255)
		return true;
	if (run->length >= 16 && run->changes >= 3)
		return true;
	if (run->kinds & BC_BYTE_BEYOND)
		return false;
	if (run->length == 12 && component->uuid == 4)
		return true;
	if (!component->colons || c == ':' || run->length > 4)
		return false;
	return component->colons >= 5 || ((component->marks & BC_MARK_DOUBLE) &&
					  (run->length || (component->marks & BC_MARK_GROUPS)));
}

/* Carry what the run means for the component over the separator that ends it. */
static __always_inline void bc_redact_separate(struct bc_redact_component *component, __u8 c)
{
	struct bc_redact_run *run = &component->run;
	__u8 marks = component->marks & ~BC_MARK_STEM, colons = component->colons, uuid = 0;
	bool hex = !(run->kinds & BC_BYTE_BEYOND);

	/* 404.html is a page of its own. */
	if ((c == '.' || c == '=') && bc_redact_component_is_id(component) &&
	    !(run->length == 3 && run->number - 400U < 110 && !(marks & BC_MARK_SEPARATOR)))
		marks |= BC_MARK_STEM;
	if (bc_redact_only_year(component))
		marks |= BC_MARK_YEAR;
	if (run->kinds & BC_BYTE_LETTER || c >= 0x80)
		marks |= BC_MARK_LETTER;
	else
		component->digits += run->length;

	if ((c == '.' || c == '-') && run->in_number && run->number <= 255)
		component->quad = component->joint == c ? component->quad + 1 : 1;
	else
		component->quad = 0;
	component->joint = c;

	if (c == '-' && hex && run->length == 8)
		uuid = 1;
	else if (c == '-' && hex && run->length == 4 && component->uuid)
		uuid = component->uuid + 1;
	component->uuid = uuid;

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
	component->colons = colons;
	component->marks = marks | BC_MARK_SEPARATOR;
	*run = (struct bc_redact_run){};
}

/* Count a letter or digit in. */
static __always_inline void bc_redact_count(struct bc_redact_run *run, __u8 c, __u8 kind)
{
	if (kind & BC_BYTE_DIGIT) {
		__u32 number = run->in_number ? run->number * 10 : 0;

		number += c - '0';
		run->number = number > BC_REDACT_NUMBER_MAX ? BC_REDACT_NUMBER_MAX : number;
		run->changes += run->length && !run->in_number;
	} else {
		run->changes += run->in_number;
		if (!run->length)
			kind |= BC_BYTE_INITIAL;
		if ((kind & BC_BYTE_UPPER) && (run->kinds & BC_BYTE_LOWER))
			kind |= BC_BYTE_MIXED;
	}
	run->in_number = kind & BC_BYTE_DIGIT;
	run->kinds |= kind;
	run->length++;
}

/* With the run at hand ends a component that is plainly no identifier: a common case, told quickly. */
static __always_inline bool bc_redact_harmless(const struct bc_redact_component *component)
{
	const struct bc_redact_run *run = &component->run;

	if (component->marks & BC_MARK_SEPARATOR)
		return (component->marks & (BC_MARK_LETTER | BC_MARK_STEM | BC_MARK_OVER)) ==
			       BC_MARK_LETTER &&
		       component->quad < 3 && component->uuid < 4 && !component->colons &&
		       run->length < 16;
	if (component->marks & BC_MARK_OVER)
		return false;
	if (run->kinds & BC_BYTE_LETTER)
		return run->length < 6;
	return run->length && run->length <= 2 && component->after_year;
}

/* A run without digits and capitals, with a letter that is no hexadecimal digit: just a word. */
static __always_inline bool bc_redact_just_word(const struct bc_redact_component *component)
{
	return (component->run.kinds & (BC_BYTE_DIGIT | BC_BYTE_MIXED | BC_BYTE_BEYOND)) ==
		       BC_BYTE_BEYOND &&
	       !(component->marks & (BC_MARK_STEM | BC_MARK_OVER));
}

#endif
