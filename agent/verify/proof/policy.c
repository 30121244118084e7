// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What programs may do: the tables. */
#include <stddef.h>
#include <string.h>

#include "verify/proof/policy.h"

#define FIELD(type, member, access, yield)                                                  \
	{                                                                                   \
#member, offsetof(struct type, member), sizeof(((struct type *)0)->member), \
			access, yield                                                       \
	}
#define READ(type, member) FIELD(type, member, FIELD_READ, YIELD_NUMBER)
#define DENY(type, member) FIELD(type, member, FIELD_DENIED, YIELD_NUMBER)
#define ZERO(type, member) FIELD(type, member, FIELD_ZERO, YIELD_NUMBER)
#define END       \
	{         \
		0 \
	}

static const struct policy_field skb_fields[] = {
	FIELD(__sk_buff, len, FIELD_READ, YIELD_LENGTH),
	FIELD(__sk_buff, sk, FIELD_READ, YIELD_SOCKET),
	FIELD(__sk_buff, data, FIELD_READ, YIELD_PACKET),
	FIELD(__sk_buff, data_end, FIELD_READ, YIELD_PACKET_END),
	END,
};

static const struct policy_field sock_addr_fields[] = {
	READ(bpf_sock_addr, protocol),	FIELD(bpf_sock_addr, sk, FIELD_READ, YIELD_SOCKET),
	ZERO(bpf_sock_addr, user_ip4),	ZERO(bpf_sock_addr, user_ip6),
	ZERO(bpf_sock_addr, user_port), END,
};

/* Not the family, which lies for mapped IPv4, nor what the card chose by hashing addresses. */
const struct policy_field policy_sock[] = {
	FIELD(bpf_sock, protocol, FIELD_READ, YIELD_PROTOCOL),
	READ(bpf_sock, src_port), /* the local one, in host order */
	READ(bpf_sock, state),
	DENY(bpf_sock, src_ip4),
	DENY(bpf_sock, src_ip6),
	DENY(bpf_sock, dst_port),
	DENY(bpf_sock, dst_ip4),
	DENY(bpf_sock, dst_ip6),
	DENY(bpf_sock, rx_queue_mapping),
	END,
};

/* Its own sequence numbers are hashes of the addresses at first. */
const struct policy_field policy_tcp_sock[] = {
	READ(bpf_tcp_sock, rcv_nxt),
	READ(bpf_tcp_sock, bytes_received),
	READ(bpf_tcp_sock, data_segs_in),
	READ(bpf_tcp_sock, bytes_acked),
	DENY(bpf_tcp_sock, snd_nxt),
	DENY(bpf_tcp_sock, snd_una),
	END,
};

static const enum bpf_func_id skb_helpers[] = {
	BPF_FUNC_map_lookup_elem, BPF_FUNC_map_update_elem,   BPF_FUNC_map_delete_elem,
	BPF_FUNC_sk_fullsock,	  BPF_FUNC_tcp_sock,	      BPF_FUNC_skc_to_mptcp_sock,
	BPF_FUNC_sk_storage_get,  BPF_FUNC_sk_storage_delete, BPF_FUNC_skb_load_bytes,
	BPF_FUNC_unspec,
};

const enum bpf_func_id policy_apart[] = {
	BPF_FUNC_map_lookup_elem, BPF_FUNC_map_update_elem, BPF_FUNC_map_delete_elem, BPF_FUNC_loop,
	BPF_FUNC_unspec,
};

static const enum bpf_map_type map_types[] = {
	BPF_MAP_TYPE_HASH,	   BPF_MAP_TYPE_ARRAY,	       BPF_MAP_TYPE_PERCPU_HASH,
	BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_LRU_HASH,      BPF_MAP_TYPE_LRU_PERCPU_HASH,
	BPF_MAP_TYPE_LPM_TRIE,	   BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS,
};

static const char *const kernel_structs[] = {
	"__sk_buff",  "sk_buff",   "bpf_sock",	    "bpf_tcp_sock", "sock",	  "sock_common",
	"tcp_sock",   "socket",	   "bpf_sock_addr", "bpf_sock_ops", "bpf_dynptr", "bpf_dynptr_kern",
	"mptcp_sock", "tcp6_sock", "request_sock",  "inet_sock",
};

static const enum bpf_func_id sock_addr_helpers[] = {
	BPF_FUNC_unspec,
};

static const struct policy ingress = {
	.claim = "it never loads a source address, source port or anything computed from them, "
		 "calls "
		 "only helpers that are allowed, and always lets the packet pass; payload it puts "
		 "into arrays of maps, unseen, for functions that are never given packet or socket",
	.context = skb_fields,
	.context_type = "__sk_buff",
	.helpers = skb_helpers,
	.reads_packet = true,
	.result = 1,
	.result_says = "pass",
};

static const struct policy sock_addr = {
	.claim = "it never loads an address or port, puts nothing but zeros over them, "
		 "calls no helper, and always lets the call go on",
	.context = sock_addr_fields,
	.context_type = "bpf_sock_addr",
	.helpers = sock_addr_helpers,
	.result = 1,
	.result_says = "go on",
};

/*
 * By section, since that names the hook: in packets that leave, the sequence number is
 * ours, a hash of the addresses at first; "cgroup/skb" may be attached there.
 */
static const struct {
	const char *section;
	const struct policy *policy;
} policies[] = {
	{"cgroup_skb/ingress", &ingress},
	{"cgroup/getpeername4", &sock_addr},
	{"cgroup/getpeername6", &sock_addr},
};

/* Without these the test facilities would count as reachable. */
static const char *const frozen[] = {"testing", "testing_by_helper"};

const struct policy *policy_of(const char *section)
{
	/* One that is not loaded by itself is marked so. */
	section += *section == '?';
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (!strcmp(policies[i].section, section))
			return policies[i].policy;
	return NULL;
}

bool policy_helper(const enum bpf_func_id *list, __u32 helper)
{
	for (; *list != BPF_FUNC_unspec; list++)
		if (*list == helper)
			return true;
	return false;
}

const char *policy_helper_name(__u32 helper)
{
#define HELPER_NAME(name) "bpf_" #name
	static const char *const names[] = {__BPF_FUNC_MAPPER(HELPER_NAME)};
#undef HELPER_NAME

	return helper < sizeof(names) / sizeof(names[0]) ? names[helper] : "an unknown helper";
}

bool policy_map(enum bpf_map_type type)
{
	for (size_t i = 0; i < sizeof(map_types) / sizeof(map_types[0]); i++)
		if (map_types[i] == type)
			return true;
	return false;
}

bool policy_struct(const char *name)
{
	for (size_t i = 0; i < sizeof(kernel_structs) / sizeof(kernel_structs[0]); i++)
		if (!strcmp(kernel_structs[i], name))
			return false;
	return true;
}

const struct policy_field *policy_field_at(const struct policy_field *table, __u64 offset,
					   unsigned int size)
{
	for (const struct policy_field *f = table; f->name; f++)
		if (offset >= f->offset && offset < f->offset + f->size &&
		    offset + size <= f->offset + f->size)
			return f;
	return NULL;
}

bool policy_frozen(const char *variable)
{
	for (size_t i = 0; i < sizeof(frozen) / sizeof(frozen[0]); i++)
		if (!strcmp(frozen[i], variable))
			return true;
	return false;
}
