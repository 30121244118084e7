/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Data on a listening socket (deferred accept, fast open, a lost ACK, forgeries) has no
 * socket of its own yet: its results are kept by its end's sequence number, and count at
 * the child's first packet if the child then says that it has received just that.
 */
#ifndef BC_STREAM_ARRIVAL_H
#define BC_STREAM_ARRIVAL_H

#include "stream/apart.h"
#include "stream/window.h"

/* Keep what is in the workplace until its connection shows itself. */
static __always_inline void bc_arrival_store(struct bc_workplace *w, struct bc_totals *t)
{
	__u32 end;

	bc_apart_complete(w);
	end = w->apart.end;
	if (bpf_map_update_elem(&arrivals, &end, &w->apart, BPF_ANY))
		bc_total_add(t, BC_TOTAL_FALLBACK, 1);
}

/* A segment on a listening socket has been parsed. */
bc_subprogram int bc_arrival_keep(struct bc_totals *t)
{
	__u32 zero = 0;
	/* Before 6.3 what is put into a map must stand on the stack or in a map. */
	struct bc_workplace *w = bpf_map_lookup_elem(&workplace, &zero);

	if (!w || !t)
		return 0;
	if (w->segment.len && !(w->segment.flags & BC_TCP_URG))
		bc_arrival_store(w, t);
	bc_workplace_wipe(w);
	return 0;
}

/* What came to the listening socket and ends where TCP stands now, but for a FIN behind it. */
static __always_inline const struct bc_apart *bc_arrival_find(const struct bc_socket *sock)
{
	__u32 end = sock->rcv_nxt;
	const struct bc_apart *found = bpf_map_lookup_elem(&arrivals, &end);

	if (found)
		return found;
	end--;
	return bpf_map_lookup_elem(&arrivals, &end);
}

/* Is all that a connection has received data that came to the listening socket? Where did it begin? */
static __always_inline bool bc_arrival_waits(const struct bc_socket *sock, __u32 *start)
{
	const struct bc_apart *found = bc_arrival_find(sock);

	if (!found || sock->rcv_nxt - found->start != sock->bytes_received)
		return false;
	*start = found->start;
	return true;
}

/* What came to the listening socket and begins at `next`: into the workplace with it. */
static __always_inline bool bc_arrival_take(struct bc_workplace *w, __u32 next)
{
	const struct bc_apart *found = bc_arrival_find(&w->sock);
	struct bc_apart *apart = &w->apart;

	if (!found || found->start != next)
		return false;
	bc_apart_copy(apart, found);
	next = apart->end;
	bpf_map_delete_elem(&arrivals, &next);
	return true;
}

/* Has a connection that is not known yet sent something to the listening socket? */
bc_subprogram int bc_arrival_is_due(const struct bc_workplace *w)
{
	__u32 start;

	return w && w->sock.bytes_received && bc_arrival_waits(&w->sock, &start);
}

#endif
