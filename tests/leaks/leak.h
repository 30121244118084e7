/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the small leaking and innocent programs share. They read packets as the real one does,
 * so that each differs from an innocent program in the one thing that its name says.
 */
#ifndef TESTS_LEAKS_LEAK_H
#define TESTS_LEAKS_LEAK_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>

#define PASS 1
#define PACKET_MAX (1U << 24)

#define hide(value) asm volatile("" : "+r"(value))

/* Under BPF_PROG_RUN the socket is a dummy without a protocol. */
const volatile bool testing = false;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} out SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} seen SEC(".maps");

/* Let a value leave by a map. */
static __always_inline void put(__u64 value)
{
	__u32 zero = 0;
	__u64 *v = bpf_map_lookup_elem(&out, &zero);

	if (v)
		*v += value;
}

static __always_inline bool is_tcp(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (testing)
		return true;
	sk = sk ? bpf_sk_fullsock(sk) : NULL;
	return sk && sk->protocol == IPPROTO_TCP;
}

/* Offset of the TCP header; 0 if there is none. */
static __always_inline __u32 transport_of(struct __sk_buff *skb)
{
	__u8 first, next;
	__u32 offset;

	if (!is_tcp(skb) || bpf_skb_load_bytes(skb, 0, &first, 1))
		return 0;
	if (first >> 4 == 6) {
		if (bpf_skb_load_bytes(skb, 6, &next, 1) || next != IPPROTO_TCP)
			return 0;
		return 40;
	}
	offset = (first & 15) * 4;
	return first >> 4 == 4 && offset >= 20 ? offset : 0;
}

/* Offset of the payload; 0 if there is none. */
static __always_inline __u32 payload_of(struct __sk_buff *skb)
{
	__u32 transport = transport_of(skb), header;
	__u8 byte;

	if (!transport)
		return 0;
	hide(transport);
	if (bpf_skb_load_bytes(skb, transport + 12, &byte, 1))
		return 0;
	header = (byte >> 4) * 4;
	return header >= 20 ? transport + header : 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";

#endif
