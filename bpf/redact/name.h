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
 * A component that is or holds an identifier, as component.h tells, becomes
 * `:id`; so does one that spells a percent-escape with percent-escapes (%4%30).
 *
 * While a component is incomplete its text stands in the name buffer; it is
 * overwritten as soon as the component is known to be an identifier. No more
 * than 65535 bytes may be fed to one name.
 */
#ifndef BC_REDACT_NAME_H
#define BC_REDACT_NAME_H

#include "blindcount.h"
#include "redact/component.h"

/* What bc_redact_end() found. */
enum bc_redacted {
	BC_REDACT_NONE, /* nothing is left */
	BC_REDACT_NAME, /* a name, NUL padded to the end of its buffer */
	BC_REDACT_LONG, /* more than BC_NAME_MAX bytes; the buffer is zero */
};

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
	__u64 starts; /* where earlier components begin, plus one; a byte each, last lowest */
	struct bc_redact_component component;
	__u8 at; /* next byte of the name to write */
	__u8 from; /* where the component's text begins */
	__u8 mute; /* enum bc_redact_mute: why text is not written */
	__u8 escape; /* enum bc_redact_escape */
	__u8 half; /* first digit of the escape as it was written */
	__u8 unused[3];
};

/* The buffer of a name, for the sake of the verifier. */
struct bc_redact_name {
	char text[BC_NAME_MAX + 4];
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

/* The name is too long: nothing more is read of it, and bc_redact_settle() empties it. */
static __always_inline void bc_redact_give_up(struct bc_redact *r)
{
	r->mute = BC_MUTE_LONG;
}

/*
 * Leave nothing of a name that was given up. (Not where that happens: a call from there would be
 * one more than fits on the stack as Linux 6.1 reckons it.)
 */
static __always_inline void bc_redact_settle(struct bc_redact *r, struct bc_redact_name *name)
{
	if (!(r->mute & BC_MUTE_LONG))
		return;
	bc_redact_wipe(name, 0, BC_NAME_MAX);
	r->at = 0;
	r->from = 0;
}

/* Write `:id` over the component. */
static __always_inline void bc_redact_mark(struct bc_redact *r, struct bc_redact_name *name)
{
	__u32 from = r->from;

	if (from > BC_NAME_MAX - 3) {
		bc_redact_give_up(r);
		return;
	}
	bc_redact_wipe(name, from, r->at);
	name->text[from] = ':';
	name->text[from + 1] = 'i';
	name->text[from + 2] = 'd';
	r->at = from + 3;
	r->mute |= BC_MUTE_ID;
	r->component.marks &= ~BC_MARK_OVER;
}

static __always_inline void bc_redact_write(struct bc_redact *r, struct bc_redact_name *name,
					    __u8 c)
{
	__u32 at = r->at;

	if (at >= BC_NAME_MAX) {
		r->component.marks |= BC_MARK_OVER;
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

	if (at > BC_NAME_MAX - 3) {
		r->component.marks |= BC_MARK_OVER;
		return;
	}
	name->text[at] = '%';
	name->text[at + 1] = bc_redact_hex(c >> 4);
	name->text[at + 2] = bc_redact_hex(c & 15);
	r->at = at + 3;
}

/* Go back behind the slash before the component before this. */
static __always_inline void bc_redact_pop(struct bc_redact *r, struct bc_redact_name *name)
{
	__u32 start = r->starts & 0xff, from = r->from, at = r->at;

	if (from > 1) {
		if (!start) { /* deeper than `starts` remembers */
			bc_redact_give_up(r);
			return;
		}
		r->starts >>= 8;
		from = start - 1;
	}
	bc_redact_wipe(name, from, at);
	r->from = from;
	r->at = from;
}

/* The component is complete: leave in the name what it is counted as. */
bc_subprogram int bc_redact_finish(struct bc_redact *r, struct bc_redact_name *name)
{
	struct bc_redact_component *component;
	__u32 from, length;
	bool year, over;

	if (!r || !name || (r->mute & BC_MUTE_LONG))
		return 0;
	component = &r->component;
	from = r->from;
	length = r->at - from;
	year = component->after_year;
	over = component->marks & BC_MARK_OVER;
	if (from > BC_NAME_MAX)
		return 0;
	if (length || over)
		year = !(r->mute & BC_MUTE_ID) && bc_redact_only_year(component);
	if (!(length || over) || (r->mute & BC_MUTE_ID)) {
		/* Nothing is there, or what there is stays. */
	} else if (bc_redact_holds_id(component, '/') || bc_redact_component_is_id(component)) {
		bc_redact_mark(r, name);
	} else if (over) {
		bc_redact_give_up(r);
	} else if (length == 1 && name->text[from] == '.') {
		name->text[from] = 0;
		r->at = from;
		year = component->after_year;
	} else if (length == 2 && name->text[from] == '.' && name->text[from + 1] == '.') {
		bc_redact_pop(r, name);
	}
	r->mute &= BC_MUTE_FOR_GOOD;
	*component = (struct bc_redact_component){.after_year = year};
	return 0;
}

/* A component begins behind the slash just written. */
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
	if ((at && at == r->from) || (r->mute & BC_MUTE_LONG))
		return;
	if (at >= BC_NAME_MAX) {
		bc_redact_give_up(r);
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
	} else if (c == '@' || bc_redact_holds_id(&r->component, c)) {
		bc_redact_mark(r, name);
	} else {
		bc_redact_separate(&r->component, c);
		if (bc_redact_kinds[c] & BC_BYTE_PLAIN)
			bc_redact_write(r, name, c);
		else
			bc_redact_write_escaped(r, name, c);
	}
	bc_redact_settle(r, name);
	return 0;
}

/* Take a decoded byte. */
static __always_inline void bc_redact_decoded(struct bc_redact *r, struct bc_redact_name *name,
					      __u8 c)
{
	struct bc_redact_component *component = &r->component;
	__u8 kind = bc_redact_kinds[c];

	if (r->mute && (kind & BC_BYTE_ALNUM))
		return;
	if ((kind & BC_BYTE_LETTER) && component->quad) { /* it ends the number before it */
		if (bc_redact_holds_id(component, c))
			c = '@'; /* as good as */
		component->quad = 0;
	}
	if (c == '@' || !(kind & BC_BYTE_ALNUM)) {
		bc_redact_special(r, name, c);
	} else {
		bc_redact_count(&component->run, c, kind);
		bc_redact_write(r, name, c);
	}
}

/* Bytes that an escape turned out to be: up to three, the first one lowest. */
struct bc_redact_bytes {
	__u32 text;
	__u32 n;
};

/* The '%' that was read, and the digit behind it, begin no escape: they stand for themselves. */
static __always_inline struct bc_redact_bytes bc_redact_break_off(struct bc_redact *r, __u8 c)
{
	struct bc_redact_bytes bytes = {.text = '%', .n = 1};

	if (r->escape & BC_ESCAPE_HALF) {
		bytes.text |= r->half << 8;
		bytes.n = 2;
	}
	if (c == '%') {
		r->escape = BC_ESCAPE_BEGUN | BC_ESCAPE_OPEN;
	} else {
		r->escape = 0;
		bytes.text |= c << bytes.n * 8;
		bytes.n++;
	}
	return bytes;
}

/* A raw byte: what it decodes to, as far as that is known. */
static __always_inline struct bc_redact_bytes bc_redact_decode(struct bc_redact *r, __u8 c)
{
	__u8 escape = r->escape, nibble = c <= '9' ? c - '0' : (c & 15) + 9;

	if (!escape && c != '%')
		return (struct bc_redact_bytes){.text = c, .n = 1};
	if (!escape) {
		r->escape = BC_ESCAPE_BEGUN;
		return (struct bc_redact_bytes){};
	}
	if (!bc_redact_is_hex(c))
		return bc_redact_break_off(r, c);
	if (!(escape & BC_ESCAPE_HALF)) {
		r->half = c;
		r->escape = escape | BC_ESCAPE_HALF | nibble;
		return (struct bc_redact_bytes){};
	}
	c = (escape & BC_ESCAPE_NIBBLE) << 4 | nibble;
	if (c == '%') { /* encoded again */
		r->escape = BC_ESCAPE_BEGUN | (escape & BC_ESCAPE_OPEN);
		return (struct bc_redact_bytes){};
	}
	r->escape = 0;
	if ((escape & BC_ESCAPE_OPEN) && bc_redact_is_hex(c))
		c = '@'; /* an escape spelled with escapes: as good as */
	return (struct bc_redact_bytes){.text = c, .n = 1};
}

/* Take a raw byte of the name. */
bc_subprogram int bc_redact_take(struct bc_redact *r, struct bc_redact_name *name, __u32 byte)
{
	struct bc_redact_bytes bytes;

	if (!r || !name)
		return 0;
	bytes = bc_redact_decode(r, byte);
	/* One place that calls, not three: the proof follows each call for itself. */
	for (int i = 0; i < 3 && bytes.n; i++) {
		bc_redact_decoded(r, name, bytes.text);
		bytes.text >>= 8;
		bytes.n--;
	}
	return 0;
}

/* The name ends here. */
bc_subprogram int bc_redact_last(struct bc_redact *r, struct bc_redact_name *name)
{
	if (!r || !name)
		return BC_REDACT_NONE;
	if (r->escape)
		bc_redact_take(r, name, '?'); /* breaks it off, and means the end as well */
	bc_redact_finish(r, name);
	bc_redact_settle(r, name);
	if (r->mute & BC_MUTE_LONG)
		return BC_REDACT_LONG;
	return r->at ? BC_REDACT_NAME : BC_REDACT_NONE;
}

/* Begin a name. Its buffer of BC_NAME_MAX + 4 bytes must be zero. */
static __always_inline void bc_redact_start(struct bc_redact *r)
{
	*r = (struct bc_redact){};
}

/* Take the next raw byte of the name. */
static __always_inline void bc_redact_byte(struct bc_redact *r, char *name, __u8 c)
{
	bc_redact_take(r, (struct bc_redact_name *)name, c);
}

/* The name is complete: finish its last component, and say what it is. */
static __always_inline enum bc_redacted bc_redact_end(struct bc_redact *r, char *name)
{
	if (!r->escape && !r->mute &&
	    (bc_redact_just_word(&r->component) || bc_redact_harmless(&r->component)))
		return BC_REDACT_NAME; /* as it stands */
	return bc_redact_last(r, (struct bc_redact_name *)name);
}

#endif
