/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where the interpreter keeps the states that it found.
 */
#ifndef VERIFY_CONTEXT_H
#define VERIFY_CONTEXT_H

#include "state.h"

#define SHAPES 12 /* states kept apart at one place */

/* The states at one place. */
struct place {
	struct state *state[SHAPES];
	__u64 shape[SHAPES];
	__u16 joins[SHAPES];
	__u16 dirty; /* bit set: states that grew since they were last stepped */
	__u8 count;
	bool by_result; /* what r0 says is part of the shape: callers ask for it first */
};

/* A function, as it sees so many frames of its callers. */
struct context {
	struct context *next;
	int first; /* block at which it begins */
	int count; /* of its blocks */
	int visible; /* frames of its callers */
	__u64 key; /* see context_key() */
	bool active; /* being run: a call of it is recursion */
	struct place *place; /* by block, from `first` on */
	struct place exits; /* states after its end */
};

#endif
