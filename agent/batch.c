// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Batched map access, with what its commands leave to the caller. */
#include <errno.h>

#include <bpf/bpf.h>

#include "batch.h"

#define BATCH_ARRAY 1024

long batch_read(int map, void *keys, size_t key_size, void *values, size_t value_size, size_t room)
{
	__u32 batch, count;
	size_t got = 0;
	int r;

	do {
		count = room - got;
		if (!count)
			return -E2BIG;
		r = bpf_map_lookup_batch(map, got ? &batch : NULL, &batch,
					 (char *)keys + got * key_size,
					 (char *)values + got * value_size, &count, NULL);
		if (r && r != -ENOENT) /* ENOENT: that was all */
			return r;
		got += count;
	} while (!r);
	return got;
}

int batch_read_array(int map, __u32 first, void *values, size_t value_size, size_t count)
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

int batch_delete(int map, const void *keys, size_t key_size, size_t count)
{
	size_t done = 0;

	while (done < count) {
		const char *from = (const char *)keys + done * key_size;
		__u32 n = count - done;
		int r = bpf_map_delete_batch(map, from, &n, NULL);

		done += n;
		if (r == -ENOENT)
			done++; /* the one behind those deleted */
		else if (r)
			return r;
	}
	return 0;
}
