// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Streams whose segments come in any order: every order of a few, and random streams of
 * requests whose bodies look like beacons, with segments doubled, late and lost. What opts
 * out is never counted, nor is a body, nor anything twice; and what is not seen is told.
 */
#include <pthread.h>
#include <sched.h>
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

static int open_once(void **state)
{
	(void)state;
	harness_open(&(struct harness_options){.max_cells = 1024, .max_pages = 128});
	return 0;
}

static int set_up(void **state)
{
	__u64 risen[BC_TOTALS];

	(void)state;
	harness_anew();
	harness_risen(risen);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	harness_close();
	return 0;
}

static __u64 outcomes(const __u64 risen[BC_TOTALS])
{
	__u64 sum = 0;

	for (int o = 0; o < BC_OUTCOMES; o++)
		sum += risen[o];
	return sum;
}

/* The next order of these numbers; false: that was the last. */
static bool next_order(unsigned int *order, size_t n)
{
	size_t i = n - 1, j = n - 1;

	while (i && order[i - 1] > order[i])
		i--;
	if (!i)
		return false;
	while (order[j] < order[i - 1])
		j--;
	for (unsigned int was = order[i - 1];; was = order[i - 1]) {
		order[i - 1] = order[j];
		order[j] = was;
		break;
	}
	for (j = n - 1; i < j; i++, j--) {
		unsigned int was = order[i];

		order[i] = order[j];
		order[j] = was;
	}
	return true;
}

/* Requests of a segment each, in every order of up to eight: all count, on their own pages. */
static void test_orders(void **state)
{
	static const char *const kinds[] = {
		"GET /hm?p=/page%c&x=1&y=1 HTTP/1.1\r\n" HOST "\r\n",
		"POST /hm?p=/page%c&x=1&y=1 HTTP/1.1\r\n" HOST "Content-Length: 27\r\n\r\n"
		"GET /hm?p=/no HTTP/1.1\r\n\r\n\n",
		"GET /hm?x=1&y=1&p=/page%c HTTP/1.1\r\n" HOST
		"User-Agent: a\r\nCookie: b=c\r\n\r\n",
		"POST /hm?p=/page%c&x=1&y=1 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n0\r\n\r\n",
	};
	char texts[8][200], name[] = "/page?";

	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		snprintf(texts[i], sizeof(texts[i]), kinds[i % 4], 'a' + (int)i);
	for (unsigned int n = 2; n <= 8; n++) {
		unsigned int order[8] = {0, 1, 2, 3, 4, 5, 6, 7}, orders = 0;

		do {
			struct connection c = stream_open(rand() * 3u);
			__u32 at[9] = {0};
			__u64 risen[BC_TOTALS];

			for (unsigned int i = 0; i < n; i++)
				at[i + 1] = at[i] + strlen(texts[i]);
			for (unsigned int i = 0; i < n; i++)
				stream_segment(&c, at[order[i]], texts[order[i]],
					       strlen(texts[order[i]]));
			harness_risen(risen);
			if (risen[BC_TOTAL_SEEN] != n || risen[BC_COUNTED] != n ||
			    risen[BC_TOTAL_GAP] || risen[BC_TOTAL_RESYNC])
				fail_msg("%llu seen, %llu counted of %u, order %u%u%u%u%u%u%u%u",
					 risen[BC_TOTAL_SEEN], risen[BC_COUNTED], n, order[0],
					 order[1], order[2], order[3], order[4], order[5], order[6],
					 order[7]);
			orders++;
		} while (next_order(order, n));
		for (unsigned int i = 0; i < n; i++) {
			name[5] = 'a' + i;
			assert_int_equal(harness_clicks(name), orders);
		}
		assert_int_equal(harness_cells_sum(), n * orders);
		harness_forget_cells();
	}
}

/* Nine, the first of them last: eight wait; more become a gap that is told. */
static void test_more_than_wait(void **state)
{
	static const char text[] = "GET /hm?p=/yes&x=1&y=1 HTTP/1.1\r\n" HOST "\r\n";
	const size_t n = sizeof(text) - 1;

	(void)state;
	for (unsigned int count = 6; count <= 30; count++) {
		struct connection c = stream_open(rand() * 3u);
		__u64 risen[BC_TOTALS];

		for (unsigned int i = 1; i < count; i++)
			stream_segment(&c, i * n, text, n);
		stream_segment(&c, 0, text, n);
		c.rcv_nxt = c.first + count * n;
		stream_segment(&c, count * n, text, n);
		stream_segment(&c, (count + 1) * n, text, n);
		harness_risen(risen);
		assert_int_equal(risen[BC_TOTAL_GAP], count > 9);
		assert_int_equal(risen[BC_TOTAL_SEEN], risen[BC_COUNTED]);
		assert_int_equal(risen[BC_COUNTED], (count > 9 ? 9 : count) + 2);
	}
}

/*
 * A segment that waits comes again, over and over, after another one's turn has made room before
 * it: no room may be lost by that.
 */
static void test_waiting_again(void **state)
{
	static const char text[] = "GET /hm?p=/yes&x=1&y=1 HTTP/1.1\r\n" HOST "\r\n";
	const size_t n = sizeof(text) - 1;
	struct connection c = stream_open(rand() * 3u);
	__u64 risen[BC_TOTALS];

	(void)state;
	stream_segment(&c, n, text, n);
	stream_segment(&c, 3 * n, text, n);
	stream_segment(&c, 0, text, n); /* with the second; the fourth waits behind free room */
	for (int again = 0; again < 20; again++)
		stream_segment(&c, 3 * n, text, n);
	for (unsigned int i = 4; i <= 10; i++)
		stream_segment(&c, i * n, text, n);
	stream_segment(&c, 2 * n, text, n);
	harness_risen(risen);
	assert_int_equal(risen[BC_COUNTED], 11);
	assert_int_equal(risen[BC_TOTAL_SEEN], 11);
	assert_int_equal(risen[BC_TOTAL_GAP], 0);
}

static const int orders_of_3[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
				     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

/* Deliver a stream of three parts, of which one may be empty, in an order. */
static void deliver_parts(const char *text, const size_t from[4], const int order[3], bool lags)
{
	struct connection c = stream_open(rand() * 3u);
	bool got[3] = {};

	for (int i = 0; i < 3; i++) {
		int part = order[i], whole = 0;

		if (from[part + 1] > from[part])
			stream_segment(&c, from[part], text + from[part],
				       from[part + 1] - from[part]);
		got[part] = true;
		while (whole < 3 && got[whole])
			whole++;
		if (!lags)
			c.rcv_nxt = c.first + from[whole];
	}
	c.rcv_nxt = c.first + from[3];
	stream_segment(&c, from[3], "", 0);
}

/*
 * A head cut in two and three at all bytes, in all orders: each that is not counted is told.
 * Where a part begins like a request, and the head is lost, that may be taken for one.
 */
static void every_cut(const char *text, bool counts)
{
	const size_t length = strlen(text);
	const char *like = strstr(text + 4, "GET ");
	const size_t begins = like ? like - text : 0;
	unsigned int counted = 0, undecided = 0, cuts = 0;

	for (size_t a = 1; a < length; a++)
		for (size_t b = a; b < length; b++)
			for (int o = 0; o < 6; o++) {
				const size_t from[4] = {0, a, b, length};
				const bool may = begins && o && (a == begins || b == begins);
				__u64 risen[BC_TOTALS];

				deliver_parts(text, from, orders_of_3[o], (a + b) % 2);
				harness_risen(risen);
				if (may && risen[BC_TOTAL_SEEN] == 2 && risen[BC_UNDECIDED]) {
					harness_forget_cells();
					counted = 0;
					continue;
				}
				if (risen[BC_TOTAL_SEEN] != outcomes(risen) ||
				    risen[BC_COUNTED] > counts || risen[BC_TOTAL_SEEN] > 1 ||
				    risen[BC_TOTAL_GAP] || (o == 0 && risen[BC_TOTAL_SEEN] != 1) ||
				    (o == 0 && risen[BC_UNDECIDED]))
					fail_msg("%llu seen, %llu counted, %llu undecided, %llu "
						 "gap, "
						 "parts at %zu and %zu, order %d%d%d: %s",
						 risen[BC_TOTAL_SEEN], risen[BC_COUNTED],
						 risen[BC_UNDECIDED], risen[BC_TOTAL_GAP], a, b,
						 orders_of_3[o][0], orders_of_3[o][1],
						 orders_of_3[o][2], text);
				if (!risen[BC_TOTAL_SEEN])
					fail_msg("not seen, nor told, parts at %zu and %zu, order "
						 "%d%d%d: %s",
						 a, b, orders_of_3[o][0], orders_of_3[o][1],
						 orders_of_3[o][2], text);
				counted += risen[BC_COUNTED];
				undecided += risen[BC_UNDECIDED];
				cuts++;
			}
	print_message("of %u, %u counted, %u undecided: %.40s\n", cuts, counted, undecided, text);
	assert_int_equal(harness_cells_sum(), counted);
	assert_int_equal(harness_clicks("/yes"), counted);
	harness_forget_cells();
}

static void test_opt_outs_cut(void **state)
{
	static const char *const texts[] = {
		"GET /hm?p=/leak&x=1&y=1 HTTP/1.0\r\nDNT: 1\r\n\r\n",
		"GET /hm?p=/leak&x=1&y=1 HTTP/1.0\r\nSec-GPC: 1\r\n\r\n",
		"GET /hm?p=/leak HTTP/1.0\r\nCookie: blindcount_optout=1\r\n\r\n",
		"GET /hm?p=/leak HTTP/1.1\r\nHost: a\r\nDNT: 1\r\n\r\n",
		"GET /hm?p=/leak HTTP/1.1\r\nSec-GPC: 1\r\nHost: a\r\n\r\n",
		"GET /hm?p=/leak HTTP/1.1\nHost: a\nDNT: 1\n\n",
		"GET /hm?p=/leak HTTP/1.1\r\nHost: a\r\nCookie: a=b; blindcount_optout=1\r\n\r\n",
		"POST /hm?p=/leak HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nDNT: 1\r\n\r\n",
		"GET /hm?p=/leak HTTP/1.0\r\nConnection: keep-alive\r\nDNT: 1\r\n\r\n",
		"GET /hm?p=/leak HTTP/1.1\r\nHost: a\r\nX: GET / HTTP/1.1\r\nDNT: 1\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		every_cut(texts[i], false);
}

static void test_heads_cut(void **state)
{
	static const char *const texts[] = {
		"GET /hm?p=/yes&x=1&y=1 HTTP/1.0\r\n\r\n",
		"GET /hm?p=/yes&x=1&y=1 HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /hm?x=1&y=1&p=/yes HTTP/1.1\r\nHost: a\r\nX: GET / HTTP/1.0\r\n\r\n",
		"GET /hm?p=/yes&x=1&y=1 HTTP/1.1\nHost: a\n\n",
		"POST /hm?p=/yes&x=1&y=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
		"\r\nGET /hm?p=/yes&x=1&y=1 HTTP/1.1\r\nHost: a\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		every_cut(texts[i], true);
}

/* Bodies that look like requests, cut in three everywhere: never counted in any order. */
static void test_bodies_cut(void **state)
{
	static const char *const texts[] = {
		"POST /hm?p=/yes&x=1&y=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 45\r\n\r\n"
		"GET /hm?p=/no&x=1&y=1 HTTP/1.0\r\nHost: no\r\n\r\n\n",
		"POST /hm?p=/yes&x=1&y=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
		"2d\r\nGET /hm?p=/no&x=1&y=1 HTTP/1.0\r\nHost: no\r\n\r\n\n\r\n0\r\n\r\n",
	};

	(void)state;
	for (size_t t = 0; t < 2; t++) {
		const char *text = texts[t], *body = strstr(text, "GET");
		const size_t length = strlen(text), begins = body - text;
		unsigned int joined = 0;

		for (size_t a = 1; a < length; a++)
			for (size_t b = a; b < length; b++)
				for (int o = 0; o < 6; o++) {
					const size_t from[4] = {0, a, b, length};
					/* Where its head is lost, it may be taken for one. */
					bool may = a + strspn(text + a, "\r\n") == begins ||
						   b + strspn(text + b, "\r\n") == begins;
					__u64 risen[BC_TOTALS];

					deliver_parts(text, from, orders_of_3[o], (a + b) % 2);
					harness_risen(risen);
					if (risen[BC_TOTAL_SEEN] != outcomes(risen) ||
					    risen[BC_COUNTED] > 1u + may || !risen[BC_TOTAL_SEEN] ||
					    risen[BC_TOTAL_SEEN] > 1u + may ||
					    (risen[BC_TOTAL_SEEN] == 2 && !risen[BC_UNDECIDED] &&
					     !risen[BC_TOTAL_GAP]))
						fail_msg("%llu seen, %llu counted, %llu undecided, "
							 "parts at %zu and %zu, order %d: %s",
							 risen[BC_TOTAL_SEEN], risen[BC_COUNTED],
							 risen[BC_UNDECIDED], a, b, o, text);
					if (harness_clicks("/no")) {
						if (!may ||
						    !(risen[BC_UNDECIDED] + risen[BC_TOTAL_GAP]))
							fail_msg("a body, parts at %zu and %zu, "
								 "order %d: %s",
								 a, b, o, text);
						joined++;
						harness_forget_cells();
					}
				}
		print_message("%u bodies taken for requests behind lost heads\n", joined);
		harness_forget_cells();
	}
}

/* ---- Random streams ---- */

#define REQUESTS_MAX 20
#define TEXT_MAX (32 * 1024)

/* A stream of requests and where they, and what looks like them in their bodies, begin. */
struct stream {
	char text[TEXT_MAX];
	size_t length;
	size_t requests;
	size_t begins[REQUESTS_MAX + 1];
	bool counts[REQUESTS_MAX]; /* as a beacon on its own page */
	bool opted_out[REQUESTS_MAX];
	bool decoy[TEXT_MAX + 1]; /* a request seems to begin here */
};

static void put(struct stream *s, const char *text)
{
	size_t n = strlen(text);

	assert_true(s->length + n < TEXT_MAX);
	memcpy(s->text + s->length, text, n);
	s->length += n;
}

static void put_decoys(struct stream *s, size_t length)
{
	static const char decoy[] = "GET /hm?p=/no&x=1&y=1 HTTP/1.1\r\n" HOST "\r\n";

	for (size_t i = 0; i < length; i++) {
		size_t at = i % (sizeof(decoy) - 1);

		s->decoy[s->length] = !at;
		s->text[s->length++] = decoy[at];
	}
}

static void put_body(struct stream *s, bool chunked)
{
	char text[100];
	size_t length = rand() % 3 ? rand() % 300 : rand() % 3000;

	if (!chunked) {
		snprintf(text, sizeof(text), "Content-Length: %zu\r\n\r\n", length);
		put(s, text);
		put_decoys(s, length);
		return;
	}
	put(s, "Transfer-Encoding: chunked\r\n\r\n");
	for (int chunks = rand() % 4; chunks; chunks--) {
		length = 1 + rand() % 400;
		snprintf(text, sizeof(text), "%zx%s\r\n", length, rand() % 4 ? "" : ";a=b");
		put(s, text);
		put_decoys(s, length);
		put(s, "\r\n");
	}
	put(s, rand() % 4 ? "0\r\n\r\n" : "0\r\nX-Trailer: a\r\n\r\n");
}

static void put_request(struct stream *s)
{
	static const char *const opt_outs[] = {"DNT: 1\r\n", "Sec-GPC: 1\r\n",
					       "Cookie: a=b; blindcount_optout=1\r\n"};
	size_t i = s->requests++;
	int body = rand() % 4;
	char text[200];

	s->begins[i] = s->length;
	s->opted_out[i] = rand() % 5 == 0;
	s->counts[i] = !s->opted_out[i] && rand() % 4;
	snprintf(text, sizeof(text), "%s %s%c%s HTTP/1.1\r\n" HOST, body > 1 ? "POST" : "GET",
		 s->counts[i] || s->opted_out[i] ? "/hm?p=/q" : "/other/", 'a' + (int)i,
		 s->counts[i] || s->opted_out[i] ? "&x=1&y=1" : "");
	put(s, text);
	if (rand() % 2)
		put(s, "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n");
	if (s->opted_out[i])
		put(s, opt_outs[rand() % 3]);
	if (rand() % 2)
		put(s, "Referer: http://shop.example.org/\r\n");
	if (body > 1)
		put_body(s, body == 3);
	else
		put(s, "\r\n");
	s->begins[i + 1] = s->length;
}

static void make_stream(struct stream *s)
{
	memset(s, 0, sizeof(*s));
	for (size_t n = 1 + rand() % REQUESTS_MAX; n && s->length < TEXT_MAX - 4000; n--)
		put_request(s);
}

#define SEGMENTS_MAX TEXT_MAX
#define PACKET 3300 /* what the harness can send */

struct segment {
	size_t at;
	size_t length;
	bool lost;
};

struct manner {
	bool whole; /* a segment is one request, or two */
	bool reorder;
	bool lose;
	bool lag; /* rcv_nxt is told late */
};

static size_t cut_stream(const struct stream *s, const struct manner *m, struct segment *segments)
{
	size_t n = 0, most = 1 + rand() % 1400;

	for (size_t at = 0, r = 0; at < s->length; n++) {
		size_t length = 1 + rand() % most;

		if (m->whole) {
			while (s->begins[r] <= at)
				r++;
			if (r < s->requests && rand() % 2 && s->begins[r + 1] - at <= PACKET)
				r++;
			length = s->begins[r] - at;
		}
		if (length > PACKET)
			length = PACKET;
		if (length > s->length - at)
			length = s->length - at;
		assert_true(n < SEGMENTS_MAX && length);
		segments[n] = (struct segment){at, length, m->lose && rand() % 20 == 0};
		at += length;
	}
	return n;
}

/* Hold some back, by at most `most` places. */
static void shuffle(struct segment *segments, size_t n, size_t most)
{
	for (size_t i = 0; i + 1 < n; i++) {
		size_t by = 1 + rand() % most;
		struct segment suppressed = segments[i];

		if (rand() % 4 || i + by >= n)
			continue;
		memmove(segments + i, segments + i + 1, by * sizeof(*segments));
		segments[i + by] = suppressed;
		i += by;
	}
}

struct told {
	bool got[TEXT_MAX + 1];
	size_t whole;
};

static void receive(struct connection *c, struct told *r, const struct segment *g, bool lag)
{
	memset(r->got + g->at, 1, g->length);
	while (r->got[r->whole])
		r->whole++;
	if (!lag)
		c->rcv_nxt = c->first + r->whole;
	else if (c->rcv_nxt - c->first < r->whole && rand() % 3)
		c->rcv_nxt += rand() % (r->whole - (c->rcv_nxt - c->first) + 1);
}

/* Returns whether some segment began where a request seems to begin inside of a body. */
static bool run_stream(const struct stream *s, const struct manner *m, __u64 risen[BC_TOTALS])
{
	static struct segment segments[SEGMENTS_MAX];
	static struct told r;
	struct connection c = stream_open(rand() * 3u);
	size_t n = cut_stream(s, m, segments);
	const bool verbose = getenv("VERBOSE");
	bool decoy = false;

	memset(&r, 0, sizeof(r));
	/* A connection shows itself by its first segment, and its last byte might be the FIN. */
	segments[n - 1].lost &= segments[n - 1].length > 1;
	if (m->reorder)
		shuffle(segments, n, m->whole ? 3 : 1 + rand() % 6);
	segments[0].lost = false;
	for (size_t i = 0; i < n; i++) {
		const struct segment *g = &segments[i];
		const struct segment *again = &segments[rand() % (i + 1)];

		if (verbose)
			print_message("%s%zu+%zu%s next %u: %.60s\n", g->lost ? "lost " : "", g->at,
				      g->length, s->decoy[g->at] ? " decoy" : "",
				      c.rcv_nxt - c.first, s->text + g->at);
		/* Empty lines before a request are skipped. */
		decoy = decoy || s->decoy[g->at + strspn(s->text + g->at, "\r\n")];
		if (!g->lost)
			stream_segment(&c, g->at, s->text + g->at, g->length);
		receive(&c, &r, g, m->lag);
		if (rand() % 10 == 0 && !again->lost)
			stream_segment(&c, again->at, s->text + again->at, again->length);
		if (rand() % 10 == 0)
			stream_segment(&c, c.rcv_nxt - c.first, "", 0);
	}
	c.rcv_nxt = c.first + s->length;
	stream_segment(&c, s->length, "", 0);
	harness_risen(risen);
	return decoy;
}

/* What must hold of every stream, whatever became of its segments. */
static void check_stream(const struct stream *s, const struct manner *m, const __u64 *risen,
			 bool decoy, int number)
{
	__u64 open = risen[BC_TOTAL_SEEN] - outcomes(risen), no = harness_clicks("/no");
	__u64 lost = risen[BC_TOTAL_GAP] + risen[BC_UNDECIDED];
	bool exact = !m->lose && (!m->reorder || m->whole);
	char name[] = "/q?";

	for (size_t i = 0; i < s->requests; i++) {
		__u64 counted;

		name[2] = 'a' + i;
		counted = harness_clicks(name);
		if (counted > s->counts[i] || (exact && counted != s->counts[i]))
			fail_msg("stream %d: request %zu counted %llu times", number, i, counted);
	}
	if (open > !exact)
		fail_msg("stream %d: %llu seen, %llu outcomes", number, risen[BC_TOTAL_SEEN],
			 outcomes(risen));
	if (no && (!decoy || !lost))
		fail_msg("stream %d: a body was counted", number);
	if (exact && (lost || risen[BC_TOTAL_SEEN] != s->requests))
		fail_msg("stream %d: %llu gap, %llu undecided, %llu seen of %zu", number,
			 risen[BC_TOTAL_GAP], risen[BC_UNDECIDED], risen[BC_TOTAL_SEEN],
			 s->requests);
	if (!(decoy && lost) && risen[BC_TOTAL_SEEN] > s->requests)
		fail_msg("stream %d: %llu seen of %zu", number, risen[BC_TOTAL_SEEN], s->requests);
	if (risen[BC_TOTAL_SEEN] < s->requests && !lost)
		fail_msg("stream %d: %llu seen of %zu, and nothing told", number,
			 risen[BC_TOTAL_SEEN], s->requests);
	if (!m->lose && !m->reorder && risen[BC_TOTAL_RESYNC])
		fail_msg("stream %d: joined again", number);
	if (harness_cells_sum() != risen[BC_COUNTED])
		fail_msg("stream %d: %llu in cells of %llu", number, harness_cells_sum(),
			 risen[BC_COUNTED]);
}

static void test_random(void **state)
{
	static const struct manner manners[] = {
		{0},
		{.lag = true},
		{.whole = true, .reorder = true},
		{.whole = true, .reorder = true, .lag = true},
		{.reorder = true},
		{.reorder = true, .lag = true},
		{.lose = true},
		{.lose = true, .lag = true},
		{.reorder = true, .lose = true},
		{.reorder = true, .lose = true, .lag = true},
		{.whole = true, .reorder = true, .lose = true},
	};
	const char *given = getenv("SEED"), *streams = getenv("STREAMS");
	unsigned int seed = given ? strtoul(given, NULL, 0) : (unsigned long)time(NULL);
	int count = streams ? atoi(streams) : 3000;
	static struct stream s;
	__u64 sent = 0, seen = 0, bodies = 0;

	(void)state;
	print_message("SEED=%u\n", seed);
	srand(seed);
	for (int i = 0; i < count; i++) {
		const struct manner *m = &manners[i % (sizeof(manners) / sizeof(manners[0]))];
		__u64 risen[BC_TOTALS];
		bool decoy;

		make_stream(&s);
		decoy = run_stream(&s, m, risen);
		check_stream(&s, m, risen, decoy, i);
		bodies += harness_clicks("/no");
		sent += s.requests;
		seen += risen[BC_TOTAL_SEEN];
		harness_forget_cells();
	}
	print_message("%llu requests, %llu seen, %llu bodies taken for requests\n", sent, seen,
		      bodies);
}

/* ---- Two processors on one connection ---- */

#define SHARED_MAX 4000

/* What two of them deliver: each the segments that it is the first to take, in order. */
static struct {
	struct connection connection;
	const struct stream *stream;
	struct segment segments[SHARED_MAX];
	size_t count;
	size_t taken;
	int cpus[2];
	int most_apart; /* the one may be ahead of the other by as much */
	size_t at[2]; /* what each is at */
	bool lags; /* nothing is told of what TCP has got */
	bool got[SHARED_MAX + 1];
	size_t whole; /* segments that TCP has got without a hole */
	__u32 rcv_nxt;
	pthread_mutex_t lock;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* TCP gets a segment once the program has let it pass. */
static void shared_receive(size_t i)
{
	pthread_mutex_lock(&shared.lock);
	shared.got[i] = true;
	while (shared.whole < shared.count && shared.got[shared.whole])
		shared.whole++;
	if (!shared.lags && shared.whole)
		__atomic_store_n(&shared.rcv_nxt,
				 shared.connection.first + shared.segments[shared.whole - 1].at +
					 (__u32)shared.segments[shared.whole - 1].length,
				 __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&shared.lock);
}

static void *deliver_some(void *argument)
{
	size_t self = (size_t)argument, i;
	struct connection c = shared.connection;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(shared.cpus[self], &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set))
		return (void *)1;
	while ((i = __atomic_fetch_add(&shared.taken, 1, __ATOMIC_SEQ_CST)) < shared.count) {
		const struct segment *g = &shared.segments[i];

		__atomic_store_n(&shared.at[self], i, __ATOMIC_SEQ_CST);
		while (i > __atomic_load_n(&shared.at[!self], __ATOMIC_SEQ_CST) + 6)
			sched_yield();
		c.rcv_nxt = __atomic_load_n(&shared.rcv_nxt, __ATOMIC_SEQ_CST);
		stream_segment(&c, g->at, shared.stream->text + g->at, g->length);
		shared_receive(i);
		if (i % 2)
			continue;
		c.rcv_nxt = __atomic_load_n(&shared.rcv_nxt, __ATOMIC_SEQ_CST);
		stream_segment(&c, c.rcv_nxt - c.first, "", 0);
	}
	__atomic_store_n(&shared.at[self], SIZE_MAX / 2, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Deliver the stream in these segments on both; false: there is only one processor. */
static bool deliver_on_two(const struct stream *s, const struct manner *m)
{
	pthread_t threads[2];
	cpu_set_t set;
	int cpus = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE && cpus < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			shared.cpus[cpus++] = cpu;
	if (cpus < 2)
		return false;
	shared.count = cut_stream(s, m, shared.segments);
	shared.stream = s;
	shared.taken = 0;
	shared.connection = stream_open(rand() * 3u);
	stream_segment(&shared.connection, 0, "", 0);
	shared.rcv_nxt = shared.connection.first;
	shared.lags = m->lag;
	shared.whole = 0;
	memset(shared.got, 0, sizeof(shared.got));
	for (size_t i = 0; i < 2; i++) {
		shared.at[i] = 0;
		assert_int_equal(pthread_create(&threads[i], NULL, deliver_some, (void *)i), 0);
	}
	for (size_t i = 0; i < 2; i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	shared.connection.rcv_nxt = shared.connection.first + s->length;
	stream_segment(&shared.connection, s->length, "", 0);
	return true;
}

static void test_two_processors(void **state)
{
	static const struct manner manners[] = {{.whole = true}, {.whole = true, .lag = true}, {0}};
	static struct stream s;
	__u64 sent = 0, seen = 0, early = 0;

	(void)state;
	for (int i = 0; i < 600; i++) {
		const struct manner *m = &manners[i % 8 ? i % 2 : 2];
		__u64 risen[BC_TOTALS];

		do
			make_stream(&s);
		while (s.length > SHARED_MAX && !m->whole);
		if (!deliver_on_two(&s, m))
			skip();
		harness_risen(risen);
		/* Bodies go on in segments of their own where a request is large: these may be lost. */
		check_stream(&s, &(struct manner){.reorder = true}, risen, true, i);
		sent += s.requests;
		seen += risen[BC_TOTAL_SEEN];
		early += risen[BC_TOTAL_EARLY];
		if (m->whole && (risen[BC_TOTAL_SEEN] != s.requests || risen[BC_TOTAL_GAP]))
			fail_msg("stream %d: %llu seen of %zu, %llu gap, %llu undecided", i,
				 risen[BC_TOTAL_SEEN], s.requests, risen[BC_TOTAL_GAP],
				 risen[BC_UNDECIDED]);
		harness_forget_cells();
	}
	print_message("%llu requests, %llu seen, %llu segments early\n", sent, seen, early);
	assert_true(early > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup(function, set_up)
		TEST(test_orders),	   TEST(test_more_than_wait), TEST(test_opt_outs_cut),
		TEST(test_heads_cut),	   TEST(test_bodies_cut),     TEST(test_random),
		TEST(test_two_processors), TEST(test_waiting_again),
	};

	return cmocka_run_group_tests(tests, open_once, tear_down);
}
