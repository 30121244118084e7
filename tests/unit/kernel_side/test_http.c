// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The request parser on whole connections: request lines, headers, framings
 * (RFC 9112), and what is none of that. Each stream is fed whole, cut at every
 * byte, and byte by byte; behind the window lies something else each time.
 * Signals and rules are test_signals.c's matter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/parser.h"

static struct bc_ruleset set;
static struct page_ids page_ids;
static struct parser parser;

static const unsigned char fills[] = {0, '\n', '\r', ' ', ';', '&', ':', '1', 'x', 0xff};

static void start(size_t round)
{
	parser_start(&parser, &set, &page_ids);
	parser.fill = fills[round % sizeof(fills)];
}

static void expect(const char *log, const char *bytes, const char *how, size_t cut)
{
	char text[1024];

	parser_log(&parser, text, sizeof(text));
	if (strcmp(text, log))
		fail_msg("%s %zu: '%s', not '%s': %s", how, cut, text, log, bytes);
}

/* The same comes out however the stream is cut. */
static void check(const char *bytes, size_t length, const char *log)
{
	for (size_t cut = 0; cut < length; cut++) {
		start(cut);
		parser_feed(&parser, bytes, cut);
		parser_feed(&parser, bytes + cut, length - cut);
		expect(log, bytes, "cut at", cut);
	}
	for (size_t piece = 1; piece < 8; piece++) {
		start(piece);
		for (size_t at = 0; at < length; at += piece)
			parser_feed(&parser, bytes + at, length - at < piece ? length - at : piece);
		expect(log, bytes, "in pieces of", piece);
	}
}

struct stream {
	const char *bytes;
	size_t length;
	const char *log;
};

#define STREAM(bytes, log)                    \
	{                                     \
		bytes, sizeof(bytes) - 1, log \
	}

static void check_all(const struct stream *streams, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(streams[i].bytes, streams[i].length, streams[i].log);
}

#define CHECK_ALL(streams) check_all(streams, sizeof(streams) / sizeof((streams)[0]))

#define GET "GET /hm?p=/a&x=1 HTTP/1.1\r\n"
#define POST "POST /hm?p=/a&x=1 HTTP/1.1\r\n"
#define HOST "Host: a\r\n"
#define END "\r\n"
#define ONE GET HOST END
#define SIZED(n) POST HOST "Content-Length: " n "\r\n" END
#define PROXY_V2 "\r\n\r\n\0\r\nQUIT\n"
#define CHUNKED POST HOST "Transfer-Encoding: chunked\r\n" END

static void test_request_line(void **state)
{
	static const struct stream streams[] = {
		STREAM(ONE, "counted"),
		STREAM(ONE ONE ONE, "counted counted counted"),
		STREAM("\r\n\r\n\n\r\n" ONE "\r\n" ONE, "counted counted"),
		STREAM("GET / HTTP/1.1\nHost: a\n\n", "counted"),
		STREAM("GET   /hm   HTTP/1.1  \r\n" HOST END, "counted"),
		STREAM("GET / HTTP/1.0\r\n\r\n", "counted opaque"),
		STREAM("HEAD / HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("PROPFIND / HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("M-SEARCH / HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("VERSION_CONTROL / HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("XXXXXGET / HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("OPTIONS * HTTP/1.1\r\n" HOST END ONE, "ignored counted"),
		STREAM("OPTIONS /hm HTTP/1.1\r\n" HOST END ONE, "ignored counted"),
		STREAM("CONNECT a:443 HTTP/1.1\r\n" HOST END ONE, "counted counted upgrade"),
		STREAM("CONNECT a:443 HTTP/1.1\r\n" HOST END "\x16\x03", "counted upgrade opaque"),
		STREAM("GET http://a/hm?p=/a HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("GET HTTPS://u@a:8/ HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("GET http://a HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("GET http://a?x HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("GET /a#b HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("GET /hm?p=/a#b HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("GET /\xc3\xa4?\xff=\xfe HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("GET ? HTTP/1.1\r\n" HOST END, "malformed opaque"),
		STREAM("GET a HTTP/1.1\r\n" HOST END, "malformed opaque"),
		STREAM("GET http:/a HTTP/1.1\r\n" HOST END, "malformed opaque"),
		STREAM("GET /a b HTTP/1.1\r\n" HOST END, "malformed opaque"),
		STREAM("GET /a\tb HTTP/1.1\r\n" HOST END, "malformed opaque"),
		STREAM("GET /a\x7f HTTP/1.1\r\n" HOST END, "malformed opaque"),
		STREAM("GET /a\0 HTTP/1.1\r\n" HOST END, "malformed opaque"),
		STREAM("GET /hm?a\0=b HTTP/1.1\r\n" HOST END, "malformed opaque"),
		STREAM("GET /hm?p=\x01 HTTP/1.1\r\n" HOST END, "malformed opaque"),
		STREAM("GET /\r\n", "malformed opaque"),
		STREAM("GET /hm?p=/a\r\n", "malformed opaque"),
		STREAM("GET\r\n", "malformed opaque"),
		STREAM("GET \r\n", "malformed opaque"),
		STREAM(" GET / HTTP/1.1\r\n", "malformed opaque"),
		STREAM("get / HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("A.B / HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("a1!#$%&'*+-.^_`|~ / HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("G(T / HTTP/1.1\r\n" HOST END, "malformed opaque"),
		STREAM("GET / HTTP/1.2\r\n" HOST END ONE, "counted counted"),
		STREAM("GET / HTTP/1.10\r\n", "malformed opaque"),
		STREAM("GET a+b-c.1://a/hm?p=/a HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("GET a_b://a/ HTTP/1.1\r\n", "malformed opaque"),
		STREAM("GET / HTTP/2.0\r\n", "malformed opaque"),
		STREAM("GET / HTTP/0.9\r\n", "malformed opaque"),
		STREAM("GET / http/1.1\r\n", "malformed opaque"),
		STREAM("GET / HTTP/1.11\r\n", "malformed opaque"),
		STREAM("GET / HTTP/1.1x\r\n", "malformed opaque"),
		STREAM("GET / HTTP/1.1\r\r\n", "malformed opaque"),
		STREAM("GET / \r\n", "malformed opaque"),
		STREAM("\x80", "malformed opaque"),
		STREAM("\0\0\0\0", "malformed opaque"),
		STREAM("", ""),
		STREAM("\r\n", ""),
		STREAM("GET", ""),
		STREAM("GET ", "open"),
		STREAM("GET /hm?p=/a HTTP/1.1\r\nHo", "open"),
		STREAM(ONE "GET /", "counted open"),
	};

	(void)state;
	CHECK_ALL(streams);
}

static void test_headers(void **state)
{
	static const struct stream streams[] = {
		STREAM(GET "host:a\r\n" END ONE, "counted counted"),
		STREAM(GET "HOST: \t a \t\r\n" END ONE, "counted counted"),
		STREAM(GET "Host:\r\n" END ONE, "counted counted"),
		STREAM(GET "Host: a\nX: y\n\n" ONE, "counted counted"),
		STREAM(GET HOST "X\r\nY: \r\n:z\r\n" END, "malformed opaque"),
		STREAM(GET HOST "no colon\r\n" END ONE, "counted counted"),
		STREAM(GET HOST "Hos\r\nHostx: b\r\n" END ONE, "counted counted"),
		STREAM(GET HOST "X: \xff\x80\r\n" END ONE, "counted counted"),
		STREAM(GET END ONE, "malformed counted"),
		STREAM("GET / HTTP/1.0\r\nConnection: keep-alive\r\n" END ONE, "counted counted"),
		STREAM(GET HOST HOST END ONE, "malformed counted"),
		STREAM(POST HOST HOST "Content-Length: 3\r\n" END "abc" ONE, "malformed counted"),
		STREAM(GET "Host : a\r\n" END ONE, "malformed opaque"),
		STREAM(GET HOST " folded\r\n" END ONE, "malformed counted"),
		STREAM(GET HOST "X: a\r\n\tfolded\r\n" END ONE, "malformed counted"),
		STREAM(GET HOST "X: a\rDNT: 1\r\n" END, "malformed opaque"),
		STREAM(GET HOST "Cookie: a=b\rDNT: 1\r\n" END, "malformed opaque"),
		STREAM(GET "Host: a\rDNT: 1\r\n" END, "malformed opaque"),
		STREAM(GET HOST "Connection: keep-alive\rDNT: 1\r\n" END, "malformed opaque"),
		STREAM(GET HOST "DNT: 0\rDNT: 1\r\n" END, "malformed opaque"),
		STREAM(GET HOST "X: a\tb\0c\r\n" END ONE, "counted counted"),
		STREAM(GET HOST "\rX", "malformed opaque"),
		STREAM(GET HOST "\r\r\n", "malformed opaque"),
		STREAM(GET HOST "Connection: close\r\n" END ONE, "counted opaque"),
		STREAM(GET HOST "connection: x, CLOSE ,y\r\n" END ONE, "counted opaque"),
		STREAM(GET HOST "Connection: closed\r\n" END ONE, "counted counted"),
		STREAM(GET HOST "Connection: c lose\r\n" END ONE, "counted counted"),
		STREAM(GET HOST "Connection: clos e\r\n" END ONE, "counted counted"),
		STREAM(GET HOST "Connection: close \t, x\r\n" END ONE, "counted opaque"),
		STREAM(GET HOST "Connection: keep-alive\r\n" END ONE, "counted counted"),
		STREAM(GET HOST "Connection:\r\n" END ONE, "counted counted"),
		STREAM(GET HOST "Connection: x\r\nConnection: close\r\n" END ONE, "counted opaque"),
		STREAM(GET HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n" END "\x81\x01",
		       "counted upgrade opaque"),
		STREAM(GET HOST "Upgrade: a\r\nConnection: keep-alive, upgrade\r\n" END ONE,
		       "counted counted upgrade"),
		STREAM(GET HOST "Upgrade: h2c\r\nConnection: upgrade\r\n" END "PRI * HTTP/2.0\r\n",
		       "counted http2 upgrade opaque"),
		STREAM(GET HOST "Upgrade: x\r\nConnection: upgrade\r\n" END "HELO / HTTP/1.1\r\n",
		       "counted upgrade opaque"),
		STREAM(POST HOST
		       "Upgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 76\r\n" END ONE ONE
			       ONE,
		       "counted counted upgrade"),
		STREAM(GET HOST "Upgrade: websocket\r\n" END ONE, "counted counted"),
		STREAM(GET HOST "Connection: upgrade\r\n" END ONE, "counted counted"),
		STREAM(GET HOST "DNT: 1\r\n" END ONE, "opted_out counted"),
	};

	(void)state;
	CHECK_ALL(streams);
}

static void test_bodies(void **state)
{
	static const struct stream streams[] = {
		STREAM(SIZED("0") ONE, "counted counted"),
		STREAM(SIZED("1") "x" ONE, "counted counted"),
		STREAM(SIZED("5") "GET /" ONE, "counted counted"),
		STREAM(SIZED("00007 ") "\r\n\r\n\r\n\r" ONE, "counted counted"),
		STREAM(SIZED("3") "ab", "counted"),
		STREAM(SIZED("99999999999999999") "ab" ONE, "counted"),
		STREAM(GET HOST "Content-Length: 2\r\n" END "xx" ONE, "counted counted"),
		STREAM(GET HOST "content-length:2\r\nConnection: close\r\n" END "xx" ONE,
		       "counted opaque"),
		STREAM(POST HOST "Expect: 100-continue\r\nContent-Length: 2\r\n" END "xx" ONE,
		       "counted counted"),
		STREAM(SIZED("") ONE, "malformed opaque"),
		STREAM(SIZED("-1") ONE, "malformed opaque"),
		STREAM(SIZED("+1") ONE, "malformed opaque"),
		STREAM(SIZED("0x1") ONE, "malformed opaque"),
		STREAM(SIZED("1, 1") ONE, "malformed opaque"),
		STREAM(SIZED("1 1") ONE, "malformed opaque"),
		STREAM(SIZED("99999999999999999999") ONE, "malformed opaque"),
		STREAM(SIZED("18446744073709551617") ONE, "malformed opaque"),
		STREAM(POST HOST "Content-Length: 1\r\nContent-Length: 1\r\n" END "x" ONE,
		       "malformed counted"),
		STREAM(POST HOST "Content-Length: 1\r\nContent-Length: 2\r\n" END "x",
		       "malformed opaque"),
		STREAM(CHUNKED "0\r\n\r\n" ONE, "counted counted"),
		STREAM(CHUNKED "5\r\nGET /\r\n0\r\n\r\n" ONE, "counted counted"),
		STREAM(CHUNKED "00a\r\n0123456789\r\n0\r\n\r\n" ONE, "counted counted"),
		STREAM(CHUNKED "A\r\n\r\n\r\n\r\n\r\n\r\n\r\n1\r\nx\r\n0\r\n\r\n" ONE,
		       "counted counted"),
		STREAM(CHUNKED "1;a=\"b\"\r\nx\r\n0;c\r\n\r\n" ONE, "counted counted"),
		STREAM(CHUNKED "1 \r\nx\r\n0\r\nA: b\r\nHost: c\r\n\r\n" ONE, "counted counted"),
		STREAM(CHUNKED "1\nx\n0\n\n" ONE, "counted counted"),
		STREAM(CHUNKED "f\r\n0123", "counted"),
		STREAM(CHUNKED "0\r\n", "counted"),
		STREAM(CHUNKED "\r\nx", "counted opaque"),
		STREAM(CHUNKED "g\r\n", "counted opaque"),
		STREAM(CHUNKED "-1\r\n", "counted opaque"),
		STREAM(CHUNKED "1\r\nxy", "counted opaque"),
		STREAM(CHUNKED "fffffffffffffffffff\r\n", "counted opaque"),
		STREAM(POST HOST "Transfer-Encoding: gzip, Chunked\r\n" END "0\r\n\r\n" ONE,
		       "counted counted"),
		STREAM(POST HOST "Transfer-Encoding: gzip\r\ntransfer-encoding: chunked \r\n" END
				 "0\r\n\r\n" ONE,
		       "counted counted"),
		STREAM(POST HOST "Transfer-Encoding: chunked\r\nConnection: close\r\n" END
				 "0\r\n\r\n" ONE,
		       "counted opaque"),
		STREAM(POST HOST "Transfer-Encoding: gzip\r\n" END, "malformed opaque"),
		STREAM(POST HOST "Transfer-Encoding: chunked, gzip\r\n" END, "malformed opaque"),
		STREAM(POST HOST "Transfer-Encoding: xchunked\r\n" END, "malformed opaque"),
		STREAM(POST HOST "Transfer-Encoding: chunkedx\r\n" END, "malformed opaque"),
		STREAM(POST HOST "Transfer-Encoding: chunk ed\r\n" END, "malformed opaque"),
		STREAM(POST HOST "Transfer-Encoding: chunked x\r\n" END, "malformed opaque"),
		STREAM(POST HOST "Transfer-Encoding: \t a b,\tchunked\t\r\n" END "0\r\n\r\n" ONE,
		       "counted counted"),
		STREAM(POST HOST "Transfer-Encoding: chunked;a\r\n" END, "malformed opaque"),
		STREAM(POST HOST "Transfer-Encoding:\r\n" END, "malformed opaque"),
		STREAM(POST HOST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n" END "0\r\n",
		       "malformed opaque"),
		STREAM(POST HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n" END "0\r\n",
		       "malformed opaque"),
		STREAM("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" END "0\r\n",
		       "malformed opaque"),
	};

	(void)state;
	CHECK_ALL(streams);
}

static void test_other_protocols(void **state)
{
	static const struct stream streams[] = {
		STREAM("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "tls opaque"),
		STREAM(ONE "\x16\x03\x01", "counted malformed opaque"),
		STREAM("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2 opaque"),
		STREAM(ONE "PRI * HTTP/2.0\r\n\r\n", "counted malformed opaque"),
		STREAM("PRI /x HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("PRI * HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("PRI * HTTP/3.0\r\n", "malformed opaque"),
		STREAM("PROXY /x HTTP/1.1\r\n" HOST END ONE, "counted counted"),
		STREAM("\r\n\r\n\0\n" ONE, "malformed opaque"),
		STREAM("PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n" ONE ONE, "counted counted"),
		STREAM("PROXY UNKNOWN\r\n" ONE, "counted"),
		STREAM("PROXY TCP6 2001:db8::1 2001:db8::2 5 80\r\n\x16\x03\x01", "tls opaque"),
		STREAM(ONE "PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n", "counted malformed opaque"),
		STREAM(PROXY_V2 "\x21\x11\0\x0c"
				"GET / HTTP/1" ONE ONE,
		       "counted counted"),
		STREAM(PROXY_V2 "\x20\0\0\0" ONE, "counted"),
		STREAM(PROXY_V2 "\x21\x21\0\x02\r\n\x16\x03\x01", "tls opaque"),
		STREAM(PROXY_V2 "\x11\x11\0\x0c", "malformed opaque"),
		STREAM("\r\n\r\n\0\r\nQUIX\n\x21\x11", "malformed opaque"),
		STREAM("\r\n\0\r\n", "malformed opaque"),
		STREAM(ONE PROXY_V2, "counted malformed opaque"),
		STREAM("SSH-2.0-OpenSSH_9.2\r\n", "malformed opaque"),
		STREAM("\x80\x2e\x01\x00\x02", "malformed opaque"),
	};

	(void)state;
	CHECK_ALL(streams);
}

/*
 * Header lines and targets around the edge of the window: padding of each length
 * moves what follows over it.
 */
static void test_window_edge(void **state)
{
	static const struct {
		const char *before, *after, *log;
	} cases[] = {
		{GET HOST "X: ", "\r\nDNT: 1\r\n" END ONE, "opted_out counted"},
		{GET HOST "X: ", "\r\nDNT: 0\r\nSec-GPC: 1 \r\n" END ONE, "opted_out counted"},
		{GET HOST "Cookie: a=", "; blindcount_optout=1\r\n" END ONE, "opted_out counted"},
		{GET HOST "Cookie: a=", "; xblindcount_optout=1\r\n" END ONE, "counted counted"},
		{GET HOST "X: ", "\r\nContent-Length: 9\r\n" END "123456789" ONE,
		 "counted counted"},
		{GET HOST "Transfer-Encoding: ", ", chunked\r\n" END "1\r\nx\r\n0\r\n\r\n" ONE,
		 "counted counted"},
		{GET HOST "Connection: ", ", close\r\n" END ONE, "counted opaque"},
		{"GET /", " HTTP/1.1\r\n" HOST END ONE, "counted counted"},
		{"GET /hm?q=", "&p=/a&x=1 HTTP/1.1\r\n" HOST "DNT: 1\r\n" END ONE,
		 "opted_out counted"},
		{"GET /hm?p=/", "&x=1&y=2&w=800&e=click HTTP/1.1\r\n" HOST END ONE,
		 "counted counted"},
	};
	static char bytes[4096], pad[1100];

	(void)state;
	memset(pad, 'p', sizeof(pad));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int n = 850; n < 1100; n++) {
			int length = snprintf(bytes, sizeof(bytes), "%s%.*s%s", cases[i].before, n,
					      pad, cases[i].after);

			start(n);
			parser_feed(&parser, bytes, length);
			expect(cases[i].log, bytes, "padded by", n);
		}
	}
}

/* A head as long as it may be, and a byte longer; its framing is followed all the same. */
static void test_oversize(void **state)
{
	static char bytes[BC_HEAD_MAX + 512], pad[BC_HEAD_MAX];
	const int rest = sizeof(SIZED("2")) - 1 + sizeof("X: \r\n") - 1;

	(void)state;
	memset(pad, 'p', sizeof(pad));
	for (int extra = -2; extra <= 2; extra++) {
		int length = snprintf(bytes, sizeof(bytes), "%sX: %.*s\r\n\r\nxx" ONE,
				      POST HOST "Content-Length: 2\r\n", BC_HEAD_MAX - rest + extra,
				      pad);

		for (size_t piece = 1; piece < 40000; piece = piece * 3 + 1) {
			start(piece);
			for (int at = 0; at < length; at += (int)piece)
				parser_feed(&parser, bytes + at,
					    length - at < (int)piece ? length - at : (int)piece);
			expect(extra <= 0 ? "counted counted" : "oversize counted", "", "extra",
			       (size_t)extra);
		}
	}
}

/* Where a request is counted: SITE PAGE EVENT DEVICE COLUMN ROW. */
static const struct {
	const char *rules;
	const char *target, *host;
	const char *cell;
} cells[] = {
	{"", "/hm?p=/a&x=400&y=33&w=800", "a", "(any) /a click tablet 32 2"},
	{"", "/hm?w=800&y=33&x=400&p=%2Fa", "a", "(any) /a click tablet 32 2"},
	{"", "/hm?p=/a&x=0&y=0&w=599", "a", "(any) /a click phone 0 0"},
	{"", "/hm?p=/a&x=599&y=15&w=600", "a", "(any) /a click tablet 63 0"},
	{"", "/hm?p=/a&x=1024&y=16&w=1024", "a", "(any) /a click desktop 63 1"},
	{"", "/hm?p=/a&x=1023&y=16&w=1024", "a", "(any) /a click desktop 63 1"},
	{"", "/hm?p=/a&x=-5&y=-1&w=1024", "a", "(any) /a click desktop 0 0"},
	{"", "/hm?p=/a&x=99999999999&y=99999999999&w=1", "a", "(any) /a click phone 63 4095"},
	{"", "/hm?p=/a&x=9999999&y=65520&w=99999999999", "a", "(any) /a click desktop 63 4095"},
	{"", "/hm?p=/a&x=12.9&y=1e3&w=1280px", "a", "(any) /a click desktop 0 0"},
	{"", "/hm?p=/a&x=33&y=5", "a", "(any) /a click unknown 2 0"},
	{"", "/hm?p=/a&x=33&w=0", "a", "(any) /a click unknown 2 -"},
	{"", "/hm?p=/a&x=5000", "a", "(any) /a click unknown 63 -"},
	{"", "/hm?p=/a&y=160&w=700", "a", "(any) /a click tablet - 10"},
	{"", "/hm?p=/a&x=&y=abc&w=", "a", "(any) /a view unknown - -"},
	{"", "/hm?p=/a", "a", "(any) /a view unknown - -"},
	{"", "/hm?p=/a&e=scroll&y=320&w=300", "a", "(any) /a scroll phone - 20"},
	{"", "/hm?p=/a&e=move&x=1", "a", "(any) /a move unknown 0 -"},
	{"", "/hm?p=/a&e=convert", "a", "(any) /a convert unknown - -"},
	{"", "/hm?p=/a&e=view&x=1", "a", "(any) /a view unknown 0 -"},
	{"", "/hm?p=/a&e=clicks", "a", "(any) /a other unknown - -"},
	{"", "/hm?p=/a&e=&x=16", "a", "(any) /a click unknown 1 -"},
	{"", "/hm?p=/a&e=move&e=scroll", "a", "(any) /a scroll unknown - -"},
	{"", "/hm?p=/a&p=/b", "a", "(any) /b view unknown - -"},
	{"", "/hm?p=/user/12345", "a", "(any) /user/:id view unknown - -"},
	{"", "/hm?p=/a?q=1%23f", "a", "(any) /a view unknown - -"},
	{"", "/hm?p=/a%3Fq%26x", "a", "(any) /a view unknown - -"},
	{"", "/hm?p=https://b/x/y?z", "a", "(any) /x/y view unknown - -"},
	{"", "/hm?p=https%3A%2F%2Fb%2Fx", "a", "(any) /x view unknown - -"},
	{"", "/hm?p=https://b", "a", "(any) / view unknown - -"},
	{"", "/hm?p=https://b?c", "a", "(any) / view unknown - -"},
	{"", "/hm?p=", "a", "(any) (none) view unknown - -"},
	{"", "/hm?x=1", "a", "(any) (none) click unknown 0 -"},
	{"", "/hm?xp=/a&pp=/b&P=/c", "a", "(any) (none) view unknown - -"},
	{"", "/hm?", "a", "(any) (none) view unknown - -"},
	{"", "/hm", "a", "(any) (unlisted) request unknown - -"},
	{"", "/hm/", "a", "(any) (unlisted) request unknown - -"},
	{"", "/hmm?p=/a", "a", "(any) (unlisted) request unknown - -"},
	{"", "/?p=/a", "a", "(any) (unlisted) request unknown - -"},
	{"pages listed", "/hm?p=/a", "a", "(any) (unlisted) view unknown - -"},
	{"pages listed\npage (any) /a", "/hm?p=/a", "a", "(any) /a view unknown - -"},
	{"pages listed\npage (any) /a", "/a?b", "a", "(any) /a request unknown - -"},
	{"pages listed\npage (any) /a", "/b", "a", "(any) (unlisted) request unknown - -"},
	{"pages listed\npage (any) /p/*", "/hm?p=/p/q", "a", "(any) /p/* view unknown - -"},
	{"pages listed\npage (any) /p/*", "/hm?p=/p/q/r", "a", "(any) (unlisted) view unknown - -"},
	{"page (any) /p/*", "/hm?p=/q", "a", "(any) /q view unknown - -"},
	{"site a\nsite b", "/hm?p=/x", "a", "a /x view unknown - -"},
	{"site a\nsite b", "/hm?p=/x", "B:8080", "b /x view unknown - -"},
	{"site a\nsite b", "/hm?s=b&p=/x", "a", "b /x view unknown - -"},
	{"site a\nsite b", "/hm?p=http://b/x", "a", "b /x view unknown - -"},
	{"site a\nsite b", "/hm?p=http://c/x&s=b", "a", "b /x view unknown - -"},
	{"site a\nsite b", "/hm?s=b&p=http://c/x", "a", "b /x view unknown - -"},
	{"site a\nsite b", "http://b/hm?p=/x", "a", "b /x view unknown - -"},
	{"site a\nsite b\npage b /x", "/x", "b", "b /x request unknown - -"},
	{"site a\nsite b\npage b /x", "/x", "a", "a (unlisted) request unknown - -"},
};

static void compile(const char *rules)
{
	struct error e = {""};

	page_ids_free(&page_ids);
	memset(&page_ids, 0, sizeof(page_ids));
	if (parser_compile(rules, &set, &page_ids, &e))
		fail_msg("%s", e.text);
}

static void test_cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		char bytes[512], text[256];
		size_t length = (size_t)snprintf(bytes, sizeof(bytes),
						 "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n",
						 cells[i].target, cells[i].host);

		compile(cells[i].rules);
		for (size_t cut = 0; cut < length; cut++) {
			start(cut);
			parser_feed(&parser, bytes, cut);
			parser_feed(&parser, bytes + cut, length - cut);
			expect("counted", bytes, "cut at", cut);
			parser_cell(&parser, 0, text, sizeof(text));
			if (strcmp(text, cells[i].cell))
				fail_msg("cut at %zu: '%s', not '%s': %s", cut, text, cells[i].cell,
					 bytes);
		}
	}
}

/* A change of the rules while a head is on its way: it can't be decided, unless it opts out. */
static void test_rules_change(void **state)
{
	static const char opted_out[] = GET "DNT: 1\r\n" HOST END ONE;
	static const char other[] = GET HOST END ONE;
	struct bc_ruleset *next = malloc(sizeof(*next));

	(void)state;
	memcpy(next, &set, sizeof(set));
	next->epoch = 2;
	for (size_t cut = 1; cut < sizeof(ONE) - 1; cut++) {
		start(cut);
		parser_feed(&parser, other, cut);
		parser.rules = next;
		parser_feed(&parser, other + cut, sizeof(other) - 1 - cut);
		expect("undecided counted", other, "change at", cut);
	}
	for (size_t cut = 1; cut < sizeof(GET "DNT: 1\r\n" HOST END) - 1; cut++) {
		start(cut);
		parser_feed(&parser, opted_out, cut);
		parser.rules = next;
		parser_feed(&parser, opted_out + cut, sizeof(opted_out) - 1 - cut);
		expect("opted_out counted", opted_out, "change at", cut);
	}
	free(next);
}

static int builtin(void **state)
{
	(void)state;
	compile("");
	return 0;
}

static int clean(void **state)
{
	(void)state;
	page_ids_free(&page_ids);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_request_line, builtin),
		cmocka_unit_test_setup(test_headers, builtin),
		cmocka_unit_test_setup(test_bodies, builtin),
		cmocka_unit_test_setup(test_other_protocols, builtin),
		cmocka_unit_test_setup(test_window_edge, builtin),
		cmocka_unit_test_setup(test_oversize, builtin),
		cmocka_unit_test_setup(test_cells, builtin),
		cmocka_unit_test_setup(test_rules_change, builtin),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, clean);
}
