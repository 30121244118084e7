/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The memory of one proof: a fixed budget of address space, of which only
 * what is used is ever touched. The engine asks pool_low() between two
 * steps and gives up in words; a step itself needs far less than the reserve,
 * so that no transfer function has to handle a failed allocation.
 */
#ifndef VERIFY_POOL_H
#define VERIFY_POOL_H

#include <stdbool.h>
#include <stddef.h>

#define POOL_CLASSES 24

struct pool {
	char *base;
	size_t used, size;
	void *free[POOL_CLASSES]; /* by power of two */
};

/* 0 or -ENOMEM. */
int pool_init(struct pool *pool);
void pool_destroy(struct pool *pool);

/* Less than the reserve is left. */
bool pool_low(const struct pool *pool);

/* Zeroed memory, aligned for anything. */
void *pool_alloc(struct pool *pool, size_t size);
/* `size` as it was allocated; NULL is fine. */
void pool_free(struct pool *pool, void *memory, size_t size);

#endif
