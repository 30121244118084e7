// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Random streams of requests of which some opt out, in every way that rules know: however
 * they are cut, repeated, reordered, and whenever rules are put into force, no request that
 * opts out is counted. The seed is printed, and may be given as SEED.
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

#define STREAMS 1500
#define STREAM_MAX (32 * 1024)
#define PIECES_MAX 2048

static const char rules[] = "optout header X-No-Heatmap\noptout header X-Mode=off\n"
			    "optout cookie no_heatmap\noptout cookie track=off\n"
			    "optout query q\noptout query optout=1\n"
			    "require cookie consent=yes\nexclude page (any) /never/*\n";

/* Header lines that say nothing, or no. */
static const char *const innocent[] = {
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n",
	"Accept: */*\r\n",
	"accept-language: de, en;q=0.5\r\n",
	"Referer: http://shop.example.org/a?optout=1&q\r\n",
	"Connection: keep-alive\r\n",
	"DNT: 0\r\n",
	"Sec-GPC: 0, 10\r\n",
	"X-Mode: on, offf\r\n",
	"X-No-Heatmaps: 1\r\n",
	"Cookie: theme=dark; track=on; session=0123456789abcdef0123456789abcdef\r\n",
	"Cookie: xno_heatmap=1; no_heatmap2=2; a=\"b\"\r\n",
	"X-Forwarded-For: 192.0.2.7\r\n",
};

/* Header lines that opt out. */
static const char *const out[] = {
	"DNT: 1\r\n",
	"dnt:1\r\n",
	"DNT: 0, 1\r\n",
	"Sec-GPC: 1\r\n",
	"sec-gpc: \t1 \r\n",
	"Sec-GPC: 0,1\r\n",
	"X-No-Heatmap:\r\n",
	"X-Mode: on, off\r\n",
	"x-mode: off\r\n",
	"Cookie: blindcount_optout=1\r\n",
	"Cookie: theme=dark; no_heatmap\r\n",
	"cookie: a=b, no_heatmap=1\r\n",
	"Cookie: track=off; theme=dark\r\n",
	"Cookie: theme=dark; track=\"off\"; session=0123456789abcdef\r\n",
	"COOKIE: a=b;track=%6fff\r\n",
	"Cookie: a=b; consent=no; c=d\r\n",
};

static const char *const queries[] = {"&q", "&q=0", "&%71=1", "&optout=1", "&a=b&opt%6fut=%31"};

#define PICK(list) list[rand() % (sizeof(list) / sizeof(list[0]))]

struct stream {
	char text[STREAM_MAX];
	size_t length;
	size_t counted; /* requests that opt out in no way */
};

static int open_once(void **state)
{
	(void)state;
	harness_open(&(struct harness_options){});
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	harness_close();
	return 0;
}

static void put(struct stream *s, const char *text)
{
	s->length += snprintf(s->text + s->length, sizeof(s->text) - s->length, "%s", text);
}

/* One request; what opts it out stands anywhere among its lines. */
static void put_request(struct stream *s)
{
	bool opts_out = rand() % 2, by_query = opts_out && !(rand() % 4);
	bool by_page = opts_out && !by_query && !(rand() % 8);
	bool by_silence = opts_out && !by_query && !by_page && !(rand() % 8);
	bool by_line = opts_out && !by_query && !by_page && !by_silence;
	int lines = rand() % 6, at = rand() % (lines + 1), consents = rand() % (lines + 1);

	put(s, rand() % 2 ? "GET /hm?" : "POST /hm?e=click&");
	put(s, by_page ? "p=/never/x" : opts_out ? "p=/opted-out" : "p=/counted");
	put(s, "&x=1&y=1");
	if (by_query)
		put(s, PICK(queries));
	put(s, " HTTP/1.1\r\nHost: shop.example.org\r\n");
	for (int i = 0; i <= lines; i++) {
		if (i == at && by_line)
			put(s, PICK(out));
		if (i == consents && !by_silence)
			put(s, "Cookie: session=1; consent=yes; lang=de\r\n");
		if (i < lines)
			put(s, PICK(innocent));
	}
	put(s, rand() % 4 ? "\r\n" : "Content-Length: 5\r\n\r\nhello");
	s->counted += !opts_out;
}

static void make(struct stream *s)
{
	s->length = s->counted = 0;
	for (int n = 1 + rand() % 12; n; n--)
		put_request(s);
}

struct piece {
	size_t at, length;
};

static size_t cut(const struct stream *s, struct piece *pieces)
{
	size_t n = 0, most = 20 + rand() % 1400;

	for (size_t at = 0; at < s->length && n < PIECES_MAX; n++) {
		size_t length = 1 + rand() % most;

		if (length > s->length - at)
			length = s->length - at;
		pieces[n] = (struct piece){at, length};
		at += length;
	}
	return n;
}

/* Deliver a stream: in order, or not, with rules that are put into force meanwhile. */
static void deliver(const struct stream *s, bool rough)
{
	static struct piece pieces[PIECES_MAX];
	struct connection c = stream_open(rand() * 3u);
	size_t n = cut(s, pieces);

	for (size_t i = 0; i < n; i++) {
		if (rough && i + 1 < n && !(rand() % 4)) {
			struct piece suppressed = pieces[i];

			pieces[i] = pieces[i + 1];
			pieces[i + 1] = suppressed;
		}
		if (rough && !(rand() % 40))
			harness_rules(rules);
		stream_segment(&c, pieces[i].at, s->text + pieces[i].at, pieces[i].length);
		if (rough && !(rand() % 6)) {
			struct piece again = pieces[rand() % (i + 1)];

			stream_segment(&c, again.at, s->text + again.at, again.length);
		}
	}
}

static void test_opted_out(void **state)
{
	const char *given = getenv("SEED");
	unsigned int seed = given ? strtoul(given, NULL, 0) : (unsigned long)time(NULL);
	size_t all = 0, counted = 0;
	static struct stream s;

	(void)state;
	print_message("SEED=%u\n", seed);
	srand(seed);
	harness_generation(0, 1);
	harness_rules(rules);
	for (int i = 0; i < STREAMS; i++) {
		bool rough = i % 2;
		__u64 sum;

		make(&s);
		deliver(&s, rough);
		sum = harness_cells_sum();
		if (harness_page(0, "/opted-out") || harness_page(0, "/never/x"))
			fail_msg("stream %d: a request that opts out was counted", i);
		if (sum > s.counted || (!rough && sum != s.counted))
			fail_msg("stream %d: %llu were counted, not %zu", i, sum, s.counted);
		all += rough * s.counted;
		counted += rough * sum;
		harness_forget_cells();
	}
	print_message("out of order: %zu of %zu that do not opt out were counted\n", counted, all);
	assert_true(counted > all / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opted_out),
	};

	return cmocka_run_group_tests(tests, open_once, tear_down);
}
