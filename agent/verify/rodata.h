/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The constants of an object (`const volatile`), by name. */
#ifndef AGENT_VERIFY_RODATA_H
#define AGENT_VERIFY_RODATA_H

#include <stddef.h>
#include <bpf/libbpf.h>

/* The map that holds them, or NULL. */
struct bpf_map *rodata_map(const struct bpf_object *object);

/*
 * Where a constant lies in that map's value, and its size in bytes; -ENOENT if
 * there is none of this name.
 */
int rodata_find(const struct bpf_object *object, const char *name, size_t *offset, size_t *size);

/*
 * Set a constant of an object that is not loaded yet; `size` is the constant's own, or
 * less for the first elements of an array. Returns 0, -ENOENT, -EINVAL or -ENOMEM.
 */
int rodata_set(const struct bpf_object *object, const char *name, const void *value, size_t size);

#endif
