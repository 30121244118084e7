/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Stack frames as sorted lists of pieces.
 */
#ifndef VERIFY_FRAME_H
#define VERIFY_FRAME_H

#include "state.h"

struct frame *frame_new(struct machine *m, __u32 room);
struct frame *frame_share(struct frame *f);
void frame_drop(struct machine *m, struct frame *f);
/* Make *f writable with room for `more` pieces. */
void frame_own(struct machine *m, struct frame **f, __u32 more);

bool frame_equal(const struct frame *a, const struct frame *b);
/* A frame that stands for either. It is shared with `a` if both are equal;
 * ids of a new one are left 0.
 */
struct frame *frame_join(struct machine *m, struct frame *a, const struct facts *facts_a,
			 const struct frame *b, const struct facts *facts_b, bool widen);

/* Some piece of both is a function on one side only (value_join_loses()). */
bool frame_join_loses(struct machine *m, const struct frame *a, const struct facts *facts_a,
		      const struct frame *b, const struct facts *facts_b);

/* `size` bytes at `from` of a piece's value, as a scalar. */
struct value piece_part(const struct piece *p, int from, int size);

#endif
