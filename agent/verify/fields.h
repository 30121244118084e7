/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which fields of a map's key or value an access touches, by BTF.
 */
#ifndef VERIFY_FIELDS_H
#define VERIFY_FIELDS_H

#include <bpf/btf.h>

#include "num.h"

/* A field that is touched; an array of numbers is one field. */
struct field {
	char path[96]; /* "result[].cell.row"; "" if the whole is no struct */
	const char *type; /* struct that it is a member of, or NULL */
	const char *member; /* or variable, or NULL */
	unsigned int offset; /* in the key or value; of the first element */
	unsigned int size;
	int from; /* byte of the access that is the field's first; -1: not certain, or before it */
	bool is_volatile; /* declared so: variables only */
};

typedef void (*field_fn)(const struct field *f, void *context);

/*
 * Call `fn` for each field of `type` that `size` bytes at some offset out of `at`
 * can touch. `total` is the size of the whole, which the access does not leave. False if there
 * are too many to visit all.
 */
bool fields_visit(const struct btf *btf, __u32 type, unsigned int total, const struct num *at,
		  unsigned int size, field_fn fn, void *context);

#endif
