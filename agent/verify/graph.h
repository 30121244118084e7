/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Control flow of the object's code: blocks, their order, loops and which registers
 * are still in use.
 */
#ifndef VERIFY_GRAPH_H
#define VERIFY_GRAPH_H

#include <stdbool.h>

#include "object.h"

struct block {
	int start, end; /* instructions start..end-1 */
	int next[2]; /* blocks: fall through, jump; -1: none */
	int order; /* in reverse postorder within its function */
	bool loop_head;
	__u32 live; /* registers in use at its start */
};

struct graph {
	const struct object *object;
	struct block *block;
	int block_count;
	int *block_of; /* by instruction */
};

/* 0, -ENOMEM, or -EINVAL if code runs out of a function: e says where. */
int graph_build(struct graph *g, const struct object *o, struct error *e);
void graph_free(struct graph *g);

/* The instruction is a jump, a call or an exit: it ends its block. */
bool graph_ends_block(const struct bpf_insn *insn);
bool graph_is_jump(const struct bpf_insn *insn); /* conditional or not; no call, no exit */
bool graph_is_exit(const struct bpf_insn *insn);
bool graph_is_wide(const struct bpf_insn *insn); /* takes two places */

#endif
