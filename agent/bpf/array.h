/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reads arrays in few system calls. */
#ifndef AGENT_BPF_ARRAY_H
#define AGENT_BPF_ARRAY_H

#include <stddef.h>

#include <linux/types.h>

/* Read `count` values of an array, from index `first` on. Returns 0 or a negative errno. */
int array_read(int map, __u32 first, void *values, size_t value_size, size_t count);

#endif
