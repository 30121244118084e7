/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What programs may do: tables of fields, helpers, results and of what map
 * fields may hold. All that is allowed is named here; nothing else is.
 */
#ifndef VERIFY_POLICY_H
#define VERIFY_POLICY_H

#include <stdbool.h>
#include <linux/bpf.h>

enum field_access {
	FIELD_DENIED, /* in the table only to be called by its name */
	FIELD_READ,
	FIELD_ZERO, /* may be overwritten with zero */
};

enum field_yield {
	YIELD_NUMBER,
	YIELD_LENGTH, /* below POLICY_MAX_LENGTH */
	YIELD_SOCKET, /* pointer to the socket, or NULL */
	YIELD_PROTOCOL, /* IP protocol of the socket */
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
	enum bpf_prog_type type;
	const char *claim; /* what a proof of such a program says */
	const struct policy_field *context; /* to a row without name */
	const enum bpf_func_id *helpers; /* to BPF_FUNC_unspec */
	bool reads_packet;
	__u64 result; /* the one return value */
	const char *result_says;
};

/* NULL if programs of this type, for this hook, have no rules here, so can't be proved. */
const struct policy *policy_of(enum bpf_prog_type type, enum bpf_attach_type hook);
bool policy_helper(const struct policy *p, __u32 helper);

extern const struct policy_field policy_sock[];
extern const struct policy_field policy_tcp_sock[];

/* The row that holds offset..offset+size-1 whole, or else the first that overlaps it, or NULL. */
const struct policy_field *policy_field_at(const struct policy_field *table, unsigned int offset,
					   unsigned int size);

/* Constants that the agent sets before loading but that the live check compares. */
bool policy_frozen(const char *variable);

enum land_kind {
	LAND_NUMBER, /* a number computed from payload, up to `max` */
	LAND_CHOSEN, /* chosen from a table by payload */
	LAND_TEXT, /* payload text, made harmless first as far as can be */
	LAND_WINDOW, /* payload as it is */
};

/* What a field of a map's key or value may hold of payload; fields without a rule: nothing. */
struct land_rule {
	const char *map; /* NULL: any map */
	const char *type; /* struct that the field is a member of */
	const char *member;
	enum land_kind kind;
	__u64 max;
	const char *says;
};

const struct land_rule *policy_land(const char *map, const char *type, const char *member);

#endif
