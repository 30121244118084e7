// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Requests on a stream: cut anywhere, seen twice, early, never, on a listening
 * socket, under rules and generations that change meanwhile. The last test holds
 * random streams against a model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "kernel/harness.h"

#define HOST "Host: shop.example.org\r\n"
#define BEACON(page) "GET /hm?p=/" page "&x=1&y=1 HTTP/1.1\r\n" HOST "\r\n"
#define HALF_1 "GET /hm?p=/split&x=1&y"
#define HALF_2 "=1 HTTP/1.1\r\n" HOST "\r\n"

static int open_once(void **state)
{
	(void)state;
	harness_open(&(struct harness_options){});
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	harness_anew();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	harness_close();
	return 0;
}

/* Requests as real clients send them; each ends with its connection at a request's start. */
static const struct {
	const char *text;
	const char *page; /* NULL: none that is counted by name */
	enum bc_outcome outcome;
} requests[] = {
	{"GET /hm?p=/r0&x=1&y=1 HTTP/1.1\r\n" HOST "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
	 "Accept: */*\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n"
	 "Referer: http://shop.example.org/a?b=c\r\nCookie: theme=dark; session=a1b2c3\r\n\r\n",
	 "/r0", BC_COUNTED},
	{"POST /hm?p=%2Fr1%2F12345&x=1&y=1 HTTP/1.1\r\n" HOST "Content-Type: text/plain\r\n"
	 "Content-Length: 47\r\n\r\nGET /hm?p=/not&x=1&y=1 HTTP/1.1\r\nHost: not\r\n\r\n\n",
	 "/r1/:id", BC_COUNTED},
	{"POST /hm?p=/r2&x=1&y=1 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	 "1b;a=b\r\nGET /hm?p=/not HTTP/1.1\r\n\r\n\r\n3\r\n\r\n\r\r\n0\r\nX-Trailer: 1\r\n\r\n",
	 "/r2", BC_COUNTED},
	{"GET /hm?p=https%3A%2F%2Fshop.example.org%2Fr3%3Fa%3Db&x=1&y=1 HTTP/1.1\r\n" HOST "\r\n",
	 "/r3", BC_COUNTED},
	{"GET http://shop.example.org/hm?x=1&y=1&p=/r4 HTTP/1.1\r\n" HOST "\r\n", "/r4",
	 BC_COUNTED},
	{"GET /hm?p=/r5&x=1&y=1 HTTP/1.1\r\n" HOST "DNT: 1\r\n\r\n", NULL, BC_OPTED_OUT},
	{"GET /hm?p=/r6&x=1&y=1 HTTP/1.1\r\n" HOST "Sec-GPC:  1 \r\n\r\n", NULL, BC_OPTED_OUT},
	{"GET /hm?p=/r7&x=1&y=1 HTTP/1.1\r\n" HOST "Cookie: a=b; blindcount_optout=1; c=d\r\n\r\n",
	 NULL, BC_OPTED_OUT},
	{"OPTIONS /hm HTTP/1.1\r\n" HOST "Origin: http://a\r\n\r\n", NULL, BC_IGNORED},
	{"\r\nHEAD /page?x=1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", NULL, BC_COUNTED},
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

/* Did request `r` count just once, nothing else, and is the next one understood? */
static void check_request(struct connection *c, size_t r)
{
	__u64 expected[BC_TOTALS] = {[BC_TOTAL_SEEN] = 2, [BC_COUNTED] = 1};
	bool counts = requests[r].outcome == BC_COUNTED;

	c->sent = strlen(requests[r].text);
	stream_text(c, BEACON("next"));
	expected[requests[r].outcome]++;
	harness_expect(expected, requests[r].text);
	assert_int_equal(harness_cells_sum(), counts + 1);
	assert_int_equal(harness_clicks("/next"), 1);
	if (requests[r].page)
		assert_int_equal(harness_clicks(requests[r].page), 1);
	harness_forget_cells();
}

/* Every request of the table, cut in two at every byte, and byte by byte. */
static void test_cuts(void **state)
{
	(void)state;
	for (size_t r = 0; r < REQUESTS; r++) {
		const char *text = requests[r].text;
		size_t length = strlen(text);
		struct connection c;

		for (size_t cut = 1; cut < length; cut++) {
			c = stream_open(r * 1000 + cut);
			stream_send(&c, text, cut);
			stream_send(&c, text + cut, length - cut);
			check_request(&c, r);
		}
		c = stream_open(0xffffff80);
		for (size_t i = 0; i < length; i++)
			stream_send(&c, text + i, 1);
		check_request(&c, r);
	}
}

/* A receiver that lags: the program is told of old rcv_nxt throughout. */
static void test_lagging(void **state)
{
	(void)state;
	for (size_t r = 0; r < REQUESTS; r++) {
		struct connection c = stream_open(77);
		size_t length = strlen(requests[r].text);

		for (size_t i = 0; i < length; i++)
			stream_segment(&c, i, requests[r].text + i, 1);
		check_request(&c, r);
	}
}

static void test_pipelined(void **state)
{
	char text[3000] = "";
	struct connection c = stream_open(0x7fffff00);

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(text, BEACON("pipelined"));
	stream_text(&c, text);
	RAISED("forty in one packet", [BC_TOTAL_SEEN] = 40, [BC_COUNTED] = 40);
	assert_int_equal(harness_clicks("/pipelined"), 40);
	for (size_t cut = 1; cut < strlen(BEACON("pipelined")) * 2; cut += 3) {
		stream_send(&c, text, cut);
		stream_send(&c, text + cut, strlen(BEACON("pipelined")) * 3 - cut);
		RAISED("three, cut", [BC_TOTAL_SEEN] = 3, [BC_COUNTED] = 3);
	}
}

static void test_duplicates(void **state)
{
	static const char text[] = BEACON("once");
	struct connection c = stream_open(0xffffffe0);
	size_t n = sizeof(text) - 1;

	(void)state;
	stream_text(&c, text);
	stream_segment(&c, 0, text, n);
	stream_segment(&c, 10, text + 10, n - 10);
	stream_segment(&c, 0, text, 10);
	RAISED("whole and in part", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1,
	       [BC_TOTAL_DUPLICATE] = 3);
	/* Overlaps: each segment begins in the middle of the one before. */
	for (size_t at = 0; at < n; at += 8)
		stream_segment(&c, n + at, text + at, n - at < 16 ? n - at : 16);
	RAISED("overlapping", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1,
	       [BC_TOTAL_DUPLICATE] = (n + 7) / 8 - 1);
	/* A retransmission that carries more than what it repeats. */
	stream_segment(&c, 2 * n, text, n / 2);
	stream_segment(&c, 2 * n, text, n);
	RAISED("repeated with more", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1,
	       [BC_TOTAL_DUPLICATE] = 1);
	/* A keep-alive probe: a byte that was received long ago. */
	stream_segment(&c, 3 * n - 1, "x", 1);
	stream_segment(&c, 3 * n, text, n);
	RAISED("after a probe", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1, [BC_TOTAL_DUPLICATE] = 1);
	assert_int_equal(harness_clicks("/once"), 4);
}

/* Segments ahead of their turn, each a whole request. */
static void test_early(void **state)
{
	static const char text[] = BEACON("early");
	size_t n = sizeof(text) - 1;

	(void)state;
	for (__u32 first = 0xffffff00 - 2 * n; first < 0xffffff80; first += 50) {
		struct connection c = stream_open(first);

		stream_segment(&c, n, text, n);
		RAISED("not yet", [BC_TOTAL_EARLY] = 1);
		stream_segment(&c, n, text, n);
		RAISED("again", [BC_TOTAL_EARLY] = 1);
		stream_segment(&c, 0, text, n);
		RAISED("one early", [BC_TOTAL_SEEN] = 2, [BC_COUNTED] = 2);
		stream_segment(&c, n, text, n);
		RAISED("repeated", [BC_TOTAL_DUPLICATE] = 1);
		for (int i = 5; i >= 3; i--)
			stream_segment(&c, i * n, text, n);
		RAISED("not yet", [BC_TOTAL_EARLY] = 3);
		stream_segment(&c, 2 * n, text, n);
		RAISED("three early", [BC_TOTAL_SEEN] = 4, [BC_COUNTED] = 4);
		c.sent = 6 * n;
		stream_text(&c, text);
		RAISED("in order again", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
	}
}

/* An early segment of several requests; what is kept of it is bounded. */
static void test_early_many(void **state)
{
	static const char text[] = BEACON("many");
	size_t n = sizeof(text) - 1;
	struct connection c = stream_open(1);

	(void)state;
	stream_segment(&c, n, BEACON("many") BEACON("many"), 2 * n);
	stream_segment(&c, 0, text, n);
	RAISED("two in one", [BC_TOTAL_SEEN] = 3, [BC_COUNTED] = 3, [BC_TOTAL_EARLY] = 1);
	stream_segment(&c, 4 * n, BEACON("many") BEACON("many") BEACON("many") BEACON("many"),
		       4 * n);
	stream_segment(&c, 3 * n, text, n);
	RAISED("four in one", [BC_TOTAL_SEEN] = 5, [BC_COUNTED] = 3, [BC_UNDECIDED] = 2,
	       [BC_TOTAL_EARLY] = 1);
	stream_segment(&c, 8 * n, text, n);
	RAISED("in order again", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
}

/* More early segments than are remembered: the rest becomes a gap, nothing is guessed. */
static void test_early_overflow(void **state)
{
	static const char text[] = BEACON("over");
	size_t n = sizeof(text) - 1;
	struct connection c = stream_open(1);

	(void)state;
	for (int i = 1; i <= 10; i++)
		stream_segment(&c, i * n, text, n);
	stream_segment(&c, 0, text, n);
	RAISED("eight of ten are remembered", [BC_TOTAL_SEEN] = 9, [BC_COUNTED] = 9,
	       [BC_TOTAL_EARLY] = 10);
	c.sent = 11 * n;
	c.rcv_nxt = c.first + c.sent;
	stream_text(&c, text);
	RAISED("joined again", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1, [BC_TOTAL_GAP] = 1,
	       [BC_TOTAL_RESYNC] = 1);
	stream_text(&c, text);
	RAISED("and in step", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
}

/* Bytes that never came by: found by what TCP expects next. */
static void test_gap(void **state)
{
	struct connection c = stream_open(0xfffffff8);

	(void)state;
	stream_text(&c, HALF_1);
	RAISED("begun", [BC_TOTAL_SEEN] = 1);
	c.sent += strlen(HALF_2);
	c.rcv_nxt += strlen(HALF_2);
	stream_text(&c, BEACON("after"));
	RAISED("a gap", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1, [BC_UNDECIDED] = 1,
	       [BC_TOTAL_GAP] = 1, [BC_TOTAL_RESYNC] = 1);
	/* A gap, and then what does not begin with a request. */
	c.sent += 10;
	c.rcv_nxt += 10;
	stream_text(&c, HALF_2);
	RAISED("a tail of what?", [BC_TOTAL_GAP] = 1);
	stream_text(&c, HALF_1);
	stream_text(&c, HALF_2);
	RAISED("a line that is cut", [BC_TOTAL_SEEN] = 1, [BC_UNDECIDED] = 1);
	/* A method's end looks like a method. */
	stream_text(&c, "PTIONS /hm HTTP/1.1\r\n" HOST "\r\n");
	RAISED("a method that is cut", [BC_COUNTED] = 0);
	stream_text(&c, BEACON("after"));
	RAISED("joined again", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1, [BC_TOTAL_RESYNC] = 1);
	assert_int_equal(harness_clicks("/after"), 2);
	assert_int_equal(harness_clicks("/split"), 0);
}

/* A gap that a packet without data shows, such as the last one. */
static void test_gap_last(void **state)
{
	struct connection c = stream_open(1);

	(void)state;
	stream_text(&c, HALF_1);
	c.rcv_nxt += strlen(HALF_2);
	stream_segment(&c, c.sent + strlen(HALF_2), "", 0);
	RAISED("its rest was never seen", [BC_TOTAL_SEEN] = 1, [BC_UNDECIDED] = 1,
	       [BC_TOTAL_GAP] = 1);
	stream_segment(&c, c.sent + strlen(HALF_2), "", 0);
	RAISED("once", [BC_TOTAL_GAP] = 0);
	c = stream_open(1);
	stream_text(&c, "\x16\x03\x01");
	c.rcv_nxt += 1000;
	stream_segment(&c, c.sent + 1000, "", 0);
	c.sent += 1000;
	stream_text(&c, BEACON("tls"));
	RAISED("nothing is read of it", [BC_TOTAL_TLS] = 1);
}

/* A gap that shows itself with a segment that is early as well. */
static void test_gap_early(void **state)
{
	static const char text[] = BEACON("later");
	size_t n = sizeof(text) - 1;
	struct connection c = stream_open(500);

	(void)state;
	stream_text(&c, text);
	c.rcv_nxt += n; /* one was never seen, and the next is yet to come */
	stream_segment(&c, 3 * n, text, n);
	c.rcv_nxt = c.first + 4 * n;
	for (int i = 4; i < 8; i++) {
		c.sent = i * n;
		stream_text(&c, text);
	}
	{
		__u64 risen[BC_TOTALS];

		harness_risen(risen);
		assert_int_equal(risen[BC_TOTAL_GAP], 1);
		assert_in_range(risen[BC_COUNTED], 5, 6);
		assert_int_equal(risen[BC_TOTAL_SEEN], risen[BC_COUNTED]);
	}
}

/* A segment that came early and is covered in part by one that comes in order. */
static void test_early_torn(void **state)
{
	static const char text[] = BEACON("torn") BEACON("torn") BEACON("torn");
	size_t n = strlen(BEACON("torn"));
	struct connection c = stream_open(9);

	(void)state;
	stream_segment(&c, n, text, 2 * n);
	stream_segment(&c, 0, text, n + n / 2);
	RAISED("torn", [BC_TOTAL_SEEN] = 2, [BC_COUNTED] = 1, [BC_UNDECIDED] = 1,
	       [BC_TOTAL_EARLY] = 1, [BC_TOTAL_GAP] = 1);
	stream_segment(&c, 3 * n, text, n);
	RAISED("joined again", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1, [BC_TOTAL_RESYNC] = 1);
}

/* Bodies whose parts come early are skipped by length all the same. */
static void test_early_body(void **state)
{
	static const char head[] = "POST /hm?p=/body&x=1&y=1 HTTP/1.1\r\n" HOST
				   "Content-Length: 300\r\n\r\n";
	static const char body[300] = "GET /hm?p=/not&x=1&y=1 HTTP/1.1\r\nHost: a\r\n\r\n";
	size_t h = sizeof(head) - 1;

	(void)state;
	for (size_t cut = 1; cut < 300; cut += 23) {
		struct connection c = stream_open(100 * cut);

		stream_segment(&c, h + cut, body, 300 - cut);
		stream_segment(&c, 0, head, h);
		stream_segment(&c, h, body, cut);
		RAISED("a body's end, early", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1,
		       [BC_TOTAL_EARLY] = 1);
		stream_segment(&c, h + 300, BEACON("next"), strlen(BEACON("next")));
		RAISED("the next", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
	}
	assert_int_equal(harness_clicks("/not"), 0);
}

/*
 * The end of a head comes before its begin: the request is undecided, wherever it is cut,
 * and the next one is understood.
 */
static void test_split_heads(void **state)
{
	(void)state;
	for (size_t r = 0; r < REQUESTS; r++) {
		const char *text = requests[r].text;
		size_t length = strlen(text), head = strstr(text, "\r\n\r\n") + 4 - text;

		for (size_t cut = strspn(text, "\r\n") + 1; cut < head; cut++) {
			struct connection c = stream_open(0xffffffa0 + cut);

			stream_segment(&c, cut, text + cut, length - cut);
			stream_segment(&c, 0, text, cut);
			RAISED(text, [BC_TOTAL_SEEN] = 1, [BC_UNDECIDED] = 1, [BC_TOTAL_EARLY] = 1);
			stream_segment(&c, length, BEACON("next"), strlen(BEACON("next")));
			RAISED("the next", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1,
			       [BC_TOTAL_RESYNC] = 1);
			assert_int_equal(harness_clicks("/next"), 1);
			harness_forget_cells();
		}
	}
}

/* Heads in three parts, in each order but the right one: never counted, whatever they say. */
static void test_split_in_parts(void **state)
{
	static const int orders[][3] = {{0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	static const char *const ends[] = {"", "DNT: 1\r\n",
					   "Cookie: a=b; blindcount_optout=1; c=d\r\n"};

	(void)state;
	for (size_t e = 0; e < 3; e++)
		for (size_t o = 0; o < 5; o++) {
			char text[500];
			size_t n = sprintf(text,
					   "GET /hm?p=/parts&x=1&y=1 HTTP/1.1\r\n" HOST
					   "User-Agent: Mozilla/5.0 (X11; Linux)\r\n%s"
					   "Accept: text/html, image/png\r\n%s\r\n",
					   ends[e], e ? "" : "X-Last: a;b;c\r\n");
			size_t from[] = {0, strstr(text, "5.0") - text, strstr(text, "png") - text,
					 n};
			struct connection c = stream_open(e * 10 + o);

			for (int i = 0; i < 3; i++) {
				size_t part = orders[o][i];

				stream_segment(&c, from[part], text + from[part],
					       from[part + 1] - from[part]);
			}
			RAISED(text, [BC_TOTAL_SEEN] = 1, [BC_UNDECIDED] = 1,
			       [BC_TOTAL_EARLY] = o == 2 || o == 4 ? 2 : 1);
			c.rcv_nxt = c.first + n;
			stream_segment(&c, n, BEACON("next"), strlen(BEACON("next")));
			RAISED("the next", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1,
			       [BC_TOTAL_RESYNC] = 1);
		}
}

/*
 * The first line's end comes first, and looks like the end of a head: the opt-out behind it
 * must not be lost with it.
 */
static void test_split_opt_outs(void **state)
{
	static const char *const signals[] = {"DNT: 1\r\n\r\n", "Sec-GPC: 1\r\n\r\n",
					      "Cookie: blindcount_optout=1\r\n\r\n"};
	static const char line[] = "GET /hm?p=/leak&x=1&y=1 HTTP/1.0";

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct connection c = stream_open(i);

		stream_segment(&c, strlen(line), "\r\n", 2);
		stream_segment(&c, 0, line, strlen(line));
		stream_segment(&c, strlen(line) + 2, signals[i], strlen(signals[i]));
		RAISED(signals[i], [BC_TOTAL_SEEN] = 1, [BC_UNDECIDED] = 1, [BC_TOTAL_EARLY] = 1);
	}
	assert_int_equal(harness_clicks("/leak"), 0);
}

/* A connection older than the program joins in at a request. */
static void test_older(void **state)
{
	struct connection c = stream_open(4000);

	(void)state;
	c.older = true;
	stream_text(&c, HALF_2);
	RAISED("a tail of what?", [BC_TOTAL_SEEN] = 0);
	stream_text(&c, BEACON("older"));
	RAISED("joined", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1, [BC_TOTAL_RESYNC] = 1);
	stream_text(&c, HALF_1);
	stream_text(&c, HALF_2);
	RAISED("in step", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
	c = stream_open(4000);
	c.older = true;
	stream_text(&c, BEACON("older") HALF_1);
	RAISED("joined", [BC_TOTAL_SEEN] = 2, [BC_COUNTED] = 1, [BC_TOTAL_RESYNC] = 1);
	stream_text(&c, HALF_2);
	RAISED("what was begun", [BC_COUNTED] = 1);
	/* rcv_nxt lags behind the segment that it joins at. */
	c = stream_open(4000);
	c.older = true;
	stream_segment(&c, 700, BEACON("older"), strlen(BEACON("older")));
	RAISED("TCP may not take it", [BC_TOTAL_EARLY] = 1);
	c.rcv_nxt = c.first + 700 + strlen(BEACON("older"));
	stream_segment(&c, 700 + strlen(BEACON("older")), "", 0);
	RAISED("joined ahead", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1, [BC_TOTAL_RESYNC] = 1);
}

/* A packet to the listening socket. */
static void arrive(__u32 seq, __u8 flags, const char *text)
{
	struct bc_socket facts = {.port = PORT, .protocol = 6, .state = LISTEN};

	harness_run(&facts, &(struct headers){.flags = flags}, seq - !!(flags & SYN), text,
		    strlen(text));
}

static void test_arrivals(void **state)
{
	static const char text[] = BEACON("deferred");
	struct connection c;

	(void)state;
	for (int flags = 0; flags <= SYN; flags += SYN)
		for (int with_data = 0; with_data < 2; with_data++) {
			c = stream_open(0xfffffff0);
			arrive(c.first, flags, text);
			arrive(c.first, flags, text); /* retransmitted: the queue was full */
			RAISED("not accepted yet", [BC_TOTAL_SEEN] = 0);
			c.sent = strlen(text);
			c.rcv_nxt = c.first + c.sent;
			/* The child shows itself by an ACK, or by more data. */
			if (with_data) {
				stream_text(&c, text);
				RAISED("accepted, more data", [BC_TOTAL_SEEN] = 2,
				       [BC_COUNTED] = 2);
				continue;
			}
			stream_segment(&c, c.sent, "", 0);
			RAISED("accepted", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
			stream_segment(&c, c.sent, "", 0);
			RAISED("once", [BC_TOTAL_SEEN] = 0);
			stream_text(&c, text);
			RAISED("in step", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
		}
}

static void test_arrivals_refused(void **state)
{
	static const char text[] = BEACON("forged");
	struct connection c;

	(void)state;
	for (int i = 0; i < 100; i++)
		arrive(1000 * i, 0, text);
	RAISED("forged", [BC_TOTAL_SEEN] = 0);
	/* A child with the same next byte that has received less, or more. */
	c = stream_open(3000 + strlen(text) - 5);
	c.sent = 5;
	c.rcv_nxt = c.first + c.sent;
	stream_segment(&c, c.sent, "", 0);
	c = stream_open(4000 + strlen(text) - 500);
	c.sent = 500;
	c.rcv_nxt = c.first + c.sent;
	stream_segment(&c, c.sent, "", 0);
	/* One that has received just as much, elsewhere. */
	c = stream_open(4001);
	c.sent = strlen(text);
	c.rcv_nxt = c.first + c.sent;
	stream_segment(&c, c.sent, "", 0);
	RAISED("no child of these", [BC_TOTAL_SEEN] = 0);
	/* Data that the child gets itself count there, once. */
	c = stream_open(5000);
	stream_text(&c, text);
	stream_segment(&c, c.sent, "", 0);
	RAISED("retransmitted to the child", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
	arrive(600000, 0, "\x16\x03\x01");
	c = stream_open(600000);
	c.sent = 3;
	c.rcv_nxt = c.first + c.sent;
	stream_segment(&c, c.sent, "", 0);
	RAISED("rubbish", [BC_TOTAL_TLS] = 1);
}

/* The second part of a request came to the listening socket, and was accepted with it. */
static void test_arrival_ahead(void **state)
{
	static const char text[] = "GET /hm?p=/ahead&x=1&y=1 HTTP/1.1\r\n" HOST
				   "User-Agent: Mozilla/5.0\r\n\r\n";
	size_t n = sizeof(text) - 1, cut = n - 10;
	struct connection c = stream_open(0xffffffd0);

	(void)state;
	arrive(c.first + cut, 0, text + cut);
	stream_segment(&c, 0, text, cut);
	RAISED("begun", [BC_TOTAL_SEEN] = 1);
	c.sent = n;
	c.rcv_nxt = c.first + n;
	stream_text(&c, BEACON("ahead"));
	RAISED("both", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1, [BC_UNDECIDED] = 1,
	       [BC_TOTAL_RESYNC] = 1);
}

/* A request that straddles a change of rules can't be decided, unless it opts out. */
static void test_epochs(void **state)
{
	static const char text[] = BEACON("epoch");
	size_t n = sizeof(text) - 1;
	struct connection c = stream_open(1);

	(void)state;
	stream_text(&c, HALF_1);
	harness_rules("optout header X-No=1\n");
	stream_text(&c, HALF_2);
	RAISED("straddles", [BC_TOTAL_SEEN] = 1, [BC_UNDECIDED] = 1);
	stream_text(&c, "GET /hm?p=/a HTTP/1.1\r\n" HOST "DNT: 1\r\n");
	harness_rules("");
	stream_text(&c, "\r\n");
	RAISED("opted out before", [BC_TOTAL_SEEN] = 1, [BC_OPTED_OUT] = 1);
	stream_text(&c, HALF_1);
	harness_rules("");
	stream_text(&c, "=1 HTTP/1.1\r\n" HOST "DNT: 1\r\n\r\n");
	RAISED("opted out after", [BC_TOTAL_SEEN] = 1, [BC_OPTED_OUT] = 1);
	/* Early, then a change, then its turn. */
	c = stream_open(1);
	stream_segment(&c, n, text, n);
	harness_rules("exclude page (any) /epoch\n");
	stream_segment(&c, 0, text, n);
	RAISED("early under old rules", [BC_TOTAL_SEEN] = 2, [BC_UNDECIDED] = 1, [BC_EXCLUDED] = 1,
	       [BC_TOTAL_EARLY] = 1);
}

/* A page that an early segment named is not counted under another generation's number. */
static void test_generations(void **state)
{
	static const char text[] = BEACON("generation");
	size_t n = sizeof(text) - 1;
	struct connection c = stream_open(1);

	(void)state;
	stream_segment(&c, n, text, n);
	harness_generation(1, 2);
	stream_segment(&c, 0, text, n);
	RAISED("parsed before", [BC_TOTAL_SEEN] = 2, [BC_COUNTED] = 2, [BC_TOTAL_EARLY] = 1);
	assert_int_equal(harness_clicks("/generation"), 2);
	assert_int_equal(harness_cells_sum(), 2);
	/* A head that straddles a swap counts where it ends. */
	stream_segment(&c, 2 * n, text, n / 2);
	harness_generation(0, 3);
	stream_segment(&c, 2 * n + n / 2, text + n / 2, n - n / 2);
	RAISED("straddles", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
	assert_int_equal(harness_clicks("/generation"), 1);
}

/* After what ends HTTP on a connection, nothing more is read of it. */
static void test_opaque(void **state)
{
	static const struct {
		const char *text;
		__u64 risen[BC_TOTALS];
	} rows[] = {
		{"\x16\x03\x01\x02", {[BC_TOTAL_TLS] = 1}},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {[BC_TOTAL_HTTP2] = 1}},
		{"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
		 {[BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1}},
		{"GET / HTTP/1.0\r\n\r\n", {[BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct connection c = stream_open(i);

		stream_text(&c, rows[i].text);
		harness_expect(rows[i].risen, rows[i].text);
		stream_text(&c, BEACON("behind"));
		RAISED("nothing behind it", [BC_TOTAL_SEEN] = 0);
	}
	assert_int_equal(harness_clicks("/behind"), 0);
}

/* A server may refuse another protocol and go on with HTTP, for whoever shares the connection. */
static void test_upgrade(void **state)
{
	static const char *const requests[] = {
		"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /ws HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct connection c = stream_open(i);

		stream_text(&c, requests[i]);
		RAISED("it asks for another protocol", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1,
		       [BC_TOTAL_UPGRADE] = 1);
		stream_text(&c, "\x81\x85mask" BEACON("framed"));
		stream_text(&c, "\x82\xfeGET / HTTP/1.1\r\n");
		RAISED("frames of a WebSocket", [BC_TOTAL_SEEN] = 0);
		stream_text(&c, BEACON("refused"));
		RAISED("HTTP goes on", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1,
		       [BC_TOTAL_RESYNC] = 1);
		stream_text(&c, BEACON("refused"));
		RAISED("in order again", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
	}
	assert_int_equal(harness_clicks("/framed"), 0);
	assert_int_equal(harness_clicks("/refused"), 4);
}

/* A connection for whose state there is no memory: nothing is guessed, but it is told. */
static void test_no_state(void **state)
{
	struct connection c = stream_open(1);

	(void)state;
	c.id = 1000; /* the tests' map has no such entry */
	stream_text(&c, BEACON("stateless"));
	RAISED("a segment that nothing is known of", [BC_TOTAL_FALLBACK] = 1);
}

/* Large uploads are skipped by their length. */
static void test_upload(void **state)
{
	static char chunk[3000];
	struct connection c = stream_open(0x7ffff000);

	(void)state;
	memset(chunk, 'G', sizeof(chunk));
	stream_text(&c, "PUT /upload HTTP/1.1\r\n" HOST "Content-Length: 900000\r\n\r\n");
	for (int i = 0; i < 300; i++)
		stream_send(&c, chunk, sizeof(chunk));
	stream_text(&c, BEACON("upload"));
	RAISED("an upload", [BC_TOTAL_SEEN] = 2, [BC_COUNTED] = 2);
	assert_int_equal(harness_clicks("/upload"), 1);
}

/* A stream of random requests, and what is known of it. */
struct model {
	char text[64 * 1024];
	size_t length;
	size_t requests;
	size_t counted;
};

/*
 * Where order is lost, a body that looks like a request might be taken for one if a
 * segment begins just there: such bodies stay out of it.
 */
static bool has_decoy(size_t r)
{
	return strstr(strstr(requests[r].text, "\r\n\r\n"), "GET");
}

static void model_make(struct model *m, bool reorder)
{
	size_t n = 1 + rand() % 20;

	*m = (struct model){};
	for (size_t i = 0; i < n; i++) {
		size_t r = rand() % REQUESTS, length = strlen(requests[r].text);

		if (reorder && has_decoy(r))
			continue;
		memcpy(m->text + m->length, requests[r].text, length);
		m->length += length;
		m->requests++;
		m->counted += requests[r].outcome == BC_COUNTED;
	}
}

#define PIECES 4096

struct piece {
	size_t at;
	size_t length;
};

static size_t model_cut(const struct model *m, struct piece *pieces)
{
	size_t n = 0, at = 0, most = 1 + rand() % 1400;

	while (at < m->length) {
		size_t length = 1 + rand() % most;

		if (length > m->length - at)
			length = m->length - at;
		pieces[n++ % PIECES] = (struct piece){at, length};
		at += length;
	}
	assert_true(n < PIECES);
	return n;
}

/* TCP's view: bytes without a hole from the begin, told late. */
struct receiver {
	bool got[64 * 1024];
	size_t whole;
};

static void deliver(struct connection *c, const struct model *m, const struct piece *p,
		    struct receiver *r)
{
	stream_segment(c, p->at, m->text + p->at, p->length);
	memset(r->got + p->at, 1, p->length);
	while (r->got[r->whole])
		r->whole++;
	if (c->rcv_nxt - c->first < r->whole && rand() % 3)
		c->rcv_nxt += rand() % (r->whole - (c->rcv_nxt - c->first) + 1);
}

/* Deliver a stream in pieces: some twice, some with what is around them, some later. */
static void model_run(const struct model *m, bool reorder, __u64 risen[BC_TOTALS])
{
	static struct piece pieces[PIECES];
	static struct receiver r;
	struct connection c = stream_open(rand() * 3u);
	size_t n = model_cut(m, pieces);

	memset(&r, 0, sizeof(r));
	for (size_t i = 0; i < n; i++) {
		if (reorder && i + 1 < n && rand() % 10 == 0) {
			struct piece suppressed = pieces[i];

			pieces[i] = pieces[i + 1];
			pieces[i + 1] = suppressed;
		}
		deliver(&c, m, &pieces[i], &r);
		if (rand() % 10 == 0)
			deliver(&c, m, &pieces[rand() % (i + 1)], &r);
		if (rand() % 10 == 0 && !reorder && i) {
			struct piece both = {pieces[i - 1].at,
					     pieces[i - 1].length + pieces[i].length};

			deliver(&c, m, &both, &r);
		}
	}
	c.rcv_nxt = c.first + m->length;
	stream_segment(&c, m->length, "", 0);
	harness_risen(risen);
}

static void test_model(void **state)
{
	const char *given = getenv("SEED");
	unsigned int seed = given ? strtoul(given, NULL, 0) : (unsigned long)time(NULL);
	__u64 sent = 0, counted = 0, undecided = 0, seen = 0;
	static struct model m;

	(void)state;
	print_message("SEED=%u\n", seed);
	srand(seed);
	for (int i = 0; i < 1000; i++) {
		__u64 risen[BC_TOTALS], outcomes = 0;
		bool reorder = i % 2;

		model_make(&m, reorder);
		model_run(&m, reorder, risen);
		for (int o = 0; o < BC_OUTCOMES; o++)
			outcomes += risen[o];
		if (risen[BC_TOTAL_SEEN] != outcomes || risen[BC_COUNTED] > m.counted ||
		    harness_cells_sum() != risen[BC_COUNTED])
			fail_msg("stream %d (%zu): %llu seen, %llu outcomes, %llu counted of %zu",
				 i, m.requests, risen[BC_TOTAL_SEEN], outcomes, risen[BC_COUNTED],
				 m.counted);
		if (!reorder && (risen[BC_TOTAL_SEEN] != m.requests ||
				 risen[BC_COUNTED] != m.counted || risen[BC_TOTAL_GAP]))
			fail_msg("stream %d: %llu seen, %llu counted of %zu, %zu", i,
				 risen[BC_TOTAL_SEEN], risen[BC_COUNTED], m.requests, m.counted);
		harness_forget_cells();
		if (reorder) {
			sent += m.requests;
			counted += risen[BC_COUNTED];
			undecided += risen[BC_UNDECIDED];
			seen += risen[BC_TOTAL_SEEN];
		}
	}
	print_message("reordered: %llu requests, %llu seen, %llu counted, %llu undecided\n", sent,
		      seen, counted, undecided);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup(function, set_up)
		TEST(test_cuts),	   TEST(test_lagging),
		TEST(test_pipelined),	   TEST(test_duplicates),
		TEST(test_early),	   TEST(test_early_many),
		TEST(test_early_overflow), TEST(test_gap),
		TEST(test_gap_last),	   TEST(test_gap_early),
		TEST(test_early_torn),	   TEST(test_early_body),
		TEST(test_split_heads),	   TEST(test_split_in_parts),
		TEST(test_split_opt_outs), TEST(test_older),
		TEST(test_arrivals),	   TEST(test_arrivals_refused),
		TEST(test_arrival_ahead),  TEST(test_epochs),
		TEST(test_generations),	   TEST(test_opaque),
		TEST(test_upgrade),	   TEST(test_no_state),
		TEST(test_upload),	   TEST(test_model),
	};

	return cmocka_run_group_tests(tests, open_once, tear_down);
}
