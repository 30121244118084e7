/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reads and empties a whole hash map in few system calls. */
#ifndef AGENT_BATCH_H
#define AGENT_BATCH_H

#include <stddef.h>

/*
 * Read all entries of a hash map that nothing writes to. `keys` and `values`
 * have room for `room` entries, which is more than the map may hold. Returns
 * how many there are, or a negative errno.
 */
long batch_read(int map, void *keys, size_t key_size, void *values, size_t value_size, size_t room);

/* Delete these entries; those that are gone already are no error. */
int batch_delete(int map, const void *keys, size_t key_size, size_t count);

#endif
