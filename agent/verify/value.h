/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Abstract values: what a register or a piece of stack may hold.
 */
#ifndef VERIFY_VALUE_H
#define VERIFY_VALUE_H

#include "header.h"
#include "num.h"

enum value_kind {
	VALUE_NONE, /* never written, or out of use: reading it is refused */
	VALUE_SCALAR,
	VALUE_BYTES, /* stack only: unknown scalars of any size */
	VALUE_CTX,
	VALUE_STACK, /* ref: frame's depth; num: offset, 0 is the frame's end */
	VALUE_MAP, /* ref: map */
	VALUE_MAP_VALUE, /* ref: map; num: offset */
	VALUE_PACKET, /* num, and fn with rest: offset from the packet's first byte */
	VALUE_PACKET_END,
	VALUE_SOCK,
	VALUE_TCP_SOCK,
	VALUE_FUNCTION, /* ref: its first instruction */
	VALUE_LOST, /* one of several kinds: may be handed on, but not used as a pointer */
};

/*
 * What a value took from payload: two bits for each of its eight bytes, so that what
 * the compiler moves together stays apart. Only explicit flow: a branch on payload is
 * not followed (see proof.h). Taints are joined by OR.
 */
#define TAINT_NONE 0
#define TAINT_CHOSEN 0x5555 /* payload chose it from a table: its bits are not payload's */
#define TAINT_PAYLOAD 0xffff /* payload, or computed from it */

/* The worst of all bytes, for all bytes. */
static inline __u16 taint_all(__u16 taint)
{
	return taint & 0xaaaa ? TAINT_PAYLOAD : taint ? TAINT_CHOSEN : TAINT_NONE;
}

/* Taint of `size` bytes at `from`. */
static inline __u16 taint_part(__u16 taint, int from, int size)
{
	return taint >> (2 * from) & ((1U << (2 * size)) - 1);
}

/* A scalar that is exactly what a field held, until it is computed with. */
enum value_tag {
	TAG_NONE,
	TAG_PROTOCOL, /* bpf_sock.protocol */
};

/* No padding: values are compared as memory. */
struct value {
	__u8 kind;
	__u8 null; /* pointers: may be NULL */
	__u16 taint; /* pointers: of the choice where it points */
	__u32 id; /* values of one id are equal; 0: not known */
	__s32 ref;
	__u16 fn[HEADER_BYTES]; /* scalar (or packet offset) is fn[0](byte) + … + rest, modulo 2^64 */
	__u16 tag;
	__u32 unused;
	struct num num; /* scalar, or pointer's offset */
	struct num rest; /* only if one of fn is there */
};

struct value value_scalar(struct num num, __u16 taint);
struct value value_bytes(__u16 taint);
struct value value_pointer(enum value_kind kind, int ref, bool null);

bool value_is_scalar(const struct value *v);
bool value_is_pointer(const struct value *v);
bool value_has_function(const struct value *v);
/* A scalar, or the offset of a pointer into the packet: functions of header bytes. */
bool value_is_offset(const struct value *v);
/* Forget that it is a function of header bytes. */
void value_drop_function(struct value *v);

/* One side of a join: a value and the facts that hold beside it. */
struct side {
	const struct value *value;
	const struct facts *facts;
};

/*
 * One side is a function of header bytes, and their join would not be: states
 * are better kept apart. (Not so if the other is no scalar: a stack slot in new use.)
 */
bool value_join_loses(struct header_table *t, struct side a, struct side b);
/* What holds on either side; `widen` if `old` is a loop's earlier state. The id is left 0. */
struct value value_join(struct header_table *t, struct side old, struct side new, bool widen);

#endif
