/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Abstract machine states: registers, the stack frames of all active calls
 * and the facts about the packet.
 *
 * A frame is a sorted list of pieces, each a value of some size; bytes without
 * a piece were never written. States share frames until one writes to them.
 */
#ifndef VERIFY_STATE_H
#define VERIFY_STATE_H

#include "header.h"
#include "pool.h"
#include "value.h"

#define STATE_DEPTH 12 /* frames; the kernel allows 8 calls */
#define STATE_REGS 11

struct piece {
	__s16 offset; /* from the frame's end: -512..-1 */
	__u16 size;
	__u32 unused;
	struct value value;
};

struct frame {
	__u32 refs;
	__u32 count, room;
	struct piece piece[];
};

struct state {
	struct facts facts;
	struct value reg[STATE_REGS];
	int depth; /* index of the running function's frame; -1: none */
	struct frame *frame[STATE_DEPTH];
};

/* What the states of one proof share. */
struct machine {
	struct pool pool;
	struct header_table headers;
};

/* Nothing is known, no function has begun. */
void state_init(struct state *s);
void state_copy(struct state *to, const struct state *from);
void state_drop(struct machine *m, struct state *s);

/*
 * What a call of a function that gets r1 to r5 can touch of the caller's frames: those that
 * its arguments point to, and so on. The function runs on these alone, numbered anew, and
 * so is the same function wherever it is called from.
 */
struct passage {
	int to[STATE_DEPTH]; /* caller's frame: the function's number for it; -1: hidden */
	int from[STATE_DEPTH]; /* the other way round */
	int visible;
};

/* False if frames are nested too deeply. */
bool state_passage(const struct state *s, struct passage *p);
/* A value as the function sees it (or as the caller does, with p->from). */
struct value state_renumber(const struct value *v, const int *numbers);
/* *t := the caller's state as the function sees it: r1 to r5, no frame of its own yet. */
void state_pass(struct machine *m, const struct state *caller, const struct passage *p,
		struct state *t);
/*
 * *t := the caller's state after the function left as `left`: r0, and what it did to frames.
 * False, and no *t, if it can't leave so to this caller.
 */
bool state_pass_back(struct machine *m, const struct state *caller, const struct passage *p,
		     const struct state *left, struct state *t);
/* Begin a function: a frame of its own. */
void state_begin(struct machine *m, struct state *s);
/* End it: its frame is gone, pointers to it are void, and only r0 is left. */
void state_end(struct machine *m, struct state *s);

/* The value at `offset` of a frame; VALUE_NONE if a byte of it was never written. */
struct value state_load(const struct state *s, int frame, int offset, int size);
/* Put a value, which becomes bytes if it doesn't fill `size`. */
void state_store(struct machine *m, struct state *s, int frame, int offset, int size,
		 const struct value *v);
/* As if anything of this taint might be written anywhere in offset..offset+size-1. */
void state_blur(struct machine *m, struct state *s, int frame, int offset, int size, __u16 taint);

/* The next of all the state's values, to be started with {0}; NULL at the end. */
struct cursor {
	int frame; /* 0: registers; n: frame n - 1 */
	__u32 index;
};
struct value *state_next(struct state *s, struct cursor *c);

/* Make frames writable, before values are changed through state_next(). */
void state_own_all(struct machine *m, struct state *s);
/* No value is known to equal those of this id any longer. */
void state_forget_id(struct machine *m, struct state *s, __u32 id);

/* Registers outside `live` (a bit set) are out of use. */
void state_kill(struct state *s, __u32 live);

/* States of equal shape are joined without losing what kind their values are. */
__u64 state_shape(const struct state *s);
/* A join of the two would forget what is a function of header bytes. */
bool state_join_loses(struct machine *m, const struct state *a, const struct state *b);
/* Join `from` into `into`; true if that changed it. Both have the same depth. */
bool state_join(struct machine *m, struct state *into, const struct state *from, bool widen);

#endif
