/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * All that is read of a packet but its payload, and all that is asked of its
 * socket. Of the network header: byte 0 (version and length) and, for IPv6,
 * byte 6 (next header). Of TCP: bytes 4 to 7 (sequence) and 12 to 13 (data
 * offset, flags). Never bytes 8 to 23 of the network header, where every source
 * address lies, nor the source port, acknowledgement number or checksum.
 */
#ifndef BC_PACKET_H
#define BC_PACKET_H

#include <linux/in.h>
#include <bpf/bpf_endian.h>

#include "maps.h"

bc_subprogram int bc_port_counts(__u32 port)
{
#pragma GCC unroll 1
	for (__u32 i = 0; i < BC_MAX_PORTS; i++) {
		if (i >= port_count)
			return false;
		if (ports[i] == port)
			return true;
	}
	return false;
}

/*
 * The one place where socket facts come from; false: not a TCP socket, or not
 * one on a beacon port. The port is asked for first, since most packets that
 * are none of ours end there.
 */
static __always_inline bool bc_socket_facts(struct bpf_sock *sk, struct bc_socket *facts)
{
	struct bpf_tcp_sock *tcp;

	if (testing) {
		__u32 zero = 0;
		struct bc_socket *given = bpf_map_lookup_elem(&test_socket, &zero);

		if (!given)
			return false;
		*facts = *given;
		return facts->protocol == IPPROTO_TCP && bc_port_counts(facts->port);
	}
	facts->port = sk->src_port;
	facts->protocol = sk->protocol;
	if (!bc_port_counts(facts->port) || facts->protocol != IPPROTO_TCP)
		return false;
	facts->state = sk->state;
	if (facts->state == BC_TCP_LISTEN)
		return true;
	tcp = bpf_tcp_sock(sk);
	if (!tcp)
		return false;
	facts->rcv_nxt = tcp->rcv_nxt;
	facts->bytes_received = tcp->bytes_received;
	facts->data_segs_in = tcp->bytes_acked ? 0 : tcp->data_segs_in;
	return true;
}

/* Read header bytes, which lie in the packet's linear part. */
static __always_inline bool bc_header_read(struct __sk_buff *skb, __u32 at, void *to, __u32 n)
{
	const __u8 *from = (const __u8 *)(long)skb->data + at;

	if (testing_by_helper)
		return !bpf_skb_load_bytes(skb, at, to, n);
	if (from + n > (const __u8 *)(long)skb->data_end)
		return false;
	__builtin_memcpy(to, from, n);
	return true;
}

/* Offset of the TCP header, or 0 if it is not directly behind the network header. */
static __always_inline __u32 bc_transport_offset(struct __sk_buff *skb)
{
	__u8 first, next;
	__u32 offset;

	if (!bc_header_read(skb, 0, &first, 1))
		return 0;
	if (first >> 4 == 6)
		return bc_header_read(skb, 6, &next, 1) && next == IPPROTO_TCP ? 40 : 0;
	offset = (first & 15) * 4;
	return first >> 4 == 4 && offset >= 20 ? offset : 0;
}

/* Read where the segment's payload lies; false: there is nothing to look at. */
static __always_inline bool bc_segment_read(struct __sk_buff *skb, struct bc_segment *seg)
{
	__u32 transport = bc_transport_offset(skb), header, at;
	__u8 data_offset, flags;

	if (!transport)
		return false;
	if (!bc_header_read(skb, transport + 4, &seg->seq, 4) ||
	    !bc_header_read(skb, transport + 12, &data_offset, 1) ||
	    !bc_header_read(skb, transport + 13, &flags, 1))
		return false;
	header = (data_offset >> 4) * 4;
	if (header < 20)
		return false;
	at = transport + header;
	seg->seq = bpf_ntohl(seg->seq);
	seg->flags = flags;
	seg->at = at;
	seg->len = skb->len > at ? skb->len - at : 0;
	if (seg->flags & BC_TCP_SYN) /* data on a SYN comes after it (RFC 7413) */
		seg->seq++;
	if (seg->flags & BC_TCP_RST) /* what it carries is no data (RFC 9293, 3.10.7) */
		seg->len = 0;
	return true;
}

#endif
