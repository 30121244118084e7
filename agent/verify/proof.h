/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Proof that a BPF program never loads who is talking: no source address,
 * source port, or anything computed from them. README.md tells what of it is where.
 *
 * The program is in two parts. The reader is its entry and the static functions that this
 * calls: it alone is given the context. All else is in global functions, which the
 * kernel verifies by themselves, from what their parameters are declared to be.
 *
 * The reader is proved by abstract interpretation (Cousot and Cousot, 1977): each
 * instruction runs on descriptions of sets of machine states (state.h), descriptions that
 * meet at one place are joined, loops are widened until nothing changes any more. What
 * then stands beside an instruction covers all that can happen there in any run. Every
 * load from the context, a socket or the packet, every call, every store to a map and the
 * return value is held against tables of what is allowed (policy.c). What is not
 * understood is refused.
 *
 * The other functions (apart.c) can load nothing of a packet or socket: their parameters are
 * numbers and pointers to memory, the reader hands them nothing else, and of the helpers that
 * they call none yields a pointer to anything but memory.
 *
 * Why that is enough. A program computes from what it loads. If no load can
 * yield a source address or a value made from one, then for two runs whose
 * inputs differ in nothing else, each instruction sees the same values: the
 * same branches are taken, the same bytes reach the maps. So neither values
 * nor branches, loop counts or positions can carry the address, and no tracking
 * of information flow is needed for it. Allow-lists make this a claim about
 * everything that is not named, too.
 *
 * Assumptions, without which the proof says nothing:
 *   1. The kernel accepts the program, with its BTF. Memory safety is the kernel verifier's
 *      part: an access that would leave its object, or go through NULL, can't happen, and
 *      global functions get what their parameters say.
 *   2. The kernel does what its documentation says, of instructions and of helpers.
 *   3. The hook's contract: at cgroup_skb the packet starts with its network header
 *      and is shorter than 2^30 bytes; the header's fields don't change during
 *      a run; skb->sk is the socket that the packet is for, its protocol is one of IP and does
 *      not change; behind IPv4 of a TCP socket's packet, and behind IPv6 with next header
 *      6, stands a TCP header.
 *   4. No one else with root's powers on the host helps: maps hold what this program
 *      and the agent put there, and frozen data is as in the object
 *      (what runs is compared with the object elsewhere).
 *   5. Values that the kernel derived from the peer are not covered where they
 *      are allowed: TCP's sequence numbers were chosen by the peer. Which processor runs the
 *      program may depend on a hash of the addresses: what is kept per processor is summed up
 *      or wiped.
 *
 * Payload is another matter: the program must read it. It is proved that the reader puts it
 * into arrays of maps that are named, and doesn't look at it. What the other functions
 * make of it is tested, not proved.
 */
#ifndef VERIFY_PROOF_H
#define VERIFY_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "error.h"

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
