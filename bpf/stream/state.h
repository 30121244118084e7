/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is kept of a connection between two segments, of segments whose turn has
 * not come, and of the segment at hand.
 */
#ifndef BC_STREAM_STATE_H
#define BC_STREAM_STATE_H

#include "count/cell.h"
#include "http/state.h"

#define BC_TCP_LISTEN 10 /* a socket's state */

/* Flags of TCP. */
#define BC_TCP_SYN 0x02
#define BC_TCP_RST 0x04
#define BC_TCP_URG 0x20

/* A TCP segment on a beacon port. */
struct bc_segment {
	__u32 seq; /* of its first payload byte */
	__u32 at; /* offset of that byte in the packet */
	__u32 len; /* payload bytes */
	__u32 flags; /* of TCP */
};

#define BC_RESULTS 2 /* requests remembered of one segment; further ones are undecided */

/* How a request ended, and where it belongs if it is counted. */
struct bc_result {
	__u32 outcome; /* enum bc_outcome */
	__u32 unused;
	struct bc_cell cell;
	struct bc_page page; /* if the cell's page goes by its name */
};

/* A segment that was parsed apart, as if a request began at its first byte. */
struct bc_apart {
	__u32 start; /* sequence numbers */
	__u32 end;
	__u32 epoch; /* of the rules it was parsed under */
	__u32 inside; /* so many bytes of it, its first, are a body's and were not parsed */
	__u16 requests; /* that ended in it; the first BC_RESULTS are kept */
	__u8 line; /* enum bc_line: its first line */
	__u8 kept; /* anything here is in use */
	__u32 noted; /* of the connection, as BC_NOTED_… */
	struct bc_result result[BC_RESULTS];
	struct bc_http http; /* the parser's state behind it */
};

#define BC_PENDING 8 /* segments ahead of their turn that a socket remembers */

struct bc_pending {
	struct bc_apart segment[BC_PENDING];
};

/* A connection, in its socket's storage. */
struct bc_connection {
	__u64 word; /* see stream/word.h; changed by atomics only */
	struct bc_http http; /* whose who has claimed the connection */
	__u32 path; /* of MPTCP: tells this subflow from the connection's others */
	__u32 unused;
};

/* Of an MPTCP connection, in the storage of its own socket. */
struct bc_paths {
	__u32 first; /* bc_connection.path of the subflow that was seen first; 0: none yet */
	__u32 several; /* data has come on another one, too */
};

enum bc_turn {
	BC_TURN_PAST, /* seen before, or nothing is to be read of it */
	BC_TURN_NOW,
	BC_TURN_EARLY,
};

/* A processor's workplace; the window is wiped before the program returns. */
struct bc_workplace {
	struct bc_parser parser;
	struct bc_apart apart; /* of the segment at hand, or that whose turn has come */
	__u64 seed; /* of the hashes of the current generation's tables */
	__u32 bank; /* of the current generation */
	__u32 busy;
	struct bc_socket sock;
	struct bc_segment segment;
	/* Of the segment at hand. */
	__u8 turn; /* enum bc_turn */
	__u8 is_apart; /* results are kept apart: their turn has not come */
	__u8 owns; /* this processor has claimed the connection */
	__u8 unused;
	/* Of the pending segment that comes first. */
	__u32 first; /* its number plus one; 0: there is none */
	__s32 first_ahead; /* so far ahead of `next` */
	__u32 first_taken; /* its turn may come */
	__u32 done; /* bytes of it that are not to be parsed, or have been */
	__u32 loads; /* the next window's length */
	__u32 loaded; /* bytes of the window that hold something */
};

#endif
