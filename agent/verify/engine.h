/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The abstract interpreter of one program, and the steps it is made of. First
 * it runs silently until no state grows any more; then each state that was
 * found is stepped once again, and only then do findings and stores count.
 */
#ifndef VERIFY_ENGINE_H
#define VERIFY_ENGINE_H

#include "graph.h"
#include "object.h"
#include "policy.h"
#include "proof.h"
#include "state.h"

struct engine {
	struct machine machine;
	const struct object *object;
	const struct policy *policy;
	struct graph graph;
	struct proof *proof;
	bool reporting; /* the second pass */
	int circle; /* a call of a function that is being run; -1: none */
	bool exhausted; /* out of memory or steps: the states are not complete */
	__u64 steps;
	struct context *contexts; /* functions that were entered */
	struct context *program; /* one of them: where it all begins */
};

/* Run the program that starts at `entry`. */
void engine_run(struct engine *e, int entry);

/* finding.c: one finding, if this is the second pass and it is new. */
void engine_find(struct engine *e, int insn, enum proof_reason reason, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Ids that an instruction gives to the values it makes: which is 0..3. */
__u32 engine_id(int insn, int which);
/* A register's value for use; one that was never written is refused. */
struct value engine_use(struct engine *e, int insn, const struct state *s, int reg);

/* alu.c: all of BPF_ALU and BPF_ALU64. */
void engine_alu(struct engine *e, int insn, struct state *s);

/* branch.c: keep what can be if the jump is `taken`; false if nothing can. */
bool engine_branch(struct engine *e, int insn, struct state *s, bool taken);

/* memory.c: BPF_LD, BPF_LDX, BPF_ST, BPF_STX with atomics. */
void engine_memory(struct engine *e, int insn, struct state *s);

/* A piece of memory that a helper reads or writes. */
struct area {
	struct value at;
	struct num size;
};
/* The helper may put payload, header bytes or zeros there. */
void engine_fill(struct engine *e, int insn, struct state *s, const struct area *to, __u16 taint);

/* land.c: stores into maps, held against the rules. */
enum land_part {
	LAND_KEY,
	LAND_VALUE
};
struct store {
	enum land_part part;
	int map;
	struct num at; /* offset in the value */
	unsigned int size;
	struct value value; /* what is stored, if `from` is NULL */
	const struct value *from; /* or: pointer to what is copied */
	bool adds; /* atomically added */
	__u16 where; /* what chose the place */
};
void engine_land(struct engine *e, int insn, const struct state *s, const struct store *store);
/* What a load from a map can yield. */
struct value engine_map_load(struct engine *e, int map, const struct num *at, unsigned int size);

/* packet.c: a load of `size` bytes at `offset` from a pointer into the packet. */
struct value engine_packet_load(struct engine *e, int insn, const struct state *s,
				const struct value *base, int offset, unsigned int size);
/* packet.c: bpf_skb_load_bytes; states after failure and success: false if not one can be. */
void engine_load_bytes(struct engine *e, int insn, const struct state *s, struct state *failed,
		       struct state *loaded);

/* helper.c: calls of helpers that neither fork the state nor call back. */
void engine_helper(struct engine *e, int insn, struct state *s);
/* Registers after a call: r0 is `result`, r1 to r5 are out of use. */
void engine_return(struct engine *e, int insn, struct state *s, struct value result);

#endif
