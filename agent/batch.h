/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reads and empties whole maps in few system calls. */
#ifndef AGENT_BATCH_H
#define AGENT_BATCH_H

#include <stddef.h>

#include <linux/types.h>

/*
 * Read all entries of a hash map that nothing writes to. `keys` and `values`
 * have room for `room` entries, which is more than the map may hold. Returns
 * how many there are, or a negative errno.
 */
long batch_read(int map, void *keys, size_t key_size, void *values, size_t value_size, size_t room);

/* Read `count` values of an array, from index `first` on. Returns 0 or a negative errno. */
int batch_read_array(int map, __u32 first, void *values, size_t value_size, size_t count);

/* Delete these entries; those that are gone already are no error. */
int batch_delete(int map, const void *keys, size_t key_size, size_t count);

#endif
