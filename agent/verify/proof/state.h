/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Abstract machine states of the reader: registers, stack, and which case of packet it is.
 *
 * Cases: four bytes decide which bytes of a packet may be read. Where one of them is loaded,
 * the state is split into one for each range of its values (facts_ranges), and states of
 * different cases are never joined. Within a case every header length is a constant.
 */
#ifndef AGENT_VERIFY_PROOF_STATE_H
#define AGENT_VERIFY_PROOF_STATE_H

#include <stdbool.h>

#include "verify/proof/scalar.h"

enum fact {
	FACT_FIRST, /* byte 0 of the network header: version, IHL */
	FACT_NEXT, /* byte 6 of IPv6's: next header */
	FACT_DOFF, /* byte 12 of TCP's: data offset */
	FACT_PROTOCOL, /* the socket's protocol */
	FACTS,
};

/* By fact: 0, or 1 + the number of the range in which its value lies. */
struct facts {
	__u8 range[FACTS];
	__u8 tcp_sock; /* the socket is a TCP socket, by bpf_tcp_sock() */
	__u8 unused[3];
};

#define FACTS_RANGES 21
/* All ranges of a fact's values, in order: how many they are. */
unsigned int facts_ranges(enum fact fact, struct scalar ranges[FACTS_RANGES]);
/* The one in which it lies; false: it is not known. */
bool facts_know(const struct facts *f, enum fact fact, struct scalar *range);

enum value_kind {
	VALUE_NONE, /* never written: reading it is refused */
	VALUE_SCALAR, /* num: its value */
	/* Pointers. Any may be NULL: an access through NULL cannot be, by the kernel's check. */
	VALUE_CTX,
	VALUE_STACK, /* ref: frame; num: offset, 0 is the frame's end */
	VALUE_MAP, /* ref: map */
	VALUE_MAP_VALUE, /* ref: map; num: offset */
	VALUE_PACKET, /* num: offset from the packet's first byte */
	VALUE_PACKET_END,
	VALUE_SOCK,
	VALUE_TCP_SOCK,
	VALUE_OPAQUE, /* may be compared with NULL only */
	VALUE_LOST, /* a part of a pointer, or one of several kinds: reading it is refused */
};

struct value {
	__u32 kind;
	__u32 id; /* values of one id are equal; 0: not known */
	__s64 ref;
	struct scalar scalar;
};

#define STATE_REGS 11
#define STATE_DEPTH 8 /* frames */
#define STATE_CELLS 256 /* of all frames together */
#define STATE_STACK 512 /* bytes of a frame */

/* Bytes of stack that were written as one; cells do not overlap. Others were never written. */
struct cell {
	__s32 frame;
	__s32 offset; /* from the frame's end: -512..-1; callers' registers lie from 0 on */
	__s32 size;
	struct value value;
};

struct state {
	struct facts facts;
	int depth; /* calls that are active */
	int site[STATE_DEPTH]; /* their instructions */
	struct value reg[STATE_REGS];
	int count; /* of cells; what follows is not copied */
	struct cell cell[STATE_CELLS];
};

struct value value_scalar(struct scalar scalar);
struct value value_pointer(enum value_kind kind, int ref);
/* A number that is NULL, where a pointer is wanted. */
bool value_is_null(const struct value *v);

size_t state_size(const struct state *s);
void state_copy(struct state *to, const struct state *from);

/*
 * The value of size bytes at `offset` of a frame: VALUE_NONE if one of them was never written,
 * VALUE_LOST if some belong to a pointer, but are not all of it.
 */
struct value state_load(const struct state *s, int frame, int offset, int size);
/* The cell of exactly these bytes, or NULL. */
struct cell *state_cell(struct state *s, int frame, int offset, int size);
/* False if there are too many cells. */
bool state_store(struct state *s, int frame, int offset, int size, const struct value *v);
/* What was written of these bytes is now unknown numbers; where they were pointers, VALUE_LOST. */
void state_blur(struct state *s, int frame, int offset, int size);
/* All these bytes are now unknown numbers. */
bool state_fill(struct state *s, int frame, int offset, int size);
/* All these bytes were written, and none belongs to a pointer. */
bool state_is_data(const struct state *s, int frame, int offset, int size);

/* Begin a function, called at `site`, or end it: false if calls are nested too deeply. */
bool state_enter(struct state *s, int site);
void state_leave(struct state *s);

/* The next of registers and cells, from 0 on; NULL at the end. */
struct value *state_value(struct state *s, int index);
/* Give a register's value an id, by which its copies are known to be equal. */
void state_name(struct state *s, struct value *v, __u32 id);

/*
 * What is in either state, of the same place and facts; with `widen`, bounds that grew jump.
 * True if *into is now more than before.
 */
bool state_join(struct state *into, const struct state *from, bool widen);

#endif
