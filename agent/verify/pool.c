// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The memory of one proof: size classes over one reserved mapping. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "pool.h"

#define POOL_SIZE ((size_t)1 << 30)
#define POOL_RESERVE ((size_t)1 << 26)
#define POOL_SMALLEST 5 /* log2 of the smallest class */

int pool_init(struct pool *pool)
{
	void *base = mmap(NULL, POOL_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return -ENOMEM;
	*pool = (struct pool){.base = base, .size = POOL_SIZE};
	return 0;
}

void pool_destroy(struct pool *pool)
{
	if (pool->base)
		munmap(pool->base, pool->size);
	pool->base = NULL;
}

bool pool_low(const struct pool *pool)
{
	return pool->size - pool->used < POOL_RESERVE;
}

static unsigned int class_of(size_t size)
{
	unsigned int class = POOL_SMALLEST;

	while ((size_t)1 << class < size)
		class ++;
	return class;
}

void *pool_alloc(struct pool *pool, size_t size)
{
	unsigned int class = class_of(size);
	void **p = pool->free[class - POOL_SMALLEST];

	if (p) {
		pool->free[class - POOL_SMALLEST] = *p;
		return memset(p, 0, size);
	}
	p = (void **)(pool->base + pool->used);
	pool->used += (size_t)1 << class;
	return p;
}

void pool_free(struct pool *pool, void *memory, size_t size)
{
	unsigned int class = class_of(size);

	if (!memory)
		return;
	*(void **)memory = pool->free[class - POOL_SMALLEST];
	pool->free[class - POOL_SMALLEST] = memory;
}
