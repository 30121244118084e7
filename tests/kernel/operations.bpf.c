// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The counting program with each call of a map's helper counted, so that a test
 * can hold requests to a number of map operations, which no clock disturbs.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__u64 lookups;
	__u64 updates;
	__u64 deletes;
	__u64 storage; /* a socket's storage is looked up, or made */
} operations;

#define bpf_map_lookup_elem(map, key) (operations.lookups++, bpf_map_lookup_elem(map, key))
#define bpf_map_update_elem(map, key, value, flags) \
	(operations.updates++, bpf_map_update_elem(map, key, value, flags))
#define bpf_map_delete_elem(map, key) (operations.deletes++, bpf_map_delete_elem(map, key))
#define bpf_sk_storage_get(map, sk, value, flags) \
	(operations.storage++, bpf_sk_storage_get(map, sk, value, flags))

#include "blindcount.bpf.c"
