/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is known of three bytes of the packet on which every offset depends,
 * and scalars as functions of them.
 *
 * A scalar may be `f(version byte) + g(data offset byte) + rest`. A function of
 * one byte is a table of 256 values, so that masks, shifts and products are
 * exact whatever the compiler made of them, and each branch on such a scalar
 * removes the very bytes that don't take it. The facts are part of each state:
 * the bytes that are still possible on the way to here.
 */
#ifndef VERIFY_HEADER_H
#define VERIFY_HEADER_H

#include <stdbool.h>
#include <linux/types.h>

#include "num.h"

enum header_byte {
	HEADER_VERSION, /* byte 0 of the network header: version, IHL */
	HEADER_NEXT, /* byte 6: the next header, if version is 6 */
	HEADER_DOFF, /* byte 12 of the TCP header: data offset */
	HEADER_BYTES,
};

#define HEADER_VALUES 256

struct facts {
	/*
	 * Possible values as bit sets. The set of HEADER_NEXT holds for IPv6 only: it
	 * is empty where the version can't be 6.
	 */
	__u64 set[HEADER_BYTES][HEADER_VALUES / 64];
	__u8 tcp; /* the packet's socket is a TCP socket */
	__u8 unused[7];
};

/* Functions of one byte, by number: 0 is always 0, that is, none; 1 is the byte itself. */
#define HEADER_IDENTITY 1
#define HEADER_FUNCTIONS 512
struct header_table {
	unsigned int count;
	__u64 value[HEADER_FUNCTIONS][HEADER_VALUES];
};

void facts_init(struct facts *f);
bool facts_have(const struct facts *f, enum header_byte byte, unsigned int value);
/* Some packet can still be of this IP version. */
bool facts_version(const struct facts *f, unsigned int version);
/* IPv6's next header can have this value (false if no packet can be IPv6). */
bool facts_next(const struct facts *f, unsigned int value);
/* The TCP header can be found: in IPv4 behind a checked IHL, in IPv6 if it comes next. */
bool facts_located(const struct facts *f);
/* into := what can be in either. */
void facts_join(struct facts *into, const struct facts *from);
/* into := what is in both; false if no packet is. */
bool facts_meet(struct facts *into, const struct facts *with);

void header_table_init(struct header_table *t);
/* Find or add a function and give its number; false if the table is full. */
bool header_function(struct header_table *t, const __u64 value[HEADER_VALUES], __u16 *fn);

/* Bounds of function `fn` over the values that `byte` can still have. */
void header_bounds(const struct header_table *t, const struct facts *f, enum header_byte byte,
		   __u16 fn, __s64 *lo, __s64 *hi);

/*
 * Keep those values of `byte` for which `fn(value) + add op k` is `taken`, in 64 bits or, if
 * `narrow`, in 32. False if none is left.
 */
struct header_test {
	enum header_byte byte;
	__u16 fn;
	__u64 add, k;
	unsigned int op;
	bool narrow, taken;
};
bool facts_filter(struct facts *f, const struct header_table *t, const struct header_test *test);

#endif
