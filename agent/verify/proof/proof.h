/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Proof that a BPF program never loads who is talking: no source address, source port,
 * or anything computed from them. README.md tells how, what it rests on, and which file does what.
 */
#ifndef AGENT_VERIFY_PROOF_PROOF_H
#define AGENT_VERIFY_PROOF_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "base/error.h"

enum proof_reason {
	PROOF_CONTEXT, /* a context field that is not allowed */
	PROOF_SOCKET, /* a socket field that is not allowed */
	PROOF_PACKET, /* packet bytes that are not allowed */
	PROOF_HELPER, /* a helper that is not allowed */
	PROOF_RETURN, /* it might not pass the packet */
	PROOF_PAYLOAD, /* payload could land where it must not */
	PROOF_UNKNOWN, /* can't be proved either way */
};

struct proof_finding {
	enum proof_reason reason;
	int insn; /* in the object's code; `where` tells it by section */
	char where[160]; /* "instruction 214 (bpf/stream.h:88)" */
	char text[340]; /* plain words */
};

/* An array of a map's value into which the reader puts payload as it is. */
struct proof_payload {
	char map[32];
	char field[112]; /* "window.text" */
	int index; /* of the map in the object */
	__u64 from, to; /* bytes of the value */
};

struct proof {
	char program[64];
	char section[64];
	int instructions; /* of the program and the functions that it can reach */
	int reader; /* of these, in functions that are given the context */
	bool proven; /* no finding */
	const char *claim; /* what is proven then; static */
	struct proof_finding *findings; /* by instruction */
	int finding_count;
	struct proof_payload *payload; /* by map and field */
	int payload_count;
	double seconds;
};

struct proof_set {
	struct proof *proofs;
	int count;
};

/*
 * Prove all programs of an object, or the one called `program`. `image` is the ELF
 * file's content, `name` what to call it in messages. 0 if the proof was tried:
 * look at each `proven`. -EINVAL if the object can't be read, -ENOENT if there is no such
 * program, -ENOMEM; *set then holds nothing.
 */
int proof_run(const void *image, size_t size, const char *name, const char *program,
	      struct proof_set *set, struct error *e);
void proof_set_free(struct proof_set *set);

struct object;
struct object_array;
/* Note where payload goes; 0 or -ENOMEM. */
int proof_add_payload(struct proof *p, const struct object *o, int map,
		      const struct object_array *array);
/* The array with payload that bytes from..to-1 of a map's value touch, by its name; or NULL. */
const char *proof_payload_at(const struct proof *p, int map, __u64 from, __u64 to);

#endif
