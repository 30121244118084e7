/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What programs may do: tables of fields, helpers, maps and results. All that is
 * allowed is named here; nothing else is.
 */
#ifndef AGENT_VERIFY_PROOF_POLICY_H
#define AGENT_VERIFY_PROOF_POLICY_H

#include <stdbool.h>
#include <linux/bpf.h>

enum field_access {
	FIELD_DENIED, /* in the table only to be called by its name, which BTF may lack */
	FIELD_READ,
	FIELD_ZERO, /* may be overwritten with zero */
};

enum field_yield {
	YIELD_NUMBER,
	YIELD_LENGTH, /* below POLICY_MAX_LENGTH */
	YIELD_SOCKET, /* pointer to the socket, or NULL */
	YIELD_PROTOCOL, /* IP protocol of the socket, below IPPROTO_MAX */
	YIELD_PACKET, /* pointer to the packet's first byte */
	YIELD_PACKET_END,
};

/* A packet's length, by the hook's contract, is below this. */
#define POLICY_MAX_LENGTH (1U << 30)

struct policy_field {
	const char *name;
	unsigned int offset, size;
	enum field_access access;
	enum field_yield yield;
};

struct policy {
	const char *claim; /* what a proof of such a program says */
	const struct policy_field *context; /* to a row without name */
	const char *context_type;
	const enum bpf_func_id *helpers; /* of the reader, to BPF_FUNC_unspec */
	bool reads_packet;
	__u64 result; /* the one return value */
	const char *result_says;
};

/* NULL if programs of this section have no rules here, so can't be proved. */
const struct policy *policy_of(const char *section);
/* Helpers that functions may call which the kernel verifies apart, and what they call. */
extern const enum bpf_func_id policy_apart[];
bool policy_helper(const enum bpf_func_id *list, __u32 helper);
const char *policy_helper_name(__u32 helper);
/* Maps that hold what is put there, and nothing else. */
bool policy_map(enum bpf_map_type type);
/* Structs that the kernel gives a meaning of their own in a function's parameters. */
bool policy_struct(const char *name);

extern const struct policy_field policy_sock[];
extern const struct policy_field policy_tcp_sock[];

/* The row that holds offset..offset+size-1 whole, or NULL. */
const struct policy_field *policy_field_at(const struct policy_field *table, __u64 offset,
					   unsigned int size);

/* Constants that the agent sets before loading but that the live check compares. */
bool policy_frozen(const char *variable);

#endif
