// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What real visitors, servers and networks do to a connection, in kinds: odd and malformed
 * requests, gaps and disorder around bodies, deferred accept, upgrades, urgent data, PROXY
 * headers. After each the program must tell what it could not read, must count nothing that
 * is not a request, and must not stay blind. A scene is a stream in pieces and the order in
 * which they come.
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
#define YES BEACON("yes") /* must count */
#define NO BEACON("no") /* must not */
#define NO_BYTES "58" /* its length */
#define SIZED(n) "POST /x HTTP/1.1\r\n" HOST "Content-Length: " n "\r\n\r\n"
#define CHUNKED "POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
#define UPGRADE "Connection: upgrade\r\nUpgrade: "
#define PROXY_V2 "\r\n\r\n\0\r\nQUIT\n"

_Static_assert(sizeof(NO) - 1 == 58, "as it says in NO_BYTES");

enum {
	COUNTED = BC_COUNTED,
	OPTED_OUT = BC_OPTED_OUT,
	UNDECIDED = BC_UNDECIDED,
	MALFORMED = BC_MALFORMED,
	SEEN = BC_TOTAL_SEEN,
	TLS = BC_TOTAL_TLS,
	HTTP2 = BC_TOTAL_HTTP2,
	UPGRADES = BC_TOTAL_UPGRADE,
	GAP = BC_TOTAL_GAP,
	DUPLICATE = BC_TOTAL_DUPLICATE,
	EARLY = BC_TOTAL_EARLY,
	RESYNC = BC_TOTAL_RESYNC,
};

struct piece {
	const char *text;
	size_t length;
};

#define P(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}

#define PIECES_MAX 12

/*
 * `order` says what happens: a digit (or letter from `a` for 10) is a piece that comes, `x`
 * before it that TCP got it and the program never did, `f` that TCP did not take it (forged,
 * or out of its window), `u` that it is urgent, and `.` is a packet without data. NULL: all in
 * their order. What TCP has got is told with the next packet.
 */
struct scene {
	const char *what;
	struct piece pieces[PIECES_MAX];
	const char *order;
	unsigned int yes; /* beacons counted on the page /yes */
	bool older; /* than the program */
	__u64 risen[BC_TOTALS];
};

static int open_once(void **state)
{
	(void)state;
	harness_open(&(struct harness_options){.max_cells = 1024, .max_pages = 64});
	return 0;
}

static int set_up(void **state)
{
	__u64 risen[BC_TOTALS];

	(void)state;
	harness_anew();
	harness_risen(risen); /* whatever a test that failed has left */
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	harness_close();
	return 0;
}

/* How far a stream has come, as TCP sees it. */
struct receiver {
	size_t at[PIECES_MAX + 1];
	bool got[PIECES_MAX];
	size_t count;
	bool lags;
};

/* What is told of it: what it has got, always the begin, or bytes before the program came, too. */
enum receiver_kind {
	EXACT,
	LAGS,
	OLDER,
};

static void receive(struct connection *c, struct receiver *r, size_t piece)
{
	size_t i = 0;

	r->got[piece] = true;
	while (i < r->count && r->got[i])
		i++;
	if (!r->lags)
		c->rcv_nxt = c->first + r->at[i];
}

static size_t piece_of(const struct receiver *r, char c)
{
	size_t i = c >= 'a' ? (size_t)(c - 'a' + 10) : (size_t)(c - '0');

	assert_true(i < r->count);
	return i;
}

/* Play one step of the order; returns how many characters of it that was. */
static size_t play_step(struct connection *c, struct receiver *r, const struct piece *pieces,
			const char *order)
{
	size_t i;

	if (*order == '.') {
		stream_segment(c, c->rcv_nxt - c->first, "", 0);
		return 1;
	}
	i = piece_of(r, order[*order == 'x' || *order == 'f' || *order == 'u']);
	c->headers.flags = *order == 'u' ? URG : 0;
	if (*order != 'x')
		stream_segment(c, r->at[i], pieces[i].text, pieces[i].length);
	c->headers.flags = 0;
	if (*order != 'f')
		receive(c, r, i);
	return *order == 'x' || *order == 'f' || *order == 'u' ? 2 : 1;
}

static void play(const struct piece *pieces, const char *order, enum receiver_kind kind)
{
	struct connection c = stream_open(rand() * 3u);
	struct receiver r = {.lags = kind == LAGS};
	char all[PIECES_MAX + 1] = "0123456789ab";

	c.older = kind == OLDER;
	for (; pieces[r.count].text; r.count++)
		r.at[r.count + 1] = r.at[r.count] + pieces[r.count].length;
	all[r.count] = '\0';
	for (order = order ? order : all; *order;)
		order += play_step(&c, &r, pieces, order);
}

/* What must hold besides the totals; tells whether it does. */
static bool cells_match(const char *what, __u64 yes, __u64 counted)
{
	__u64 is = harness_clicks("/yes"), no = harness_clicks("/no"), sum = harness_cells_sum();

	if (is != yes)
		print_error("%llu counted on /yes, not %llu: %s\n", is, yes, what);
	if (no)
		print_error("%llu counted that are none: %s\n", no, what);
	if (sum != counted)
		print_error("%llu in cells, not %llu: %s\n", sum, counted, what);
	harness_forget_cells();
	return is == yes && !no && sum == counted;
}

static void run_scenes(const struct scene *scenes, size_t count)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < count; i++) {
		const struct scene *s = &scenes[i];
		/* Where nothing depends on what TCP has got, it may come late. */
		bool may_lag = !s->older && !(s->order && strpbrk(s->order, "xfu")) &&
			       !(s->risen[EARLY] && s->risen[RESYNC]);

		for (int lags = 0; lags <= may_lag; lags++) {
			bool matches;

			play(s->pieces, s->order, s->older ? OLDER : lags ? LAGS : EXACT);
			matches = harness_matches(s->risen, s->what);
			matches = cells_match(s->what, s->yes, s->risen[COUNTED]) && matches;
			wrong += !matches;
		}
	}
	if (wrong)
		fail_msg("%u of %zu", wrong, count);
}

#define RUN(scenes) run_scenes(scenes, sizeof(scenes) / sizeof((scenes)[0]))

/* ---- Odd requests on connections that many visitors share ---- */

/* Any token is a method (RFC 9110, 9.1), wherever it stands. */
static void test_methods(void **state)
{
	static const char *const methods[] = {
		"get",
		"Get",
		"gET",
		"A.B",
		"M-SEARCH",
		"a1!#$%&'*+-.^_`|~",
		"x",
		"0",
		"~",
		"!",
		"GETX",
		"XGET",
		"PROP",
		"post",
		"options",
		"connect",
		"Pri",
		"PROXYX",
		"BASELINE-CONTROL-AND-MUCH-MORE-THAN-THAT",
		"VERSION_CONTROL",
		"-",
		"HTTP",
	};
	unsigned int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		char first[400], odd[200];
		struct piece pieces[3] = {{first, 0}, {YES, sizeof(YES) - 1}};
		struct connection c = stream_open(i);
		bool matches;

		snprintf(odd, sizeof(odd), "%s /x HTTP/1.1\r\n" HOST "\r\n", methods[i]);
		pieces[0].length = snprintf(first, sizeof(first), "%s" YES "%s" YES, odd, odd);
		play(pieces, NULL, EXACT);
		matches = harness_matches((__u64[BC_TOTALS]){[SEEN] = 5, [COUNTED] = 5}, first);
		matches = cells_match(first, 3, 5) && matches;
		/* A beacon by such a method is none the less a request that is counted. */
		snprintf(first, sizeof(first), "%s /hm?p=/a&x=1&y=1 HTTP/1.1\r\n" HOST "\r\n" YES,
			 methods[i]);
		for (const char *at = first; *at; at++)
			stream_send(&c, at, 1);
		matches = harness_matches((__u64[BC_TOTALS]){[SEEN] = 2, [COUNTED] = 2}, first) &&
			  matches;
		matches = cells_match(first, 1, 2) && matches;
		/* Ahead of its turn. */
		snprintf(first, sizeof(first), "%s" YES, odd);
		c.sent += sizeof(YES) - 1;
		stream_segment(&c, c.sent, first, strlen(first));
		c.sent -= sizeof(YES) - 1;
		stream_text(&c, YES);
		matches =
			harness_matches((__u64[BC_TOTALS]){[SEEN] = 3, [COUNTED] = 3, [EARLY] = 1},
					first) &&
			matches;
		matches = cells_match(first, 2, 3) && matches;
		wrong += !matches;
	}
	assert_int_equal(wrong, 0);
}

/* Words that begin other protocols' greetings are methods, too, where a request line follows. */
static void test_methods_of_protocols(void **state)
{
	static const char *const methods[] = {"PRI", "PROXY"};
	unsigned int wrong = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (int first = 0; first < 2; first++) {
			char odd[200];
			struct piece pieces[4] = {{YES, first ? 0 : sizeof(YES) - 1},
						  {odd, 0},
						  {YES, sizeof(YES) - 1}};
			const __u64 n = first ? 2 : 3;
			bool matches;

			pieces[1].length = snprintf(odd, sizeof(odd),
						    "%s /x HTTP/1.1\r\n" HOST "\r\n", methods[i]);
			play(first ? pieces + 1 : pieces, NULL, EXACT);
			matches =
				harness_matches((__u64[BC_TOTALS]){[SEEN] = n, [COUNTED] = n}, odd);
			wrong += !(cells_match(odd, n - 1, n) && matches);
		}
	assert_int_equal(wrong, 0);
}

#define GET_X "GET /x HTTP/1.1\r\n"

/* Where it can't be told where these end. Each is told once, and costs its own segment only. */
static const struct piece astray[] = {
	P("GET /a b HTTP/1.1\r\n" HOST "\r\n"),
	P("GET /a\tb HTTP/1.1\r\n" HOST "\r\n"),
	P("GET /\r\n"),
	P("GET /hm?p=/no&x=1&y=1\r\n\r\n"),
	P("GET\r\n"),
	P("GET \r\n"),
	P(" " NO),
	P("GET / HTTP/2.0\r\n\r\n"),
	P("GET / HTTP/3\r\n\r\n"),
	P("GET / HTTP/0.9\r\n\r\n"),
	P("GET / HTTP/1.10\r\n" HOST "\r\n"),
	P("GET / HTTP/11\r\n" HOST "\r\n"),
	P("GET / HTTP/1.x\r\n" HOST "\r\n"),
	P("GET / http/1.1\r\n" HOST "\r\n"),
	P("GET / ICY/1.1\r\n" HOST "\r\n"),
	P("GET / HTTP/1.1\r\r\n" HOST "\r\n"),
	P("GET ? HTTP/1.1\r\n" HOST "\r\n"),
	P("GET a HTTP/1.1\r\n" HOST "\r\n"),
	P("GET http:/a HTTP/1.1\r\n" HOST "\r\n"),
	P("GET /a\x01 HTTP/1.1\r\n" HOST "\r\n"),
	P("GET /a\x7f HTTP/1.1\r\n" HOST "\r\n"),
	P("GET /a\0 HTTP/1.1\r\n" HOST "\r\n"),
	P("GET /hm?p=/no\x02&x=1&y=1 HTTP/1.1\r\n" HOST "\r\n"),
	P("G(T / HTTP/1.1\r\n" HOST "\r\n"),
	P("G\"T / HTTP/1.1\r\n" HOST "\r\n"),
	P("G/T / HTTP/1.1\r\n" HOST "\r\n"),
	P("G:T / HTTP/1.1\r\n" HOST "\r\n"),
	P("G\x01T / HTTP/1.1\r\n" HOST "\r\n"),
	P("G\xc3\xa4T / HTTP/1.1\r\n" HOST "\r\n"),
	P("{\"json\": true}"),
	P("<html>\r\n\r\n</html>"),
	P("\x80\x81\x82\xff"),
	P("\0\0\0\0"),
	P("\x7f"),
	P("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	P("EHLO mail.example.org\r\n"),
	P(GET_X "Host : a\r\n\r\n"),
	P(GET_X "Host\t: a\r\n\r\n"),
	P(GET_X HOST ": x\r\n\r\n"),
	P(GET_X HOST "Content-Length : 3\r\n\r\nabc"),
	P("POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
	  "0\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "0\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "0\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, gzip\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
	P("POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	P("POST /x HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\nx"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: 1 1\r\n\r\nx"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\nx"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\nx"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551617\r\n\r\nx"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 1\r\n\r\nx"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length:\r\n 1\r\n\r\nx"),
	/* A CR alone is one server's line end. */
	P(GET_X HOST "\rX: a\r\n\r\n"),
	P(GET_X HOST "\rContent-Length: 5\r\n\r\n"),
	P(GET_X HOST "A: b\r\rDNT: 1\r\n\r\n"),
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "A: b\rDNT: 1\r\n\r\n"),
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "\rDNT: 1\r\n\r\n"),
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "\rCookie: blindcount_optout=1\r\n\r\n"),
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n\rHost: a\r\n\r\n"),
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "Accept: */*\r Sec-GPC: 1\r\n\r\n"),
	P(GET_X HOST "\r\r\n"),
};

/* These mean something where a connection begins, and nothing behind a request. */
static const struct piece greetings[] = {
	P("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
	P("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	P("PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n"),
	P("PROXY UNKNOWN\r\n"),
	P(PROXY_V2 "\x21\x11\0\x0c"
		   "0123456789ab"),
};

/* A way of putting an odd request into a stream: `y` is YES, `b` the request, `B` it and YES. */
struct way {
	const char *how;
	const char *pieces;
	const char *order;
	unsigned int early;
};

static const struct way ways[] = {
	{"of its own", "ybyy", NULL, 0},
	{"with one behind it", "yByy", NULL, 0},
	{"after one", "yyByy", NULL, 0},
	{"ahead of its turn", "ybyy", "1023", 1},
	{"ahead of its turn, with one behind it", "yByy", "1023", 1},
	{"ahead, as what follows it", "yByy", "1203", 2},
	{"what follows it is ahead", "yByyy", "0321.4", 2},
	{"ahead, and all behind it", "yByyy", "43210", 4},
	{"behind one ahead", "yyBy", "1203", 2},
	{"behind one that is late", "yyBy", "2013", 1},
	{"at the begin", "byy", NULL, 0},
	{"at the begin, with one behind it", "Byy", NULL, 0},
	{"at the begin, twice as late", "Byy", "2.10", 2},
};

/* Put `bad` into a stream in each way. If it is `plain` where it ends, what is behind it counts. */
static unsigned int try_ways(const struct piece *bad, bool plain, bool may_be_first)
{
	unsigned int wrong = 0;
	char with[2000], what[200];

	memcpy(with, bad->text, bad->length);
	memcpy(with + bad->length, YES, sizeof(YES));
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const struct way *way = &ways[i];
		struct piece pieces[PIECES_MAX] = {};
		__u64 expected[BC_TOTALS] = {
			[MALFORMED] = 1, [RESYNC] = !plain, [EARLY] = way->early};
		bool matches;

		if (!may_be_first && way->pieces[0] != 'y')
			continue;
		for (size_t n = 0; way->pieces[n]; n++) {
			char is = way->pieces[n];

			pieces[n] = is == 'y' ? (struct piece)P(YES) : *bad;
			if (is == 'B')
				pieces[n] = (struct piece){with, bad->length + sizeof(YES) - 1};
			expected[COUNTED] += is == 'y' || (is == 'B' && plain);
		}
		expected[SEEN] = expected[COUNTED] + 1;
		snprintf(what, sizeof(what), "%s: %.120s", way->how, bad->text);
		play(pieces, way->order, EXACT);
		matches = harness_matches(expected, what);
		wrong += !(cells_match(what, expected[COUNTED], expected[COUNTED]) && matches);
	}
	return wrong;
}

/* The same, cut in two at each byte: told once, and what comes later is understood. */
static unsigned int try_cuts(const struct piece *bad, bool plain)
{
	unsigned int wrong = 0;

	for (size_t cut = 1; cut < bad->length; cut++) {
		const struct piece pieces[] = {
			P(YES), {bad->text, cut}, {bad->text + cut, bad->length - cut},
			P(YES), P(YES),		  {}};
		__u64 expected[BC_TOTALS] = {
			[SEEN] = 4, [COUNTED] = 3, [MALFORMED] = 1, [RESYNC] = !plain};
		char what[200];
		bool matches;

		if (!strncmp(bad->text + cut, "GET ", 4)) /* it joins in there */
			continue;
		snprintf(what, sizeof(what), "cut at %zu: %.120s", cut, bad->text);
		play(pieces, NULL, EXACT);
		matches = harness_matches(expected, what);
		wrong += !(cells_match(what, 3, 3) && matches);
	}
	return wrong;
}

static void test_astray(void **state)
{
	unsigned int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(astray) / sizeof(astray[0]); i++) {
		wrong += try_ways(&astray[i], false, true);
		wrong += try_cuts(&astray[i], false);
	}
	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++)
		wrong += try_ways(&greetings[i], false, false);
	assert_int_equal(wrong, 0);
}

/* Malformed as well, but where these end is plain, and a pooled connection may go on behind. */
static const struct piece plain[] = {
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n\r\n"),
	P("GET /x HTTP/1.1\r\nAccept: */*\r\n\r\n"),
	P("POST /x HTTP/1.1\r\nContent-Length: " NO_BYTES "\r\n\r\n" NO),
	P("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3a\r\n" NO "\r\n0\r\n\r\n"),
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST HOST "\r\n"),
	P(GET_X HOST "A: b\r\nHost: other.example.org\r\n\r\n"),
	P(GET_X HOST HOST HOST "\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: " NO_BYTES "\r\n" HOST "\r\n" NO),
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n"),
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\n\r\n"),
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "DNT:\r\n 1\r\n\r\n"),
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n folded\r\n" HOST "\r\n"),
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "A: b\r\n c\r\n d\r\n e: f\r\n\r\n"),
	P(GET_X HOST "A: b\r\n Content-Length: 5\r\n\r\n"),
	P(GET_X HOST "A: b\r\n Connection: close\r\n\r\n"),
	P(GET_X HOST "A: b\r\n  \r\n\r\n"),
	P(GET_X HOST "Cookie: a=b;\r\n\tblindcount_optout=1\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "A: b\r\n c\r\nContent-Length: " NO_BYTES "\r\n\r\n" NO),
	P("POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nA: b\r\n c\r\n\r\n"
	  "3a\r\n" NO "\r\n0\r\nA: b\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: " NO_BYTES "\r\nContent-Length: " NO_BYTES
	  "\r\n\r\n" NO),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: " NO_BYTES "\r\nA: b\r\ncontent-length:\t"
	  "0" NO_BYTES " \r\n\r\n" NO),
	P("POST /x HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n"
	  "Content-Length: 3\r\n\r\nabc"),
	P("POST /x HTTP/1.1\nContent-Length: 3\n\nabc"),
};

static void test_plain(void **state)
{
	unsigned int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		wrong += try_ways(&plain[i], true, true);
		wrong += try_cuts(&plain[i], true);
	}
	assert_int_equal(wrong, 0);
}

/* Servers close behind these: whatever follows is none of theirs. */
static void test_closed(void **state)
{
	static const struct scene scenes[] = {
		{"close",
		 {P(GET_X HOST "Connection: close\r\n\r\n"), P(NO), P(NO)},
		 .risen = {[SEEN] = 1, [COUNTED] = 1}},
		{"close, in the segment",
		 {P(GET_X HOST "Connection: close\r\n\r\n" NO), P(NO)},
		 .risen = {[SEEN] = 1, [COUNTED] = 1}},
		{"close behind a body",
		 {P("POST /x HTTP/1.1\r\n" HOST "Connection: close\r\nContent-Length: 3\r\n\r\n"),
		  P("abc" NO), P(NO)},
		 .risen = {[SEEN] = 1, [COUNTED] = 1}},
		{"close behind a body, ahead",
		 {P("POST /x HTTP/1.1\r\n" HOST "Connection: close\r\nContent-Length: 6\r\n\r\n"),
		  P("abc"), P("def" NO), P(NO)},
		 .order = "0213.",
		 .risen = {[SEEN] = 1, [COUNTED] = 1, [EARLY] = 1}},
		{"close, what follows is ahead",
		 {P(GET_X HOST), P("Connection: close\r\n\r\n"), P(NO), P(NO)},
		 .order = "0231.",
		 .risen = {[SEEN] = 1, [COUNTED] = 1, [EARLY] = 2}},
		{"malformed, and close",
		 {P("GET /x HTTP/1.1\r\nConnection: close\r\n\r\n" NO), P(NO), P(NO)},
		 .risen = {[SEEN] = 1, [MALFORMED] = 1}},
		{"HTTP/1.0",
		 {P("GET /x HTTP/1.0\r\n\r\n" NO), P(NO), P(NO)},
		 .risen = {[SEEN] = 1, [COUNTED] = 1}},
		{"TLS", {P("\x16\x03\x01\x02" NO), P(NO), P(NO)}, .risen = {[TLS] = 1}},
		{"HTTP/2",
		 {P("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" NO), P(NO), P(NO)},
		 .risen = {[HTTP2] = 1}},
		{"HTTP/2 in parts",
		 {P("PRI * HT"), P("TP/2.0\r\n\r\nSM\r\n\r\n" NO), P(NO)},
		 .risen = {[HTTP2] = 1}},
	};

	(void)state;
	RUN(scenes);
}

/* ---- Gaps and disorder around bodies ---- */

#define BODY_50 "01234567890123456789012345678901234567890123456789"

/* Bytes of a body that never came by: its length is known, nobody else is blinded. */
static void test_gap_in_body(void **state)
{
	static const struct scene scenes[] = {
		{"its first part",
		 {P(SIZED("150")), P(BODY_50), P(BODY_50), P(BODY_50), P(YES)},
		 .order = "0x1234",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1}},
		{"its middle",
		 {P(SIZED("150")), P(BODY_50), P(BODY_50), P(BODY_50), P(YES)},
		 .order = "01x234",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1}},
		{"its end",
		 {P(SIZED("150")), P(BODY_50), P(BODY_50), P(BODY_50), P(YES)},
		 .order = "012x34",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1}},
		{"two parts",
		 {P(SIZED("200")), P(BODY_50), P(BODY_50), P(BODY_50), P(BODY_50), P(YES)},
		 .order = "0x12x345",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 2}},
		{"all of it",
		 {P(SIZED("100")), P(BODY_50), P(BODY_50), P(YES), P(YES)},
		 .order = "0x1x234",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [GAP] = 1}},
		{"all but what came with the head",
		 {P(SIZED("100") BODY_50), P("01234567890123456789012345678901234567890123456789"),
		  P(YES YES)},
		 .order = "0x12",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [GAP] = 1}},
		{"a packet without data tells it",
		 {P(SIZED("100")), P(BODY_50), P(BODY_50), P(YES)},
		 .order = "0x1.23",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1}},
		{"what comes looks like a request",
		 {P(SIZED("174")), P(NO), P(NO), P(NO), P(YES)},
		 .order = "0x1234",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1}},
		{"the end comes with a request",
		 {P(SIZED("100")), P(BODY_50), P(BODY_50 YES), P(YES)},
		 .order = "0x123",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [GAP] = 1}},
		{"of a chunk",
		 {P(CHUNKED "96\r\n"), P(BODY_50), P(BODY_50), P(BODY_50 "\r\n"),
		  P("0\r\n\r\n" YES)},
		 .order = "01x234",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1}},
		{"a chunk's end, just so",
		 {P(CHUNKED "64\r\n"), P(BODY_50), P(BODY_50), P("\r\n0\r\n\r\n" YES)},
		 .order = "01x23",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1}},
		{"all of a chunk",
		 {P(CHUNKED "3a\r\n"), P(NO), P("\r\n3a\r\n"), P(NO), P("\r\n0\r\n\r\n" YES)},
		 .order = "0x123"
			  "4",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1}},
		{"of a malformed request",
		 {P("POST /x HTTP/1.1\r\nContent-Length: 100\r\n\r\n"), P(BODY_50), P(BODY_50),
		  P(YES)},
		 .order = "0x123",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [MALFORMED] = 1, [GAP] = 1}},
		{"a part is lost, and what follows it is ahead",
		 {P(SIZED("150")), P(BODY_50), P(BODY_50), P(BODY_50), P(YES)},
		 .order = "03x1.24.",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1, [EARLY] = 1}},
		/* Beyond the length nothing is known. */
		{"and of what follows",
		 {P(SIZED("50")), P(BODY_50), P(NO), P(YES), P(YES)},
		 .order = "0x1x234",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [GAP] = 1, [RESYNC] = 1}},
		{"and half a request",
		 {P(SIZED("50")), P(BODY_50 "GET /hm?p=/no&x=1"),
		  P("&y=1 HTTP/1.1\r\n" HOST "\r\n"), P(YES)},
		 .order = "0x123",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1, [RESYNC] = 1}},
		{"a chunk and what follows it",
		 {P(CHUNKED "3a\r\n"), P(NO "\r\n3a\r\n"), P(NO), P("\r\n0\r\n\r\n"), P(YES)},
		 .order = "0x1x23"
			  "4",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1, [RESYNC] = 1}},
		{"in a chunk's size",
		 {P(CHUNKED "4"), P("2\r\n"), P(BODY_50), P(YES)},
		 .order = "0x123",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1, [RESYNC] = 1}},
		{"between requests",
		 {P(YES), P(YES), P(YES)},
		 .order = "0x12",
		 .yes = 2,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [GAP] = 1, [RESYNC] = 1}},
		{"in a head",
		 {P("GET /hm?p=/no&x=1&"), P("y=1 HTTP/1.1\r\n"), P(HOST "\r\n"), P(YES)},
		 .order = "0x123",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [GAP] = 1, [RESYNC] = 1}},
	};

	(void)state;
	RUN(scenes);
}

/* Large uploads over a link that loses: what follows them counts, however much is lost. */
static void test_upload_losses(void **state)
{
	static char body[100000];
	unsigned int lost = 0;

	(void)state;
	for (size_t at = 0; at + 58 < sizeof(body); at += 58)
		memcpy(body + at, NO, 58);
	for (int round = 0; round < 30; round++) {
		struct connection c = stream_open(rand() * 3u);
		__u64 risen[BC_TOTALS];
		bool gap = false;
		unsigned int gaps = 0;

		stream_text(&c, round % 2 ? SIZED("100000") : CHUNKED "186a0\r\n");
		for (size_t at = 0; at < sizeof(body);) {
			size_t n = 1 + rand() % 2896;
			bool skip = rand() % 8 == 0;

			n = n < sizeof(body) - at ? n : sizeof(body) - at;
			if (skip) {
				c.sent += n;
				c.rcv_nxt += n;
				lost++;
			} else {
				stream_send(&c, body + at, n);
			}
			gaps += skip && !gap;
			gap = skip;
			at += n;
		}
		if (round % 2 == 0)
			stream_text(&c, "\r\n0\r\n\r\n");
		stream_text(&c, YES);
		harness_risen(risen);
		assert_int_equal(risen[SEEN], 2);
		assert_int_equal(risen[COUNTED], 2);
		assert_int_equal(risen[GAP], gaps);
		assert_int_equal(risen[RESYNC], 0);
	}
	assert_true(lost > 100);
	assert_int_equal(harness_clicks("/yes"), 30);
	assert_int_equal(harness_clicks("/no"), 0);
}

/* A segment ahead of its turn that begins in a body, and goes beyond it. */
static void test_early_in_body(void **state)
{
	static const struct scene scenes[] = {
		{"known then",
		 {P(SIZED("100")), P(BODY_50), P(BODY_50 YES), P(YES)},
		 .order = "0213",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [EARLY] = 1}},
		{"known then, two behind it",
		 {P(SIZED("100")), P(BODY_50), P(BODY_50 YES YES), P(YES)},
		 .order = "0213",
		 .yes = 3,
		 .risen = {[SEEN] = 4, [COUNTED] = 4, [EARLY] = 1}},
		{"known then, and half a head behind it",
		 {P(SIZED("100")), P(BODY_50), P(BODY_50 "GET /hm?p=/yes&x=1&"),
		  P("y=1 HTTP/1.1\r\n" HOST "\r\n" YES)},
		 .order = "0213",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [EARLY] = 1}},
		{"it looks like a request",
		 {P(SIZED("116")), P(NO), P(NO YES), P(YES)},
		 .order = "0213",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [EARLY] = 1}},
		{"only body, like a request",
		 {P(SIZED("174")), P(NO), P(NO), P(NO YES), P(YES)},
		 .order = "03214",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [EARLY] = 2}},
		{"behind it is opted out",
		 {P(SIZED("100")), P(BODY_50),
		  P(BODY_50 "GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "DNT: 1\r\n\r\n"), P(YES)},
		 .order = "0213",
		 .yes = 1,
		 .risen = {[SEEN] = 3, [COUNTED] = 2, [OPTED_OUT] = 1, [EARLY] = 1}},
		{"behind it is malformed, and another",
		 {P(SIZED("100")), P(BODY_50), P(BODY_50 "GET /\r\n" NO), P(YES), P(YES)},
		 .order = "02314",
		 .yes = 2,
		 .risen = {[SEEN] = 4, [COUNTED] = 3, [MALFORMED] = 1, [EARLY] = 2, [RESYNC] = 1}},
		{"its begin with a chunk's data",
		 {P(CHUNKED "74\r\n"), P(NO), P(NO), P("\r\n0\r\n\r\n" YES), P(YES)},
		 .order = "02134",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [EARLY] = 1}},
		{"begins just behind",
		 {P(SIZED("50")), P(BODY_50), P(YES), P(YES)},
		 .order = "0213",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [EARLY] = 1}},
		{"begins just behind a chunked one",
		 {P(CHUNKED "32\r\n"), P(BODY_50 "\r\n0\r\n\r\n"), P(YES), P(YES)},
		 .order = "0213",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [EARLY] = 1}},
		/* What was not known then: nothing of it counts. */
		{"not known then",
		 {P(SIZED("116")), P(NO), P(NO NO), P(YES)},
		 .order = "2013",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"not known then, head and body",
		 {P(SIZED(NO_BYTES)), P(NO NO), P(YES)},
		 .order = "102",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"not known then, only body",
		 {P(SIZED("116")), P(NO), P(NO), P(YES)},
		 .order = "2013",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1}},
		{"not known then, all of it",
		 {P(SIZED("116")), P(NO), P(NO), P(YES)},
		 .order = "2103",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 2}},
		{"a chunk not known then",
		 {P(CHUNKED), P("3a\r\n"), P(NO "\r\n0\r\n\r\n" NO), P(YES)},
		 .order = "0213",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"behind a chunk",
		 {P(CHUNKED), P("3\r\nabc"), P("\r\n0\r\n\r\n" NO), P(YES)},
		 .order = "0213",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"behind a chunk's CR",
		 {P(CHUNKED), P("3\r\nabc\r"), P("\n0\r\n\r\n" NO), P(YES)},
		 .order = "0213",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"a chunk's size",
		 {P(CHUNKED "3\r\n"), P("abc\r\n"), P("0\r\n\r\n" NO), P(YES)},
		 .order = "0213",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"a chunk's extension",
		 {P(CHUNKED "3"), P(";a="), P("b\r\nabc\r\n0\r\n\r\n" NO), P(YES)},
		 .order = "0213",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"trailers",
		 {P(CHUNKED "0\r\n"), P("A: b\r\n"), P("C: d\r\n\r\n" NO), P(YES)},
		 .order = "0213",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"a trailer that looks like a request",
		 {P(CHUNKED "0\r\n"), P("A: b\r\n"), P(NO "\r\n"), P(YES)},
		 .order = "0213",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1, [GAP] = 1, [RESYNC] = 1}},
		/* It lies in a head: that one is undecided. */
		{"a head",
		 {P("GET /hm?p=/no&x=1&"), P("y=1 HTTP/1.1\r\n" HOST "\r\n"), P(YES)},
		 .order = "102",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [EARLY] = 1, [RESYNC] = 1}},
		{"a head that ends, and one behind",
		 {P("GET /hm?p=/no&x=1&"), P("y=1 HTTP/1.1\r\n" HOST "\r\n" NO), P(YES)},
		 .order = "102",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [EARLY] = 1, [RESYNC] = 1}},
		{"a head, from a line on",
		 {P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n"), P(HOST "\r\n"), P(YES)},
		 .order = "102",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [EARLY] = 1, [RESYNC] = 1}},
		{"a value that looks like a request",
		 {P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\nA: "), P(NO), P(YES)},
		 .order = "102",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [EARLY] = 1, [RESYNC] = 1}},
		{"a method's end",
		 {P("M-"), P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "\r\n"), P(YES)},
		 .order = "102",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [EARLY] = 1, [RESYNC] = 1}},
	};

	(void)state;
	RUN(scenes);
}

/* ---- Data on the listening socket ---- */

static void arrive(__u32 seq, __u8 flags, const void *text, size_t length)
{
	struct bc_socket facts = {.port = PORT, .protocol = 6, .state = LISTEN};

	harness_run(&facts, &(struct headers){.flags = flags}, seq - !!(flags & SYN), text, length);
}

static void arrive_text(__u32 seq, __u8 flags, const char *text)
{
	arrive(seq, flags, text, strlen(text));
}

#define CLOSE_WAIT 8

/* The child shows itself by a packet without data; FIN: TCP has got one. */
static void child_shows(struct connection *c, size_t length, __u8 fin, __u8 flags, __u32 segments)
{
	struct bc_socket facts = {
		.rcv_nxt = c->first + length + !!fin,
		.connection = c->id,
		.bytes_received = length + !!fin,
		.data_segs_in = segments,
		.port = PORT,
		.protocol = 6,
		.state = fin ? CLOSE_WAIT : ESTABLISHED,
		.fresh = !c->known,
	};

	c->known = true;
	c->sent = length;
	c->rcv_nxt = facts.rcv_nxt;
	harness_run(&facts, &(struct headers){.flags = flags}, facts.rcv_nxt, "", 0);
}

/* Deferred accept: the first segment, perhaps with the FIN, and then whatever comes first. */
static void test_arrival_ends(void **state)
{
	static const __u8 first_flags[] = {0, FIN, SYN, SYN | FIN};
	static const __u8 shows[] = {0, FIN, RST, RST | FIN};

	(void)state;
	for (size_t f = 0; f < 4; f++)
		for (size_t s = 0; s < 4; s++)
			for (__u32 first = 0xffffff00; first != 0x100; first += 0x20) {
				struct connection c = stream_open(first);
				__u8 fin = first_flags[f] & FIN;
				char what[100];

				snprintf(what, sizeof(what), "arrived with %#x, shows with %#x",
					 first_flags[f], shows[s]);
				arrive_text(first, first_flags[f], YES);
				child_shows(&c, strlen(YES), fin, shows[s], 1);
				RAISED(what, [SEEN] = 1, [COUNTED] = 1);
				child_shows(&c, strlen(YES), fin, 0, 1);
				RAISED("once", [SEEN] = 0);
			}
	assert_int_equal(harness_clicks("/yes"), 16 * 16);
}

/* The first segment ends anywhere, and the rest comes to the child. */
static void test_arrival_cut(void **state)
{
	static const char *const texts[] = {
		YES,
		"M-SEARCH /x HTTP/1.1\r\n" HOST "\r\n",
		"\r\nHEAD /x HTTP/1.1\r\n" HOST "\r\n",
		"GET /hm?x=1&y=1&p=/yes HTTP/1.1\r\n" HOST "A: b\r\n\r\n",
		SIZED(NO_BYTES) NO,
		CHUNKED "3a\r\n" NO "\r\n0\r\n\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n" YES,
		YES "GET /x HTTP/1.1\r\n" HOST "\r\n",
	};

	(void)state;
	for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
		size_t length = strlen(texts[t]), requests = t == 7 ? 2 : 1;

		for (size_t cut = 1; cut < length; cut++)
			for (int shows = 0; shows < 2; shows++) {
				struct connection c = stream_open(1000 * t + cut);
				__u64 risen[BC_TOTALS];

				arrive(c.first, 0, texts[t], cut);
				if (shows)
					child_shows(&c, cut, 0, 0, 1);
				c.known = shows;
				c.sent = cut;
				c.rcv_nxt = c.first + cut;
				stream_text(&c, texts[t] + cut);
				stream_text(&c, YES);
				harness_risen(risen);
				if (risen[SEEN] != requests + 1 || risen[GAP] || risen[RESYNC] ||
				    risen[COUNTED] != risen[SEEN])
					fail_msg("%llu seen, %llu counted, %llu undecided, %llu "
						 "gap, "
						 "%llu resync, cut at %zu: %s",
						 risen[SEEN], risen[COUNTED], risen[UNDECIDED],
						 risen[GAP], risen[RESYNC], cut, texts[t]);
				assert_int_equal(harness_clicks("/no"), 0);
				assert_int_equal(harness_cells_sum(), risen[COUNTED]);
				harness_forget_cells();
			}
	}
}

/* An unfinished head's visitor never comes back, or opts out in what comes. */
static void test_arrival_unfinished(void **state)
{
	static const char half[] = "GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n";
	struct connection c = stream_open(1);

	(void)state;
	arrive_text(c.first, FIN, half);
	child_shows(&c, strlen(half), FIN, 0, 1);
	RAISED("half a request and a FIN", [SEEN] = 1);
	c = stream_open(1);
	arrive_text(c.first, 0, half);
	child_shows(&c, strlen(half), 0, 0, 1);
	stream_text(&c, "DNT: 1\r\n" HOST "\r\n" YES);
	RAISED("opted out in the rest", [SEEN] = 2, [OPTED_OUT] = 1, [COUNTED] = 1);
	c = stream_open(1);
	arrive_text(c.first, 0, half);
	child_shows(&c, strlen(half), 0, RST, 1);
	RAISED("half a request and a reset", [SEEN] = 1);
	c = stream_open(1);
	arrive_text(c.first, 0, YES "GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "DNT: 1\r\n\r\n" YES);
	child_shows(&c, 2 * strlen(YES) + strlen(half) + strlen(HOST "DNT: 1\r\n\r\n"), 0, 0, 1);
	{
		__u64 risen[BC_TOTALS];

		harness_risen(risen);
		assert_int_equal(risen[SEEN], 3);
		assert_int_equal(risen[OPTED_OUT], 1);
		assert_int_equal(risen[COUNTED] + risen[UNDECIDED], 2);
	}
	assert_int_equal(harness_clicks("/no"), 0);
}

/* What has waited through a flush counts, into the generation of its turn. */
static void test_arrival_flushed(void **state)
{
	(void)state;
	for (int pages = 0; pages < 2; pages++) {
		struct connection c = stream_open(5000);

		arrive_text(c.first, 0, pages ? YES : "GET /x HTTP/1.1\r\n" HOST "\r\n");
		harness_generation(1, 2);
		harness_forget_cells();
		child_shows(&c, strlen(pages ? YES : "GET /x HTTP/1.1\r\n" HOST "\r\n"), 0, 0, 1);
		RAISED("flushed meanwhile", [SEEN] = 1, [COUNTED] = 1);
		assert_int_equal(harness_cells_sum(), 1);
		assert_int_equal(harness_clicks("/yes"), pages);
		/* Twice, so that the bank is the same again. */
		c = stream_open(6000);
		arrive_text(c.first, 0, YES);
		harness_generation(0, 3);
		harness_generation(1, 4);
		harness_forget_cells();
		child_shows(&c, strlen(YES), 0, 0, 1);
		RAISED("flushed twice", [SEEN] = 1, [COUNTED] = 1);
		assert_int_equal(harness_clicks("/yes"), 1);
		harness_generation(0, 5);
		harness_forget_cells();
	}
}

#define MANY 10000

static void test_arrivals_many(void **state)
{
	__u64 risen[BC_TOTALS];
	__u32 first = rand();

	(void)state;
	for (__u32 i = 0; i < MANY; i++)
		arrive_text(first + i * 100000, 0, YES);
	RAISED("waiting", [SEEN] = 0);
	for (__u32 i = 0; i < MANY; i++) {
		struct connection c = stream_open(first + i * 100000);

		child_shows(&c, strlen(YES), 0, 0, 1);
	}
	harness_risen(risen);
	assert_int_equal(risen[SEEN], MANY);
	assert_int_equal(risen[COUNTED], MANY);
	assert_int_equal(harness_clicks("/yes"), MANY);
}

/* The connection goes on at once, in disorder, or with what makes it another protocol's. */
static void test_arrival_goes_on(void **state)
{
	struct connection c = stream_open(0xffffffc0);
	size_t n = strlen(YES);

	(void)state;
	arrive_text(c.first, 0, YES);
	c.rcv_nxt += n;
	stream_segment(&c, 2 * n, YES, n);
	stream_segment(&c, n, YES, n);
	RAISED("in disorder", [SEEN] = 3, [COUNTED] = 3, [EARLY] = 1);
	c = stream_open(77);
	arrive_text(c.first, 0, "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n");
	c.sent = strlen("CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n");
	c.rcv_nxt += c.sent;
	stream_text(&c, "\x81\x01" NO);
	stream_text(&c, YES);
	RAISED("an upgrade", [SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [RESYNC] = 1);
	c = stream_open(77);
	arrive_text(c.first, 0, "\x16\x03\x01\x02");
	child_shows(&c, 4, 0, 0, 1);
	stream_text(&c, NO);
	RAISED("TLS", [TLS] = 1);
	c = stream_open(77);
	arrive_text(c.first, 0, "GET / HTTP/7\r\n" NO);
	child_shows(&c, strlen("GET / HTTP/7\r\n" NO), 0, 0, 1);
	stream_text(&c, YES);
	RAISED("malformed", [SEEN] = 2, [COUNTED] = 1, [MALFORMED] = 1, [RESYNC] = 1);
	c = stream_open(77);
	arrive_text(c.first, 0, GET_X HOST "Connection: close\r\n\r\n" NO);
	child_shows(&c, strlen(GET_X HOST "Connection: close\r\n\r\n" NO), 0, 0, 1);
	stream_text(&c, NO);
	RAISED("closed", [SEEN] = 1, [COUNTED] = 1);
	/* The first packet of the child has data already. */
	c = stream_open(77);
	arrive_text(c.first, 0, GET_X "Connection: close\r\n" HOST "\r\n");
	c.sent = strlen(GET_X "Connection: close\r\n" HOST "\r\n");
	c.rcv_nxt += c.sent;
	stream_text(&c, NO);
	stream_text(&c, NO);
	RAISED("closed, and data", [SEEN] = 1, [COUNTED] = 1);
	c = stream_open(77);
	arrive_text(c.first, 0, "\x16\x03\x01\x02");
	c.sent = 4;
	c.rcv_nxt += c.sent;
	stream_text(&c, NO);
	stream_text(&c, NO);
	RAISED("TLS, and data", [TLS] = 1);
	assert_int_equal(harness_clicks("/no"), 0);
}

/* What came to the listening socket and was not kept is told; what never came is not missed. */
static void test_arrival_lost(void **state)
{
	struct connection c = stream_open(0xffffffc0);

	(void)state;
	child_shows(&c, strlen(NO), 0, 0, 1);
	RAISED("one segment that was not seen", [GAP] = 1);
	stream_text(&c, YES);
	RAISED("and joined", [SEEN] = 1, [COUNTED] = 1, [RESYNC] = 1);
	c = stream_open(9);
	arrive_text(c.first, URG, NO);
	child_shows(&c, strlen(NO), 0, 0, 1);
	RAISED("urgent", [GAP] = 1);
	c = stream_open(9);
	child_shows(&c, 100000, 0, 0, 70);
	RAISED("older than the program", [GAP] = 0);
	c = stream_open(9);
	child_shows(&c, 0, 0, 0, 0);
	stream_text(&c, YES);
	RAISED("nothing before", [SEEN] = 1, [COUNTED] = 1);
	assert_int_equal(harness_clicks("/no"), 0);
}

/* ---- Requests that ask for another protocol ---- */

#define WEBSOCKET "GET /x HTTP/1.1\r\n" HOST UPGRADE "websocket\r\n\r\n"
#define CONNECT "CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n"
#define FRAME "\x81\x85mask"
#define UPGRADE_SIZED(n) "POST /x HTTP/1.1\r\n" HOST UPGRADE "h2c\r\nContent-Length: " n "\r\n\r\n"
#define UPGRADE_CHUNKED \
	"POST /x HTTP/1.1\r\n" HOST UPGRADE "h2c\r\nTransfer-Encoding: chunked\r\n\r\n"

static void test_upgrades(void **state)
{
	static const struct scene scenes[] = {
		{"refused, a request in the segment",
		 {P(WEBSOCKET YES), P(YES)},
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [UPGRADES] = 1}},
		{"refused, a request behind",
		 {P(WEBSOCKET), P(YES), P(YES)},
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [UPGRADES] = 1}},
		{"refused, in parts",
		 {P(WEBSOCKET "GE"), P("T /hm?p=/yes&x=1&y=1 HTTP/1.1\r\n"), P(HOST "\r\n" YES)},
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [UPGRADES] = 1}},
		{"CONNECT refused",
		 {P(CONNECT YES), P(YES)},
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [UPGRADES] = 1}},
		{"CONNECT refused, HEAD and DELETE",
		 {P(CONNECT "HEAD / HTTP/1.1\r\n" HOST "\r\nDELETE / HTTP/1.1\r\n" HOST "\r\n"),
		  P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 4, [COUNTED] = 4, [UPGRADES] = 1}},
		{"twice",
		 {P(WEBSOCKET WEBSOCKET), P(CONNECT YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 4, [COUNTED] = 4, [UPGRADES] = 3}},
		{"opted out behind it",
		 {P(WEBSOCKET "GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "DNT: 1\r\n\r\n" YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 3, [COUNTED] = 2, [OPTED_OUT] = 1, [UPGRADES] = 1}},
		{"opted out itself",
		 {P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "DNT: 1\r\n" UPGRADE
		    "a\r\n\r\n" YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [OPTED_OUT] = 1, [UPGRADES] = 1}},
		{"taken, frames in the segment",
		 {P(WEBSOCKET FRAME NO), P(FRAME), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [RESYNC] = 1}},
		{"taken, frames behind",
		 {P(WEBSOCKET), P(FRAME NO), P("\x82\xfeGET / HTTP"), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [RESYNC] = 1}},
		{"taken, text",
		 {P(CONNECT), P("hello, " NO), P("SSH-2.0-a\r\n" NO), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [RESYNC] = 1}},
		{"taken, words",
		 {P(CONNECT "EHLO a HTTP/1.1\r\n" HOST "\r\n" NO), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [RESYNC] = 1}},
		{"taken, words cut",
		 {P(CONNECT "G"), P("ETAWAY " NO), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [RESYNC] = 1}},
		{"taken, TLS",
		 {P(CONNECT), P("\x16\x03\x01\x02" NO), P("\x17\x03\x03" NO), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [RESYNC] = 1}},
		{"taken, zeros",
		 {P(WEBSOCKET "\0\0\0\0" NO), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [RESYNC] = 1}},
		{"h2c, and it is spoken",
		 {P(UPGRADE_SIZED("3") "abc"), P("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" NO), P(NO)},
		 .risen = {[SEEN] = 1, [COUNTED] = 1, [UPGRADES] = 1, [HTTP2] = 1}},
		{"no upgrade: not in Connection",
		 {P("GET /x HTTP/1.1\r\n" HOST
		    "Upgrade: websocket\r\n\r\nPROPFIND /x HTTP/1.1\r\n" HOST "\r\n" YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 3, [COUNTED] = 3}},
		/* The content comes first (RFC 9110, 7.8). */
		{"content of its own",
		 {P(UPGRADE_SIZED(NO_BYTES)), P(NO), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1}},
		{"content in the segment",
		 {P(UPGRADE_SIZED(NO_BYTES) NO YES), P(YES)},
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [UPGRADES] = 1}},
		{"content in parts",
		 {P(UPGRADE_SIZED("116")), P(NO), P(NO YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1}},
		{"chunks",
		 {P(UPGRADE_CHUNKED "3a\r\n"), P(NO), P("\r\n3a\r\n"), P(NO),
		  P("\r\n0\r\n\r\n" YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1}},
		{"CONNECT with content",
		 {P("CONNECT a:80 HTTP/1.1\r\n" HOST "Content-Length: " NO_BYTES "\r\n\r\n"), P(NO),
		  P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1}},
		{"content, then frames",
		 {P(UPGRADE_SIZED(NO_BYTES)), P(NO FRAME NO), P(FRAME), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [RESYNC] = 1}},
		{"content that is lost",
		 {P(UPGRADE_SIZED("116")), P(NO), P(NO), P(YES)},
		 .order = "0x123",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [GAP] = 1}},
		/* In disorder. */
		{"content that is ahead",
		 {P(UPGRADE_SIZED("116")), P(NO), P(NO), P(YES)},
		 .order = "0213",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [EARLY] = 1}},
		{"content that is ahead, and a request",
		 {P(UPGRADE_SIZED("116")), P(NO), P(NO YES), P(YES)},
		 .order = "0213",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [UPGRADES] = 1, [EARLY] = 1}},
		{"content that is ahead, and frames",
		 {P(UPGRADE_SIZED("116")), P(NO), P(NO FRAME NO), P(YES)},
		 .order = "0213",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [EARLY] = 1, [RESYNC] = 1}},
		{"content that is ahead, and words",
		 {P(UPGRADE_SIZED("116")), P(NO), P(NO "EHLO / HTTP/1.1\r\n" HOST "\r\n" NO),
		  P(YES)},
		 .order = "0213",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [EARLY] = 1, [RESYNC] = 1}},
		{"it is ahead",
		 {P(YES), P(WEBSOCKET), P(YES)},
		 .order = "102",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [UPGRADES] = 1, [EARLY] = 1}},
		{"it is ahead, and frames",
		 {P(YES), P(WEBSOCKET FRAME NO), P(FRAME NO), P(YES)},
		 .order = "1203",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [UPGRADES] = 1, [EARLY] = 2, [RESYNC] = 1}},
		{"frames are ahead",
		 {P(WEBSOCKET), P(FRAME NO), P(FRAME NO), P(YES)},
		 .order = "2103",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [EARLY] = 2, [RESYNC] = 1}},
		{"a request is ahead",
		 {P(WEBSOCKET), P(YES), P(YES)},
		 .order = "210",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [UPGRADES] = 1, [EARLY] = 2}},
		{"PRI behind a refused upgrade",
		 {P(WEBSOCKET), P("PRI /x HTTP/1.1\r\n" HOST "\r\n"), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [RESYNC] = 1}},
		{"joined at one",
		 {P("half of what"), P(CONNECT), P(FRAME NO), P(YES)},
		 .older = true,
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [UPGRADES] = 1, [RESYNC] = 2}},
	};

	(void)state;
	RUN(scenes);
}

/* ---- Urgent data: TCP takes a byte out ---- */

static void test_urgent(void **state)
{
	static const struct scene scenes[] = {
		{"a request",
		 {P(YES), P(NO), P(YES), P(YES)},
		 .order = "0u123",
		 .yes = 3,
		 .risen = {[SEEN] = 4, [COUNTED] = 3, [UNDECIDED] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"the first",
		 {P(NO), P(YES)},
		 .order = "u01",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"a head's end",
		 {P("GET /hm?p=/no&x=1&"), P("y=1 HTTP/1.1\r\n" HOST "\r\n"), P(YES)},
		 .order = "0u12",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"a head's begin",
		 {P("GET /hm?p=/no&x=1&"), P("y=1 HTTP/1.1\r\n" HOST "\r\n"), P(YES)},
		 .order = "u012",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"a head's middle",
		 {P("GET /hm?p=/no&x=1&"), P("y=1 HTTP/1.1\r\n"), P(HOST "\r\n"), P(YES)},
		 .order = "0u123",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"a byte",
		 {P("GET /hm?p=/no&x=1&"), P("y"), P("=1 HTTP/1.1\r\n" HOST "\r\n"), P(YES)},
		 .order = "0u123",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"in the method",
		 {P("GE"), P("T /hm?p=/no HTTP/1.1\r\n" HOST "\r\n"), P(YES)},
		 .order = "0u12",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"a body's middle",
		 {P(SIZED("150")), P(BODY_50), P(BODY_50), P(BODY_50), P(YES)},
		 .order = "01u234",
		 .yes = 1,
		 .risen = {[SEEN] = 3, [COUNTED] = 2, [UNDECIDED] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"the last",
		 {P(YES), P(NO)},
		 .order = "0u1.",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [UNDECIDED] = 1, [GAP] = 1}},
		{"ahead of its turn",
		 {P(YES), P(NO), P(YES), P(YES)},
		 .order = "u1023",
		 .yes = 3,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [GAP] = 1, [RESYNC] = 1}},
		{"again, not urgent",
		 {P(YES), P(NO), P(YES)},
		 .order = "0u112",
		 .yes = 2,
		 .risen = {[SEEN] = 3,
			   [COUNTED] = 2,
			   [UNDECIDED] = 1,
			   [GAP] = 1,
			   [RESYNC] = 1,
			   [DUPLICATE] = 1}},
		{"what has been counted, again",
		 {P(YES), P(YES)},
		 .order = "0u01",
		 .yes = 2,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [DUPLICATE] = 1}},
		{"nothing",
		 {P(YES), P(""), P(YES)},
		 .order = "0u12",
		 .yes = 2,
		 .risen = {[SEEN] = 2, [COUNTED] = 2}},
		{"behind TLS",
		 {P("\x16\x03\x01"), P("abc"), P(NO)},
		 .order = "0u12",
		 .risen = {[TLS] = 1}},
	};

	(void)state;
	RUN(scenes);
}

/* ---- Connections older than the program ---- */

static void test_older_window(void **state)
{
	static const struct scene scenes[] = {
		{"at once",
		 {P(YES), P(YES)},
		 .older = true,
		 .yes = 2,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [RESYNC] = 1}},
		{"TCP has not come as far",
		 {P(BODY_50), P(YES)},
		 .order = "1",
		 .older = true,
		 .risen = {[EARLY] = 1}},
		{"TCP comes there",
		 {P(BODY_50), P(YES)},
		 .order = "1.x0.",
		 .older = true,
		 .yes = 1,
		 .risen = {[SEEN] = 1, [COUNTED] = 1, [EARLY] = 1, [RESYNC] = 1}},
		{"TCP comes there with data",
		 {P(BODY_50), P(YES), P(YES)},
		 .order = "1x02",
		 .older = true,
		 .yes = 2,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1, [RESYNC] = 1}},
		{"what is between comes, too",
		 {P(BODY_50), P(YES), P(YES)},
		 .order = "102",
		 .older = true,
		 .yes = 2,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1, [RESYNC] = 1}},
		{"forged, far ahead",
		 {P(YES), P(YES), P(BODY_50), P(NO)},
		 .order = "f3.01.",
		 .older = true,
		 .yes = 2,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1, [RESYNC] = 1}},
		{"forged, far ahead, many times",
		 {P(YES), P(BODY_50), P(NO), P(NO), P(NO), P(NO), P(NO), P(NO), P(NO), P(NO),
		  P(NO)},
		 .order = "f2f3f4f5f6f7f8f9fa.0.",
		 .older = true,
		 .yes = 1,
		 .risen = {[SEEN] = 1, [COUNTED] = 1, [EARLY] = 9, [RESYNC] = 1}},
		{"a tail, and then a request",
		 {P("x=1 HTTP/1.1\r\n" HOST "\r\n"), P(YES)},
		 .older = true,
		 .yes = 1,
		 .risen = {[SEEN] = 1, [COUNTED] = 1, [RESYNC] = 1}},
	};
	struct connection c = stream_open(4000);
	size_t n = strlen(YES), m = strlen(NO);

	(void)state;
	RUN(scenes);
	/* TCP has got all of it but the last byte, and so none of it from there. */
	c.older = true;
	stream_segment(&c, 700, NO, m);
	c.rcv_nxt = c.first + 700 + m - 1;
	stream_segment(&c, 700 + m - 1, "", 0);
	RAISED("nearly", [EARLY] = 1);
	/* One that is forged stands where the visitor's own begins. */
	c = stream_open(4000);
	c.older = true;
	stream_segment(&c, 2 * n, NO, m);
	stream_send(&c, "0123456789", 10);
	stream_segment(&c, 10, BODY_50, 2 * n - 10);
	c.sent = 2 * n;
	c.rcv_nxt = c.first + c.sent;
	stream_text(&c, YES);
	RAISED("forged there", [EARLY] = 1, [SEEN] = 1, [COUNTED] = 1, [RESYNC] = 1);
	assert_int_equal(harness_clicks("/no"), 0);
	assert_int_equal(harness_clicks("/yes"), 1);
}

/* ---- PROXY headers ---- */

static const struct piece proxy_headers[] = {
	P("PROXY TCP4 192.0.2.1 192.0.2.2 56324 80\r\n"),
	P("PROXY TCP6 2001:db8::1 2001:db8::2 56324 80\r\n"),
	P("PROXY UNKNOWN\r\n"),
	P("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"),
	P(PROXY_V2 "\x20\0\0\0"), /* LOCAL */
	P(PROXY_V2 "\x21\0\0\0"),
	P(PROXY_V2 "\x21\x11\0\x0c\xc0\0\2\1\xc0\0\2\2\xdc\4\0\x50"),
	P(PROXY_V2 "\x21\x12\0\x0c\xc0\0\2\1\xc0\0\2\2\r\n\r\n"),
	P(PROXY_V2 "\x21\x21\0\x24"
		   "0123456789abcdef0123456789abcdef\r\n\r\n"),
	P(PROXY_V2 "\x21\x11\0\x3a" NO), /* it looks like a request */
	P(PROXY_V2 "\x21\x31\0\x74" NO NO), /* a TLV with the address's port, and so on */
	P(PROXY_V2 "\x21\x11\0\x0d"
		   "GET / HTTP/1."),
	P(PROXY_V2 "\x20\xff\0\1\n"),
	P(PROXY_V2 "\x21\x11\0\x11"
		   "\0\0\0\0\0\0\0\0\0\0\0\0\4\0\2GG"),
};

static void test_proxy_headers(void **state)
{
	unsigned int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(proxy_headers) / sizeof(proxy_headers[0]); i++) {
		char text[1000];
		size_t header = proxy_headers[i].length, length = header + 2 * strlen(YES);

		memcpy(text, proxy_headers[i].text, header);
		strcpy(text + header, YES YES);
		for (size_t cut = 0; cut <= length; cut++) {
			struct connection c = stream_open(cut);
			char what[50];
			bool matches;

			snprintf(what, sizeof(what), "header %zu, cut at %zu", i, cut);
			if (cut < length && cut)
				stream_send(&c, text, cut);
			for (size_t at = cut < length ? cut : 0; at < length;) {
				size_t n = cut < length ? length - at : 1;

				stream_send(&c, text + at, n);
				at += n;
			}
			matches = harness_matches((__u64[BC_TOTALS]){[SEEN] = 2, [COUNTED] = 2},
						  what);
			wrong += !(cells_match(what, 2, 2) && matches);
		}
		/* The requests are ahead of it. */
		{
			const struct piece pieces[] = {
				proxy_headers[i], P(YES), P(YES), P(YES), {}};

			play(pieces, "2103", EXACT);
			wrong += !harness_matches(
				(__u64[BC_TOTALS]){[SEEN] = 3, [COUNTED] = 3, [EARLY] = 2},
				"a header that is late");
			wrong += !cells_match("a header that is late", 3, 3);
		}
		/* To a listening socket. */
		for (size_t cut = 1; cut <= length; cut++) {
			struct connection c = stream_open(0x10000000 * i + cut);
			char what[50];

			snprintf(what, sizeof(what), "header %zu, deferred, cut at %zu", i, cut);
			arrive(c.first, 0, text, cut);
			child_shows(&c, cut, 0, 0, 1);
			if (cut < length)
				stream_send(&c, text + cut, length - cut);
			stream_text(&c, YES);
			{
				__u64 risen[BC_TOTALS];
				bool inside = cut > header + strlen("GET");

				harness_risen(risen);
				if (risen[SEEN] != 3 || risen[GAP] || risen[MALFORMED] ||
				    risen[COUNTED] + risen[UNDECIDED] != 3 ||
				    risen[UNDECIDED] > inside) {
					print_error("%llu seen, %llu counted, %llu undecided: %s\n",
						    risen[SEEN], risen[COUNTED], risen[UNDECIDED],
						    what);
					wrong++;
				}
				wrong += harness_clicks("/no") != 0;
				harness_forget_cells();
			}
		}
	}
	assert_int_equal(wrong, 0);
}

static void test_proxy_scenes(void **state)
{
	static const struct scene scenes[] = {
		{"TLS behind it",
		 {P(PROXY_V2 "\x21\x11\0\2\r\n"), P("\x16\x03\x01" NO), P(NO)},
		 .risen = {[TLS] = 1}},
		{"HTTP/2 behind it",
		 {P(PROXY_V2 "\x21\x11\0\2\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), P(NO)},
		 .risen = {[HTTP2] = 1}},
		{"a part of it never came",
		 {P(PROXY_V2 "\x21\x11\0\xc8" BODY_50), P(BODY_50), P(BODY_50), P(BODY_50), P(YES)},
		 .order = "0x1234",
		 .yes = 1,
		 .risen = {[SEEN] = 1, [COUNTED] = 1, [GAP] = 1}},
		{"a part of it is ahead, and a request",
		 {P(PROXY_V2 "\x21\x11\0\x74"), P(NO), P(NO YES), P(YES)},
		 .order = "0213",
		 .yes = 2,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1}},
		{"a part of it is ahead of its length",
		 {P(PROXY_V2 "\x21\x11\0"), P("\x74" NO), P(NO NO), P(YES)},
		 .order = "0213",
		 .yes = 1,
		 .risen = {[SEEN] = 1, [COUNTED] = 1, [EARLY] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"the line's end is ahead, and a request",
		 {P("PROXY TCP4 192.0.2.1 "), P("192.0.2.2 56324 80\r\n" NO), P(YES)},
		 .order = "102",
		 .yes = 1,
		 .risen = {[SEEN] = 1, [COUNTED] = 1, [EARLY] = 1, [GAP] = 1, [RESYNC] = 1}},
		{"another version",
		 {P(PROXY_V2 "\x11\x11\0\0" NO), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [MALFORMED] = 1, [RESYNC] = 1}},
		{"nearly a signature",
		 {P("\r\n\r\n\0\r\nQUIX\n" NO), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [MALFORMED] = 1, [RESYNC] = 1}},
		{"a zero",
		 {P("\r\n\r\n\0" NO), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [MALFORMED] = 1, [RESYNC] = 1}},
		{"a zero and a line's end",
		 {P("\r\n\r\n\0\n" NO), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [MALFORMED] = 1, [RESYNC] = 1}},
		{"a zero and a CR",
		 {P("\r\n\r\n\0\r\r\n" NO), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [MALFORMED] = 1, [RESYNC] = 1}},
		{"empty lines only",
		 {P("\r\n\r\n\r\n\n\r\n\r\n" YES), P("\r\n\r\n" YES)},
		 .yes = 2,
		 .risen = {[SEEN] = 2, [COUNTED] = 2}},
		{"empty lines, and one is ahead",
		 {P("\r\n\r\n"), P(YES), P(YES)},
		 .order = "102",
		 .yes = 2,
		 .risen = {[SEEN] = 2, [COUNTED] = 2, [EARLY] = 1}},
		{"empty lines, and an odd method is ahead",
		 {P(YES "\r\n\r\n"), P("M-SEARCH /x HTTP/1.1\r\n" HOST "\r\n"), P(YES)},
		 .order = "102",
		 .yes = 2,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [EARLY] = 1}},
		{"twice",
		 {P(PROXY_V2 "\x20\0\0\0" PROXY_V2 "\x20\0\0\0" YES), P(YES)},
		 .yes = 2,
		 .risen = {[SEEN] = 2, [COUNTED] = 2}},
		/* Lines that end in LF alone are read as they were. */
		{"LF only",
		 {P("GET /hm?p=/yes&x=1&y=1 HTTP/1.1\nHost: a\n\n" YES), P("\n\n" YES)},
		 .yes = 3,
		 .risen = {[SEEN] = 3, [COUNTED] = 3}},
		{"LF only, opted out",
		 {P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\nHost: a\nDNT: 1\n\n"), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [OPTED_OUT] = 1}},
		{"LF only, by cookie",
		 {P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\nHost: a\nCookie: "
		    "blindcount_optout=1\n\n" YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 1, [OPTED_OUT] = 1}},
		{"LF only, a body",
		 {P("POST /x HTTP/1.1\nHost: a\nContent-Length: 58\n\n"), P(NO), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2}},
		{"LF only, chunks",
		 {P("POST /x HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3a\n"),
		  P(NO "\n0\n\n"), P(YES)},
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2}},
	};

	(void)state;
	RUN(scenes);
}

/* ---- No gap where nothing was lost ---- */

static void test_no_gap(void **state)
{
	static const struct scene scenes[] = {
		{"packets without data",
		 {P(YES), P(YES), P(YES)},
		 .order = ".0..1.2..",
		 .yes = 3,
		 .risen = {[SEEN] = 3, [COUNTED] = 3}},
		{"in a hole",
		 {P(YES), P(YES), P(YES), P(YES)},
		 .order = "0.2.3.1.",
		 .yes = 4,
		 .risen = {[SEEN] = 4, [COUNTED] = 4, [EARLY] = 2}},
		{"between parts of a head",
		 {P("GET /hm?p=/yes&x=1&"), P("y=1 HTTP/1.1\r\n" HOST "\r\n"), P(YES)},
		 .order = ".0.1.2.",
		 .yes = 2,
		 .risen = {[SEEN] = 2, [COUNTED] = 2}},
		{"between parts of a body",
		 {P(SIZED("100")), P(BODY_50), P(BODY_50), P(YES)},
		 .order = ".0.1.2.3.",
		 .yes = 1,
		 .risen = {[SEEN] = 2, [COUNTED] = 2}},
		{"old ones",
		 {P(YES), P(YES), P(YES)},
		 .order = "00100210.",
		 .yes = 3,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [DUPLICATE] = 5}},
		{"early ones, again",
		 {P(YES), P(YES), P(YES)},
		 .order = "2.22.0.2.1.2.",
		 .yes = 3,
		 .risen = {[SEEN] = 3, [COUNTED] = 3, [EARLY] = 4, [DUPLICATE] = 1}},
		{"of another protocol",
		 {P("\x16\x03\x01"), P("abc"), P("def")},
		 .order = "0x1.2.",
		 .risen = {[TLS] = 1}},
	};

	(void)state;
	RUN(scenes);
}

/* Behind the client's FIN, rcv_nxt counts that; the state that is told may be older. */
static void test_no_gap_at_fin(void **state)
{
	static const char half[] = "GET /hm?p=/no&x=1&";
	static const char *const texts[] = {YES, YES YES, SIZED("100") BODY_50, "\r\n", half};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct connection c = stream_open(0xffffffff - strlen(texts[i]));
		__u64 risen[BC_TOTALS];

		stream_text(&c, texts[i]);
		c.headers.flags = FIN;
		stream_segment(&c, c.sent, "", 0);
		c.headers.flags = 0;
		c.rcv_nxt++;
		stream_segment(&c, c.sent + 1, "", 0);
		stream_segment(&c, c.sent + 1, "", 0);
		stream_segment(&c, 0, texts[i], strlen(texts[i]));
		c.headers.flags = RST;
		stream_segment(&c, c.sent + 1, "", 0);
		harness_risen(risen);
		if (risen[GAP] || risen[UNDECIDED])
			fail_msg("%llu gap, %llu undecided: %s", risen[GAP], risen[UNDECIDED],
				 texts[i]);
	}
	/* One byte that is not the FIN is a gap all the same. */
	{
		struct connection c = stream_open(7);

		stream_text(&c, half);
		c.sent++;
		c.rcv_nxt++;
		stream_text(&c, "=1 HTTP/1.1\r\n" HOST "\r\n");
		stream_text(&c, YES);
		RAISED("a byte was lost", [SEEN] = 2, [UNDECIDED] = 1, [COUNTED] = 1, [GAP] = 1,
		       [RESYNC] = 1);
	}
	{
		struct connection c = stream_open(7);

		stream_text(&c, YES);
		c.headers.flags = FIN;
		stream_text(&c, YES);
		c.headers.flags = 0;
		c.rcv_nxt++;
		stream_segment(&c, c.sent + 1, "", 0);
		RAISED("data and FIN", [SEEN] = 2, [COUNTED] = 2);
	}
}

/* Probes of one byte: old where the connection is kept alive, new where the window is shut. */
static void test_no_gap_at_probes(void **state)
{
	struct connection c = stream_open(0xfffffff0);
	size_t n = strlen(YES);

	(void)state;
	stream_text(&c, YES);
	for (int i = 0; i < 3; i++) {
		stream_segment(&c, c.sent - 1, "x", 1);
		stream_segment(&c, c.sent - 1, "", 0);
	}
	RAISED("kept alive", [SEEN] = 1, [COUNTED] = 1, [DUPLICATE] = 3);
	for (int i = 0; i < 3; i++)
		stream_segment(&c, c.sent, "G", 1);
	stream_segment(&c, c.sent, YES, n);
	c.sent += n;
	c.rcv_nxt += n;
	RAISED("a window that is shut", [SEEN] = 1, [COUNTED] = 1, [DUPLICATE] = 3);
	stream_segment(&c, c.sent - 1, "\n", 1);
	stream_text(&c, YES);
	RAISED("in order", [SEEN] = 1, [COUNTED] = 1, [DUPLICATE] = 1);
}

/* Retransmissions that are cut otherwise, also of what waits for its turn. */
static void test_no_gap_at_overlaps(void **state)
{
	static const char text[] = YES YES YES YES;
	static const char body[300] = NO NO NO NO;
	size_t n = strlen(YES), h = strlen(SIZED("300"));
	struct connection c = stream_open(0xffffff00);

	(void)state;
	stream_segment(&c, 0, text, n);
	c.rcv_nxt = c.first + n;
	stream_segment(&c, 0, text, 2 * n);
	c.rcv_nxt = c.first + 2 * n;
	stream_segment(&c, n - 5, text + n - 5, n + 10);
	stream_segment(&c, n, text + n, 3 * n);
	RAISED("new in part", [SEEN] = 4, [COUNTED] = 4, [DUPLICATE] = 3);
	/* In a body: its length says where it ends, whatever waits. */
	c = stream_open(0xffffff00);
	stream_text(&c, SIZED("300"));
	stream_segment(&c, h + 100, body, 200);
	stream_segment(&c, h, body, 150);
	c.rcv_nxt = c.first + h + 300;
	stream_segment(&c, h + 300, YES, n);
	RAISED("a body", [SEEN] = 2, [COUNTED] = 2, [EARLY] = 1);
	/* The same bytes came ahead twice, cut otherwise. */
	c = stream_open(0xffffff00);
	stream_text(&c, SIZED("300"));
	stream_segment(&c, h + 100, body, 100);
	stream_segment(&c, h + 50, body, 250);
	stream_segment(&c, h, body, 50);
	c.rcv_nxt = c.first + h + 300;
	stream_segment(&c, h + 300, YES, n);
	RAISED("a body, twice", [SEEN] = 2, [COUNTED] = 2, [EARLY] = 2);
	/* And all of it in order in the end. */
	c = stream_open(0xffffff00);
	stream_segment(&c, n, text, n);
	stream_segment(&c, 2 * n, text, n);
	stream_segment(&c, 0, text, 4 * n);
	c.rcv_nxt = c.first + 4 * n;
	stream_segment(&c, 4 * n, "", 0);
	RAISED("all of it", [SEEN] = 4, [COUNTED] = 4, [EARLY] = 2);
	assert_int_equal(harness_clicks("/no"), 0);
}

/* ---- All of it, in any order ---- */

static const struct piece others[] = {
	P(YES),
	P(YES YES),
	P(YES "\r\n\r\n"),
	P("M-SEARCH /x HTTP/1.1\r\n" HOST "\r\n"),
	P("get /x HTTP/1.1\r\n" HOST "\r\n" YES),
	P(SIZED(NO_BYTES) NO),
	P(CHUNKED "3a\r\n" NO "\r\n0\r\n\r\n" YES),
	P("GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "DNT: 1\r\n\r\n"),
	P("OPTIONS * HTTP/1.1\r\n" HOST "\r\n" YES),
	P(WEBSOCKET),
	P(WEBSOCKET YES),
	P(CONNECT FRAME NO),
	P(UPGRADE_SIZED(NO_BYTES) NO),
	P(FRAME NO),
	P("PRI /x HTTP/1.1\r\n" HOST "\r\n"),
	P("EHLO a HTTP/1.1\r\n" HOST "\r\n"),
};

static const struct piece endings[] = {
	P(GET_X HOST "Connection: close\r\n\r\n" NO),
	P("GET /x HTTP/1.0\r\n\r\n"),
	P("POST /x HTTP/1.1\r\n" HOST "Connection: close\r\nContent-Length: " NO_BYTES
	  "\r\n\r\n" NO),
};

static const struct piece *any_piece(void)
{
#define ANY(of) (&(of)[rand() % (sizeof(of) / sizeof((of)[0]))])
	switch (rand() % 16) {
	case 0 ... 2:
		return ANY(astray);
	case 3 ... 4:
		return ANY(plain);
	case 5:
		return ANY(greetings);
	case 6:
		return ANY(endings);
	default:
		return ANY(others);
	}
}

/* What the kinds above leave a connection in meets what comes next, in order and ahead. */
static void test_any_order(void **state)
{
	const char *given = getenv("SEED");
	unsigned int seed = given ? strtoul(given, NULL, 0) : (unsigned long)time(NULL), wrong = 0;

	(void)state;
	print_message("SEED=%u\n", seed);
	srand(seed);
	for (int i = 0; i < 20000 && wrong < 10; i++) {
		struct piece pieces[PIECES_MAX] = {P(YES)};
		size_t n = 2 + rand() % (PIECES_MAX - 3);
		char order[PIECES_MAX + 2] = "", what[1000] = "";
		__u64 whole[BC_TOTALS];
		__u64 yes;

		for (size_t p = 0; p < n; p++) {
			if (p)
				pieces[p] = *any_piece();
			order[p] = p < 10 ? '0' + p : 'a' + p - 10;
		}
		play(pieces, NULL, EXACT);
		harness_risen(whole);
		yes = harness_clicks("/yes");
		harness_forget_cells();
		for (size_t p = 0; p + 1 < n; p += rand() % 3) {
			char suppressed = order[p];

			order[p] = order[p + 1];
			order[p + 1] = suppressed;
			whole[EARLY]++;
			p += 2;
		}
		strcat(order, ".");
		for (size_t p = 0; p < n; p++)
			snprintf(what + strlen(what), sizeof(what) - strlen(what), "\n%zu: %.70s",
				 p, pieces[p].text);
		play(pieces, order, EXACT);
		{
			__u64 risen[BC_TOTALS];

			harness_risen(risen);
			/* Behind an upgrade, what is malformed may be frames, and need not be told. */
			if (whole[UPGRADES] && risen[MALFORMED] < whole[MALFORMED]) {
				whole[SEEN] -= whole[MALFORMED] - risen[MALFORMED];
				whole[MALFORMED] = risen[MALFORMED];
			}
			/* And a preface that is ahead of its turn is not known for one. */
			for (int t = 0; !whole[HTTP2] && t < BC_TOTALS; t++)
				if (t != EARLY && risen[t] != whole[t]) {
					print_error("total %d: %llu, not %llu, order %s:%s\n", t,
						    risen[t], whole[t], order, what);
					wrong++;
				}
		}
		if ((harness_clicks("/yes") != yes && !whole[HTTP2]) || harness_clicks("/no"))
			wrong++;
		harness_forget_cells();
	}
	assert_int_equal(wrong, 0);
}

/* A connection whose first segment comes to the listening socket goes on like any other. */
static void test_any_deferred(void **state)
{
	unsigned int wrong = 0;

	(void)state;
	for (int i = 0; i < 10000 && wrong < 10; i++) {
		struct piece pieces[PIECES_MAX] = {};
		__u64 whole[BC_TOTALS], risen[BC_TOTALS], yes;
		size_t n = 1 + rand() % 5;
		struct connection c;

		for (size_t p = 0; p < n; p++)
			pieces[p] = *any_piece();
		/* One byte alone that TCP has got is taken for a FIN until more comes. */
		n += n == 1 && pieces[0].length == 1;
		pieces[n - 1] = n > 1 ? (struct piece)P(YES) : pieces[0];
		play(pieces, NULL, EXACT);
		harness_risen(whole);
		yes = harness_clicks("/yes");
		harness_forget_cells();
		c = stream_open(rand() * 3u);
		arrive(c.first, rand() % 2 ? SYN : 0, pieces[0].text, pieces[0].length);
		c.sent = pieces[0].length;
		c.rcv_nxt += c.sent;
		if (rand() % 2)
			child_shows(&c, pieces[0].length, 0, 0, 1);
		for (size_t p = 1; p < n; p++)
			stream_send(&c, pieces[p].text, pieces[p].length);
		stream_segment(&c, c.sent, "", 0);
		harness_risen(risen);
		/* No more than two requests are kept of what waits. */
		for (int t = 0; t < BC_TOTALS; t++)
			if (risen[t] != whole[t]) {
				print_error("total %d: %llu, not %llu:", t, risen[t], whole[t]);
				for (size_t p = 0; p < n; p++)
					print_error("\n%zu: %.70s", p, pieces[p].text);
				print_error("\n");
				wrong++;
			}
		wrong += harness_clicks("/yes") != yes || harness_clicks("/no");
		harness_forget_cells();
	}
	assert_int_equal(wrong, 0);
}

/* Cut, doubled, late, lost, urgent: what is seen ends, and what comes afterwards is understood. */
static void test_never_blind(void **state)
{
	static char text[8000];
	static bool got[8000];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct connection c = stream_open(rand() * 3u);
		size_t length = 0, at[300], n = 0, whole = 0, most = 1 + rand() % 300;
		__u64 risen[BC_TOTALS], sum = 0, open;
		int losses = rand() % 3 ? 0 : 1 + rand() % 20, late = rand() % 3 ? 5 : 0;

		memset(got, 0, sizeof(got));
		for (size_t p = rand() % 12 + 1; p; p--) {
			const struct piece *one = any_piece();

			if (one >= endings && one < endings + 3)
				continue;
			if (!length)
				one = &others[rand() % 8];
			memcpy(text + length, one->text, one->length);
			length += one->length;
		}
		for (size_t a = 0; a < length && n < 299; a += 1 + rand() % most)
			at[n++] = a;
		at[n] = length;
		for (size_t p = 0; p < n; p++) {
			size_t q = late && p + 1 < n && rand() % late == 0 ? p + 1 : p;
			bool both = q != p;

			for (int turn = 0; turn <= both; turn++, q = p) {
				size_t len = at[q + 1] - at[q];

				c.headers.flags = rand() % 100 ? 0 : URG;
				if (!losses || rand() % losses)
					stream_segment(&c, at[q], text + at[q], len);
				c.headers.flags = 0;
				memset(got + at[q], 1, len);
				while (whole < length && got[whole])
					whole++;
				if (rand() % 3)
					c.rcv_nxt = c.first + whole;
				if (rand() % 10 == 0)
					stream_segment(&c, at[q], text + at[q], len);
				if (rand() % 10 == 0)
					stream_segment(&c, c.rcv_nxt - c.first, "", 0);
			}
			p += both;
		}
		c.sent = length;
		c.rcv_nxt = c.first + length;
		harness_forget_cells();
		stream_text(&c, YES);
		stream_text(&c, YES);
		harness_forget_cells();
		stream_text(&c, YES);
		harness_risen(risen);
		for (int o = 0; o < BC_OUTCOMES; o++)
			sum += risen[o];
		open = risen[SEEN] - sum;
		if (open || harness_clicks("/yes") != 1 || risen[TLS] || risen[HTTP2]) {
			if (risen[TLS] || risen[HTTP2])
				continue;
			print_error("stream %d: %llu open, %llu on /yes, %llu seen: %.*s\n", i,
				    open, harness_clicks("/yes"), risen[SEEN], (int)length, text);
			fail();
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup(function, set_up)
		TEST(test_methods),
		TEST(test_methods_of_protocols),
		TEST(test_astray),
		TEST(test_plain),
		TEST(test_closed),
		TEST(test_gap_in_body),
		TEST(test_upload_losses),
		TEST(test_early_in_body),
		TEST(test_arrival_ends),
		TEST(test_arrival_cut),
		TEST(test_arrival_unfinished),
		TEST(test_arrival_flushed),
		TEST(test_arrivals_many),
		TEST(test_arrival_goes_on),
		TEST(test_arrival_lost),
		TEST(test_upgrades),
		TEST(test_urgent),
		TEST(test_older_window),
		TEST(test_proxy_headers),
		TEST(test_proxy_scenes),
		TEST(test_no_gap),
		TEST(test_no_gap_at_fin),
		TEST(test_no_gap_at_probes),
		TEST(test_no_gap_at_overlaps),
		TEST(test_any_order),
		TEST(test_any_deferred),
		TEST(test_never_blind),
	};

	return cmocka_run_group_tests(tests, open_once, tear_down);
}
