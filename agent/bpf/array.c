// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Batched map access, with what its commands leave to the caller. */
#include <errno.h>

#include <bpf/bpf.h>

#include "bpf/array.h"

#define BATCH_ARRAY 1024

int array_read(int map, __u32 first, void *values, size_t value_size, size_t count)
{
	__u32 keys[BATCH_ARRAY], before = first - 1; /* -1 comes before index 0 */

	for (size_t got = 0; got < count;) {
		__u32 n = count - got < BATCH_ARRAY ? count - got : BATCH_ARRAY;
		int r = bpf_map_lookup_batch(map, &before, &before, keys,
					     (char *)values + got * value_size, &n, NULL);

		if (r && r != -ENOENT) /* ENOENT: the array's end was reached */
			return r;
		if (!n)
			return -ERANGE;
		got += n;
	}
	return 0;
}
