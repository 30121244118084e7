// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Control flow: blocks, reverse postorder, loop heads, live registers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

bool graph_is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static bool is_jump_class(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP || BPF_CLASS(insn->code) == BPF_JMP32;
}

bool graph_ends_block(const struct bpf_insn *insn)
{
	return is_jump_class(insn);
}

bool graph_is_jump(const struct bpf_insn *insn)
{
	return is_jump_class(insn) && BPF_OP(insn->code) != BPF_CALL &&
	       BPF_OP(insn->code) != BPF_EXIT;
}

bool graph_is_exit(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_EXIT);
}

static bool always_jumps(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JA);
}

/* Mark instructions that start a block; check that jumps stay in their function. */
static int mark_leaders(const struct object *o, const struct object_function *f, bool *leader,
			struct error *e)
{
	leader[f->start] = true;
	for (int i = f->start; i < f->end; i++) {
		const struct bpf_insn *insn = &o->code[i];
		int target = i + 1 + insn->off;

		if (insn->dst_reg > BPF_REG_10 || insn->src_reg > BPF_REG_10)
			return error_set(e, EINVAL, "a register of function '%s' does not exist",
					 f->name);
		if (graph_is_wide(insn))
			i++;
		if (i + 1 >= f->end && !graph_is_exit(insn) && !always_jumps(insn))
			return error_set(e, EINVAL, "function '%s' runs past its end", f->name);
		if (!graph_ends_block(insn))
			continue;
		if (i + 1 < f->end)
			leader[i + 1] = true;
		if (!graph_is_jump(insn))
			continue;
		if (target < f->start || target >= f->end)
			return error_set(e, EINVAL, "a jump leads out of function '%s'", f->name);
		leader[target] = true;
	}
	return 0;
}

static void cut_blocks(struct graph *g, const struct object_function *f, const bool *leader)
{
	for (int i = f->start; i < f->end; i++) {
		if (leader[i])
			g->block[g->block_count++] = (struct block){.start = i, .next = {-1, -1}};
		g->block[g->block_count - 1].end = i + 1;
		g->block_of[i] = g->block_count - 1;
	}
}

static void link_blocks(struct graph *g, int first)
{
	for (int b = first; b < g->block_count; b++) {
		struct block *block = &g->block[b];
		const struct bpf_insn *last = &g->object->code[block->end - 1];

		if (!graph_is_exit(last) && !always_jumps(last))
			block->next[0] = b + 1;
		if (graph_is_jump(last))
			block->next[1] = g->block_of[block->end + last->off];
	}
}

/* Depth-first search without recursion: order the blocks, find edges that lead back. */
static int order_blocks(struct graph *g, int first)
{
	int count = g->block_count - first, depth = 0, order = count;
	enum {
		NEW,
		OPEN,
		DONE
	} *seen = calloc(count, sizeof(*seen));
	int *stack = calloc(count, sizeof(*stack));
	char *edge = calloc(count, 1);
	int err = -ENOMEM;

	if (!seen || !stack || !edge)
		goto out;
	stack[depth] = first;
	seen[0] = OPEN;
	while (depth >= 0) {
		int b = stack[depth];
		int next = edge[b - first] < 2 ? g->block[b].next[(int)edge[b - first]++] : -2;

		if (next == -2) {
			seen[b - first] = DONE;
			g->block[b].order = --order;
			depth--;
		} else if (next >= 0 && seen[next - first] == OPEN) {
			g->block[next].loop_head = true;
		} else if (next >= 0 && seen[next - first] == NEW) {
			seen[next - first] = OPEN;
			stack[++depth] = next;
		}
	}
	err = 0;
out:
	free(seen);
	free(stack);
	free(edge);
	return err;
}

#define ARGUMENTS 0x3eU /* r1 to r5 */

/* Arguments that a helper reads: what the others hold when it is called is nothing to it. */
static __u32 helper_arguments(__u32 helper)
{
	switch (helper) {
	case BPF_FUNC_spin_lock:
	case BPF_FUNC_spin_unlock:
	case BPF_FUNC_sk_fullsock:
	case BPF_FUNC_tcp_sock:
		return 0x02; /* r1 */
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_delete_elem:
	case BPF_FUNC_sk_storage_delete:
		return 0x06; /* r1 and r2 */
	default:
		return ARGUMENTS;
	}
}

/* Arguments that a call reads: of a function in the object those that it uses itself. */
static __u32 live_arguments(const struct graph *g, int at)
{
	const struct bpf_insn *insn = &g->object->code[at];
	const struct object_ref *ref = &g->object->ref[at];
	const struct object_function *f;

	if (!insn->src_reg)
		return helper_arguments(insn->imm);
	if (insn->src_reg != BPF_PSEUDO_CALL || ref->kind != REF_CODE)
		return ARGUMENTS;
	f = object_function_at(g->object, ref->index);
	if (!f || f->start != ref->index)
		return ARGUMENTS;
	return g->block[g->block_of[f->start]].live & ARGUMENTS;
}

/* Registers in use before an instruction, from those in use after it. */
static __u32 live_before(const struct graph *g, int at, __u32 live)
{
	const struct bpf_insn *insn = &g->object->code[at];
	__u32 dst = 1U << insn->dst_reg, src = 1U << insn->src_reg;

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_OP(insn->code) == BPF_MOV)
			live &= ~dst;
		else
			live |= dst;
		return BPF_SRC(insn->code) == BPF_X && BPF_OP(insn->code) != BPF_END ? live | src
										     : live;
	case BPF_LD:
		/* The second half of a wide instruction has code 0 and names no register. */
		return insn->code ? live & ~dst : live;
	case BPF_LDX:
		return (live & ~dst) | src;
	case BPF_ST:
		return live | dst;
	case BPF_STX:
		/* cmpxchg reads r0, too. */
		return live | dst | src | (BPF_MODE(insn->code) == BPF_ATOMIC ? 1 : 0);
	default:
		break;
	}
	if (graph_is_exit(insn))
		return 1;
	if (BPF_OP(insn->code) == BPF_CALL)
		return (live & ~(ARGUMENTS | 1)) | live_arguments(g, at);
	if (always_jumps(insn))
		return live;
	return live | dst | (BPF_SRC(insn->code) == BPF_X ? src : 0);
}

static __u32 block_live(const struct graph *g, const struct block *b)
{
	__u32 live = 0;

	for (int i = 0; i < 2; i++)
		if (b->next[i] >= 0)
			live |= g->block[b->next[i]].live;
	for (int i = b->end - 1; i >= b->start; i--)
		live = live_before(g, i, live);
	return live;
}

static void find_live(struct graph *g)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (int b = g->block_count - 1; b >= 0; b--) {
			__u32 live = block_live(g, &g->block[b]);

			changed |= live != g->block[b].live;
			g->block[b].live = live;
		}
	}
}

int graph_build(struct graph *g, const struct object *o, struct error *e)
{
	bool *leader = calloc(o->code_count, sizeof(*leader));
	int err = -ENOMEM;

	*g = (struct graph){.object = o};
	g->block = calloc(o->code_count, sizeof(*g->block));
	g->block_of = calloc(o->code_count, sizeof(*g->block_of));
	if (leader && g->block && g->block_of)
		err = 0;
	for (int i = 0; !err && i < o->function_count; i++) {
		const struct object_function *f = &o->function[i];
		int first = g->block_count;

		if (i && f->start < o->function[i - 1].end) {
			err = error_set(e, EINVAL, "functions overlap");
			break;
		}
		err = mark_leaders(o, f, leader, e);
		if (err)
			break;
		cut_blocks(g, f, leader);
		link_blocks(g, first);
		err = order_blocks(g, first);
	}
	if (!err)
		find_live(g);
	free(leader);
	if (err)
		graph_free(g);
	return err;
}

void graph_free(struct graph *g)
{
	free(g->block);
	free(g->block_of);
	*g = (struct graph){0};
}
