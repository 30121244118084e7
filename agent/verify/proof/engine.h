/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The abstract interpreter of the reader, and the steps it is made of. It runs twice: first
 * until no state grows any more, to learn where payload is put, then once more, and only
 * then do findings count.
 */
#ifndef AGENT_VERIFY_PROOF_ENGINE_H
#define AGENT_VERIFY_PROOF_ENGINE_H

#include "verify/proof/object.h"
#include "verify/proof/policy.h"
#include "verify/proof/proof.h"
#include "verify/proof/state.h"

/* A place in the code where ways meet, and the state there. */
struct node {
	struct node *next; /* of the same bucket */
	struct node *behind; /* of the same instruction, and waiting too */
	int insn;
	unsigned int joins;
	bool waits; /* it grew since it was gone on from */
	struct state *state; /* as large as it has cells */
};

#define ENGINE_BUCKETS 64 /* of an instruction's nodes */
#define ENGINE_MEETS 1 /* of a place: a jump leads here */
#define ENGINE_BACK 2 /* from behind */

struct engine {
	const struct object *object;
	const struct policy *policy;
	struct proof *proof;
	bool reporting; /* the second run */
	bool exhausted; /* out of memory or steps: the states are not complete */
	__u64 steps;
	unsigned char *place; /* by instruction */
	struct node **node; /* by instruction and bucket */
	struct node **waiting; /* by instruction: the first of those that wait */
	int first; /* no node of an earlier instruction waits */
};

/* Run the program that starts at `entry`; 0, -ENOMEM. What was found is kept until it is freed. */
int engine_run(struct engine *e, int entry);
void engine_free(struct engine *e);
/* Carry a state, which an instruction made besides its own, on from `insn`. */
void engine_fork(struct engine *e, int insn, const struct state *s);

/* finding.c: one finding, if this is the second run and the first at this instruction. */
void engine_find(struct engine *e, int insn, enum proof_reason reason, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* step.c: a register's value for use; one that is not known to be anything is refused. */
struct value engine_use(struct engine *e, int insn, const struct state *s, int reg);
void engine_alu(struct engine *e, int insn, struct state *s);
/* Keep what can be if the jump is `taken`; false if nothing can. */
bool engine_branch(struct engine *e, int insn, struct state *s, bool taken);
/* A register's number, and its copies, are known to be in a range. */
void engine_settle(struct state *s, int reg, const struct scalar *scalar);

/* memory.c: loads, stores, atomics. `s` goes on behind the instruction. */
void engine_memory(struct engine *e, int insn, struct state *s);
/* Memory that is read or written from outside: it must be stack that holds numbers, or map. */
bool engine_reads(struct engine *e, int insn, const struct state *s, const struct value *at,
		  __u64 size, const char *what);
void engine_overwrites(struct engine *e, int insn, struct state *s, const struct value *at,
		       __u64 size, bool all);
/*
 * Load `size` bytes of what decides on the case: *v is the value in *s, and each further
 * case goes on behind the instruction on its own, after `put` did with it what is to be done.
 */
typedef void (*engine_put)(struct engine *e, int insn, struct state *s, const struct value *v);
void engine_split(struct engine *e, int insn, struct state *s, enum fact fact, unsigned int size,
		  engine_put put);

/* packet.c: which byte of a fact the packet's byte at `at` is; FACTS: none. */
enum fact packet_fact(const struct state *s, const struct scalar *at);
/* May these bytes be read? A finding if not. *payload: all are payload. */
bool packet_check(struct engine *e, int insn, const struct state *s, const struct scalar *at,
		  const struct scalar *size, bool *payload);
/* bpf_skb_load_bytes */
void packet_load_bytes(struct engine *e, int insn, struct state *s);

/* helper.c: calls of helpers and of functions that are verified apart. */
void engine_helper(struct engine *e, int insn, struct state *s);
void engine_call_apart(struct engine *e, int insn, struct state *s,
		       const struct object_function *f);
/* Registers after a call. */
void engine_return(struct state *s, struct value result);

#endif
