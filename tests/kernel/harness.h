/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Runs packets through the counting program by BPF_PROG_RUN and reads what it
 * counted. A case is: rules, packets on connections, totals and cells. Each
 * packet must raise the program's own count of segments, so that no case can
 * pass because the program left early.
 */
#ifndef TESTS_KERNEL_HARNESS_H
#define TESTS_KERNEL_HARNESS_H

#include <stdbool.h>
#include <stddef.h>

#include "blindcount.h"
#include "blindcount.skel.h"

#define PORT 8080
#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10
#define URG 0x20

#define ESTABLISHED 1
#define LISTEN 10

/* A packet's headers; all zero is an ordinary segment over IPv4. */
struct headers {
	__u8 version; /* 6, or 4 */
	__u8 ihl; /* IPv4 header in words; 0: as the options need */
	__u8 ip_options; /* bytes, a multiple of 4 */
	__u8 tcp_options;
	__u8 doff; /* TCP header in words; 0: as the options need */
	__u8 flags; /* besides ACK */
	__u8 next; /* IPv6 next header; 0: TCP */
	bool odd_version; /* neither 4 nor 6 */
	bool cut; /* the packet ends inside of its TCP header */
};

/* A connection as a client and TCP see it. */
struct connection {
	struct headers headers;
	__u32 first; /* sequence number of the stream's first byte */
	__u32 rcv_nxt; /* what the program is told; stream_send() raises it */
	__u32 sent; /* bytes of the stream so far */
	__u32 id;
	bool known; /* the program may have seen it */
	bool older; /* bytes were received before the program came */
};

struct harness_options {
	const char *rules; /* besides the built-in ones; may be NULL */
	unsigned int max_cells; /* 0: as built */
	unsigned int max_pages;
};

/* Load the program for tests. Fails the test on any error, as all of these do. */
void harness_open(const struct harness_options *options);
void harness_close(void);

/* Put the built-in rules and these into force; each call is a new epoch. */
void harness_rules(const char *text);

/* Start counting into a slot, under a generation's number. */
void harness_generation(__u32 slot, __u64 number);

/* For the next test: no cells in either slot, the first one current, the built-in rules alone. */
void harness_anew(void);

/* Run one packet with `length` bytes of payload at a sequence number. */
void harness_run(const struct bc_socket *facts, const struct headers *headers, __u32 seq,
		 const void *payload, size_t length);

/* A packet that the program must not look at: no total may move. */
void harness_ignored(const struct bc_socket *facts, const struct headers *headers);

/* A new connection whose stream begins at sequence number `first`. */
struct connection stream_open(__u32 first);

/* Run a segment of the stream, `at` bytes from its begin; rcv_nxt stays. */
void stream_segment(struct connection *c, __u32 at, const void *payload, size_t length);

/* Run the stream's next bytes, in order and acknowledged. */
void stream_send(struct connection *c, const void *payload, size_t length);
void stream_text(struct connection *c, const char *text);

/*
 * How much each total has risen since the last call must be as `expected` says;
 * segments are checked by the harness.
 */
void harness_expect(const __u64 expected[BC_TOTALS], const char *what);

/* The same, but only told: returns whether it is so, so that what else is wrong shows, too. */
bool harness_matches(const __u64 expected[BC_TOTALS], const char *what);

/* For example: RAISED("a beacon", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1) */
#define RAISED(what, ...) harness_expect((const __u64[BC_TOTALS]){__VA_ARGS__}, what)

/* How much a total has risen since the last harness_expect(), which then forgets it. */
void harness_risen(__u64 risen[BC_TOTALS]);

/* Counts of the current slot's cells. */
__u64 harness_cell(__u32 page, __u16 row, __u8 column, __u8 kind);
__u64 harness_cells_sum(void);
unsigned int harness_cells(void);
__u64 harness_page_count(__u32 page, enum bc_event event); /* where cells found no room */

/* Clicks of an unknown device in a page's first cell. */
__u64 harness_clicks(const char *page);

/* The number that a page was learnt under in the current slot; 0: not learnt. */
__u32 harness_page(__u32 site, const char *name);

/* The number of a page that a rule lists. */
__u32 harness_listed(const char *site, const char *name);

void harness_forget_cells(void);

#endif
