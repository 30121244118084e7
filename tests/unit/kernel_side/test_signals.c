// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Requests against rule sets, from the rules' text through the compiled set to
 * the program's parser: how each request ends, whole and cut at any byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/parser.h"

static struct bc_ruleset set;
static struct page_ids page_ids;
static struct parser parser;

/* Parses a request that is cut after `cut` bytes. */
static enum bc_outcome parse(const char *request, size_t cut)
{
	parser_start(&parser, &set, &page_ids);
	parser_feed(&parser, request, cut);
	parser_feed(&parser, request + cut, strlen(request) - cut);
	if (parser.seen != 1 || parser.ended != 1)
		fail_msg("seen %u, ended %u, cut at %zu: %s", parser.seen, parser.ended, cut,
			 request);
	if (parser.state.patterns.hash && parser.state.patterns.hash != bc_component_hash_start(0))
		fail_msg("a hash of the page's name is left: %s", request);
	return parser.end[0].outcome;
}

/* The built-in rules and these, in force. */
static void compile(const char *text)
{
	struct error e = {""};

	page_ids_free(&page_ids);
	memset(&page_ids, 0, sizeof(page_ids));
	if (parser_compile(text, &set, &page_ids, &e))
		fail_msg("%s", e.text);
}

static int clean(void **state)
{
	(void)state;
	page_ids_free(&page_ids);
	return 0;
}

struct request {
	const char *head; /* what is in the head */
	enum bc_outcome outcome;
};

enum form {
	HEADERS,
	TARGETS,
	REQUESTS
};

/* Each row's head: header lines of a beacon, a target, or the whole head but its last line. */
static void run(const char *rules, enum form form, const struct request *rows, size_t count)
{
	static const char *const formats[][2] = {
		[HEADERS] = {"GET /hm?p=/a&x=1&y=2&w=800 HTTP/1.1\r\nHost: shop.example.org\r\n",
			     "\r\n\r\n"},
		[TARGETS] = {"GET ", " HTTP/1.1\r\nHost: shop.example.org\r\nAccept: */*\r\n\r\n"},
		[REQUESTS] = {"", "\r\n\r\n"},
	};

	compile(rules);
	for (size_t i = 0; i < count; i++) {
		char request[1024];
		size_t length = (size_t)snprintf(request, sizeof(request), "%s%s%s",
						 formats[form][0], rows[i].head, formats[form][1]);

		for (size_t cut = 0; cut <= length; cut++)
			if (parse(request, cut) != rows[i].outcome)
				fail_msg("%s, not %s, cut at %zu: %s",
					 parser_outcomes[parser.end[0].outcome],
					 parser_outcomes[rows[i].outcome], cut, request);
	}
}

#define RUN(rules, form, rows) run(rules, form, rows, sizeof(rows) / sizeof((rows)[0]))

static void test_dnt(void **state)
{
	static const struct request rows[] = {
		{"DNT: 1", BC_OPTED_OUT},
		{"DNT:1", BC_OPTED_OUT},
		{"dnt: 1", BC_OPTED_OUT},
		{"DnT: 1", BC_OPTED_OUT},
		{"DNT: \t1 ", BC_OPTED_OUT},
		{"DNT: 1abc", BC_OPTED_OUT},
		{"DNT: 11", BC_OPTED_OUT},
		{"DNT: 1 0", BC_OPTED_OUT},
		{"DNT: 0\r\nDNT: 1", BC_OPTED_OUT},
		{"DNT: 0, 1", BC_OPTED_OUT},
		{"DNT: 0 ,\t1abc", BC_OPTED_OUT},
		{"DNT: 1, 0", BC_OPTED_OUT},
		{"DNT: ,1", BC_OPTED_OUT},
		{"DNT: 1\r\nDNT: 0", BC_OPTED_OUT},
		{"Accept: */*\r\nDNT: 1\r\nX: y", BC_OPTED_OUT},
		{"DNT: 0", BC_COUNTED},
		{"DNT: 0\r\nDNT: 0", BC_COUNTED},
		{"DNT: 01", BC_COUNTED},
		{"DNT: null", BC_COUNTED},
		{"DNT: unspecified", BC_COUNTED},
		{"DNT:", BC_COUNTED},
		{"DNT:   ", BC_COUNTED},
		{"DNT: \"1\"", BC_COUNTED},
		{"DNT: 0, 0, 01", BC_COUNTED},
		{"DNT: ,", BC_COUNTED},
		{"XDNT: 1", BC_COUNTED},
		{"DNT2: 1", BC_COUNTED},
		{"DN: 1", BC_COUNTED},
		{"X: DNT: 1", BC_COUNTED},
		{"Accept: 1", BC_COUNTED},
	};

	(void)state;
	RUN("", HEADERS, rows);
}

static void test_gpc(void **state)
{
	static const struct request rows[] = {
		{"Sec-GPC: 1", BC_OPTED_OUT},
		{"sec-gpc: 1", BC_OPTED_OUT},
		{"SEC-GPC:1", BC_OPTED_OUT},
		{"Sec-GPC:  1 ", BC_OPTED_OUT},
		{"Sec-GPC: 1\t", BC_OPTED_OUT},
		{"Sec-GPC: 1\r\nSec-GPC: 1", BC_OPTED_OUT},
		{"Sec-GPC: 0\r\nSec-GPC: 1", BC_OPTED_OUT},
		{"Sec-GPC: 1\r\nSec-GPC: 0", BC_OPTED_OUT},
		{"Sec-GPC: 1, 1", BC_OPTED_OUT},
		{"Sec-GPC: 1 , 0", BC_OPTED_OUT},
		{"Sec-GPC: 0,1", BC_OPTED_OUT},
		{"Sec-GPC: 0,, \t1 ", BC_OPTED_OUT},
		{"Sec-GPC: true", BC_COUNTED},
		{"Sec-GPC: 0", BC_COUNTED},
		{"Sec-GPC:", BC_COUNTED},
		{"Sec-GPC: 10", BC_COUNTED},
		{"Sec-GPC: 1 1", BC_COUNTED},
		{"Sec-GPC: 10, 01, 1 1", BC_COUNTED},
		{"Sec-GPC: ?1", BC_COUNTED},
		{"Sec-GPC2: 1", BC_COUNTED},
		{"Sec-GP: 1", BC_COUNTED},
		{"Sec_GPC: 1", BC_COUNTED},
	};

	(void)state;
	RUN("", HEADERS, rows);
}

static void test_headers(void **state)
{
	static const struct request rows[] = {
		{"X-Opt: 1", BC_OPTED_OUT},
		{"X-Opt:", BC_OPTED_OUT},
		{"x-opt: 0", BC_OPTED_OUT},
		{"X-Opts: 1", BC_COUNTED},
		{"X-Op: 1", BC_COUNTED},
		{"X-Mode: no thanks", BC_OPTED_OUT},
		{"X-Mode:\tno thanks\t", BC_OPTED_OUT},
		{"X-Mode: no  thanks", BC_COUNTED},
		{"X-Mode: No thanks", BC_COUNTED},
		{"X-Mode: no thanks!", BC_COUNTED},
		{"X-Mode: off", BC_OPTED_OUT},
		{"X-Mode: offno thanks", BC_COUNTED},
		{"X-Empty:", BC_OPTED_OUT},
		{"X-Empty: \t", BC_OPTED_OUT},
		{"X-Empty: 1", BC_COUNTED},
		{"X-Mode: on, off", BC_OPTED_OUT},
		{"X-Mode: on,\toff ,on", BC_OPTED_OUT},
		{"X-Mode: on, no thanks", BC_OPTED_OUT},
		{"X-Mode: on; off", BC_COUNTED},
		{"X-Mode: on, offf", BC_COUNTED},
		{"X-List: a, b", BC_OPTED_OUT},
		{"X-List: c, a, b", BC_OPTED_OUT},
		{"X-List: a, c", BC_COUNTED},
		{"X-List: a", BC_COUNTED},
	};

	(void)state;
	RUN("optout header X-Opt\noptout header \"X-Mode=no thanks\"\noptout header x-mode=off\n"
	    "optout header X-Empty=\noptout header \"X-List=a, b\"\n",
	    HEADERS, rows);
}

/* Names that end before their fifth byte, or there. */
static void test_short_headers(void **state)
{
	static const struct request rows[] = {
		{"X:1", BC_OPTED_OUT},
		{"x: 1", BC_OPTED_OUT},
		{"X-Y: 1", BC_COUNTED},
		{"X12: 1", BC_COUNTED},
		{"Te: 1", BC_OPTED_OUT},
		{"Tex: 1", BC_COUNTED},
		{"Fours: 1", BC_COUNTED},
		{"Four:1", BC_OPTED_OUT},
		{"Accept: */*\r\nFive5:1", BC_OPTED_OUT},
		{"Accept: */*\r\nFive: 1", BC_COUNTED},
	};

	(void)state;
	RUN("optout header x\n"
	    "optout header TE\noptout header FOUR\noptout header five5\n",
	    HEADERS, rows);
}

static void test_cookies(void **state)
{
	static const struct request rows[] = {
		{"Cookie: blindcount_optout=1", BC_OPTED_OUT},
		{"Cookie: no_heatmap=1", BC_OPTED_OUT},
		{"cookie: no_heatmap=1", BC_OPTED_OUT},
		{"COOKIE:no_heatmap=1", BC_OPTED_OUT},
		{"Cookie: no_heatmap=", BC_OPTED_OUT},
		{"Cookie: no_heatmap", BC_OPTED_OUT},
		{"Cookie: no_heatmap=\"\"", BC_OPTED_OUT},
		{"Cookie: no_heatmap =1", BC_OPTED_OUT},
		{"Cookie: no_heatmap \t= 1", BC_OPTED_OUT},
		{"Cookie: no_heatmap ; a=b", BC_OPTED_OUT},
		{"Cookie: a=b; no_heatmap ", BC_OPTED_OUT},
		{"Cookie: no heatmap=1", BC_COUNTED},
		{"Cookie: no_heat map=1", BC_COUNTED},
		{"Cookie: no_heatmap 1", BC_COUNTED},
		{"Cookie: no_heatmap x; a =b", BC_COUNTED},
		{"Cookie: a=b; no_heatmap=1", BC_OPTED_OUT},
		{"Cookie: a=b;no_heatmap=1", BC_OPTED_OUT},
		{"Cookie: a=b;\tno_heatmap=1", BC_OPTED_OUT},
		{"Cookie: no_heatmap=1; a=b", BC_OPTED_OUT},
		{"Cookie: a=b; no_heatmap; c=d", BC_OPTED_OUT},
		{"Cookie: a=\"b\"; no_heatmap=1", BC_OPTED_OUT},
		{"Cookie: ; no_heatmap=1", BC_OPTED_OUT},
		{"Cookie: a=b\r\nCookie: no_heatmap=1", BC_OPTED_OUT},
		{"Cookie: no_heatmap=1\r\nCookie: a=b", BC_OPTED_OUT},
		{"Cookie: xno_heatmap=1", BC_COUNTED},
		{"Cookie: no_heatmap2=1", BC_COUNTED},
		{"Cookie: no_heatma=1", BC_COUNTED},
		{"Cookie: No_Heatmap=1", BC_COUNTED},
		{"Cookie: a=no_heatmap", BC_COUNTED},
		{"Cookie: a=no_heatmap=1", BC_COUNTED},
		{"Cookie: a=\"no_heatmap=1\"", BC_COUNTED},
		{"Cookie: a=b, no_heatmap=1", BC_OPTED_OUT},
		{"Cookie: a,no_heatmap=1", BC_OPTED_OUT},
		{"Cookie: track=on, no_heatmap=1", BC_OPTED_OUT},
		{"Cookie: a=b, c=d; e=f,\tno_heatmap", BC_OPTED_OUT},
		{"Cookie: a=b, xno_heatmap=1", BC_COUNTED},
		{"Cookie: a=b, no_heatmap2=1", BC_COUNTED},
		{"Cookie: no_heatmap, a", BC_COUNTED},
		{"Cookie: =no_heatmap", BC_COUNTED},
		{"Cookie:", BC_COUNTED},
		{"Cookie2: no_heatmap=1", BC_COUNTED},
		{"Set-Cookie: no_heatmap=1", BC_COUNTED},
		{"X: Cookie: no_heatmap=1", BC_COUNTED},
		{"Cookie: track=off", BC_OPTED_OUT},
		{"Cookie: track=\"off\"", BC_OPTED_OUT},
		{"Cookie: track=off ; a=b", BC_OPTED_OUT},
		{"Cookie: track=on; track=off", BC_OPTED_OUT},
		{"Cookie: track=off; track=on", BC_OPTED_OUT},
		{"Cookie: track=no", BC_OPTED_OUT},
		{"Cookie: track=on", BC_COUNTED},
		{"Cookie: track=offf", BC_COUNTED},
		{"Cookie: track=of", BC_COUNTED},
		{"Cookie: track=OFF", BC_COUNTED},
		{"Cookie: track=", BC_COUNTED},
		{"Cookie: track", BC_COUNTED},
		{"Cookie: track=on; b=off", BC_COUNTED},
		{"Cookie: nil=", BC_OPTED_OUT},
		{"Cookie: nil=\"\"", BC_OPTED_OUT},
		{"Cookie: nil=0", BC_COUNTED},
		{"Cookie: track=%6fff", BC_OPTED_OUT},
		{"Cookie: track=\"o%66f\"", BC_OPTED_OUT},
		{"Cookie: track=%6f%66%66 ; a=b", BC_OPTED_OUT},
		{"Cookie: mode=a%3Ab", BC_OPTED_OUT},
		{"Cookie: mode=a%3ab", BC_OPTED_OUT},
		{"Cookie: mode=a:b", BC_OPTED_OUT},
		{"Cookie: raw=a%3Ab", BC_OPTED_OUT},
		{"Cookie: raw=a:b", BC_COUNTED},
		{"Cookie: track=of%6", BC_COUNTED},
		{"Cookie: track=off%", BC_COUNTED},
		{"Cookie: track=%off", BC_COUNTED},
		{"Cookie: track=of %66", BC_COUNTED},
		{"Cookie: track=%6 fff", BC_COUNTED},
		{"Cookie: track=%2566f", BC_COUNTED},
		{"Cookie: track=off, a", BC_COUNTED},
		{"Cookie: track=o,ff", BC_COUNTED},
	};

	(void)state;
	RUN("optout cookie no_heatmap\noptout cookie track=off\noptout cookie track=no\n"
	    "optout cookie nil=\noptout cookie mode=a:b\noptout cookie raw=a%3Ab\n",
	    HEADERS, rows);
}

static void test_query(void **state)
{
	static const struct request rows[] = {
		{"/hm?optout=1", BC_OPTED_OUT},
		{"/hm?optout=1&p=/a", BC_OPTED_OUT},
		{"/hm?p=/a&optout=1", BC_OPTED_OUT},
		{"/hm?p=/a&optout=0&optout=1", BC_OPTED_OUT},
		{"/hm?%6fptout=%31", BC_OPTED_OUT},
		{"/hm?optout=1#x", BC_OPTED_OUT},
		{"/other?optout=1", BC_OPTED_OUT},
		{"http://shop.example.org/hm?optout=1", BC_OPTED_OUT},
		{"/hm?optout=2", BC_COUNTED},
		{"/hm?optout=", BC_COUNTED},
		{"/hm?optout", BC_COUNTED},
		{"/hm?optout=11", BC_COUNTED},
		{"/hm?Optout=1", BC_COUNTED},
		{"/hm?xoptout=1", BC_COUNTED},
		{"/hm?optout1=1", BC_COUNTED},
		{"/hm?p=%26optout=1", BC_COUNTED},
		{"/hm?p=optout=1", BC_COUNTED},
		{"/hm#?optout=1", BC_COUNTED},
		{"*?optout=1", BC_MALFORMED},
		{"*", BC_COUNTED},
		{"/optout=1", BC_COUNTED},
		{"/hm?q", BC_OPTED_OUT},
		{"/hm?q=", BC_OPTED_OUT},
		{"/hm?p=/a&q=x&x=1", BC_OPTED_OUT},
		{"/hm?u=no+thanks", BC_OPTED_OUT},
		{"/hm?u=no%20thanks", BC_OPTED_OUT},
		{"/hm?u=no%2bthanks", BC_COUNTED},
		{"/hm?u=a%26b", BC_OPTED_OUT},
		{"/hm?u=a&b", BC_COUNTED},
		{"/hm?x=off&y=1", BC_OPTED_OUT},
	};

	(void)state;
	RUN("optout query optout=1\noptout query q\noptout query \"u=no thanks\"\n"
	    "optout query u=a&b\noptout query x=off\n",
	    TARGETS, rows);
}

/* Keys of one byte, which are compared in a way of their own. */
static void test_short_keys(void **state)
{
	static const struct request rows[] = {
		{"/hm?o=1", BC_OPTED_OUT},
		{"/hm?p=/a&o=1&x=1", BC_OPTED_OUT},
		{"/hm?%6f=1", BC_OPTED_OUT},
		{"/hm?o=2", BC_COUNTED},
		{"/hm?O=1", BC_COUNTED},
		{"/hm?oo=1", BC_COUNTED},
		{"/hm?po=1", BC_COUNTED},
		{"/hm?o&=1", BC_COUNTED},
		{"/hm?v", BC_OPTED_OUT},
		{"/hm?v&p=/a", BC_OPTED_OUT},
		{"/hm?v=", BC_OPTED_OUT},
		{"/hm?vv=", BC_COUNTED},
		{"/hm?%=1", BC_COUNTED},
		{"/hm?+=1", BC_COUNTED},
		{"/hm?p=/a&x=1&y=2&w=3&e=click&p=/b&x=4&y=5&w=6&o=1&x=7", BC_OPTED_OUT},
	};

	(void)state;
	RUN("optout query o=1\noptout query v\n", TARGETS, rows);
}

static void test_require(void **state)
{
	static const struct request rows[] = {
		{"Cookie: consent=yes; adult=", BC_COUNTED},
		{"Cookie: adult; consent=\"yes\"", BC_COUNTED},
		{"Cookie: consent=yes\r\nCookie: adult=1", BC_COUNTED},
		{"Cookie: consent=no; consent=yes; adult=1", BC_OPTED_OUT},
		{"Cookie: consent=yes; adult=1; consent=no", BC_OPTED_OUT},
		{"Cookie: consent=yes; adult=1\r\nCookie: consent", BC_OPTED_OUT},
		{"Cookie: consent=yes; adult=1; consent=\"yes\"", BC_COUNTED},
		{"Cookie: adult=1, consent=yes", BC_OPTED_OUT},
		{"Cookie: adult=1; consent=yes, a", BC_OPTED_OUT},
		{"Cookie: adult=1; consent=yes , a", BC_OPTED_OUT},
		{"Cookie: a=b, adult=1; consent=yes", BC_OPTED_OUT},
		{"Cookie: adult=1; consent=y%65s", BC_COUNTED},
		{"Cookie: adult=1; consent=yes%", BC_OPTED_OUT},
		{"Cookie: consent=yes; adult=1\r\nDNT: 1", BC_OPTED_OUT},
		{"Cookie: consent=yes", BC_OPTED_OUT},
		{"Cookie: adult=1", BC_OPTED_OUT},
		{"Cookie: consent=no; adult=1", BC_OPTED_OUT},
		{"Cookie: consent=Yes; adult=1", BC_OPTED_OUT},
		{"Cookie: consent; adult=1", BC_OPTED_OUT},
		{"Cookie: xconsent=yes; adult=1", BC_OPTED_OUT},
		{"Accept: */*", BC_OPTED_OUT},
	};

	(void)state;
	RUN("require cookie consent=yes\nrequire cookie adult\n", HEADERS, rows);
}

static void test_sites(void **state)
{
	static const struct request rows[] = {
		{"GET /hm?p=/a HTTP/1.1\r\nHost: shop.example.org", BC_COUNTED},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: SHOP.example.ORG:8080", BC_COUNTED},
		{"GET /x HTTP/1.1\r\nHost: shop.example.org", BC_COUNTED},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: shop.example.org.", BC_COUNTED},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: shop.example.org.:8080", BC_COUNTED},
		{"GET /hm?s=shop.example.org. HTTP/1.1\r\nHost: cdn", BC_COUNTED},
		{"GET /hm?p=https://shop.example.org./a HTTP/1.1\r\nHost: cdn", BC_COUNTED},
		{"GET http://shop.example.org./x HTTP/1.1\r\nHost: cdn", BC_COUNTED},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: shop.example.org..", BC_EXCLUDED},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: old.", BC_EXCLUDED},
		{"GET http://shop.example.org/x HTTP/1.1\r\nHost: shop.example.org", BC_COUNTED},
		{"GET /hm?s=shop.example.org HTTP/1.1\r\nHost: cdn", BC_COUNTED},
		{"GET /hm?s=Shop.example.org&p=/a HTTP/1.1\r\nHost: cdn", BC_COUNTED},
		{"GET /hm?p=https://shop.example.org/a HTTP/1.1\r\nHost: cdn", BC_COUNTED},
		{"GET /hm?p=https%3A%2F%2Fshop.example.org%2Fa HTTP/1.1\r\nHost: cdn", BC_COUNTED},
		{"GET /hm?s=7 HTTP/1.1\r\nHost: cdn", BC_COUNTED},
		{"GET /hm?s=77 HTTP/1.1\r\nHost: shop.example.org", BC_EXCLUDED},
		{"GET /hm?s=old HTTP/1.1\r\nHost: shop.example.org", BC_EXCLUDED},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: cdn", BC_EXCLUDED},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: shop.example.org.evil", BC_EXCLUDED},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: xshop.example.org", BC_EXCLUDED},
		{"GET /hm?p=/a HTTP/1.0\r\nAccept: */*", BC_EXCLUDED},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: old", BC_EXCLUDED},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: old\r\nDNT: 1", BC_OPTED_OUT},
		{"GET /x HTTP/1.1\r\nHost: cdn\r\nCookie: blindcount_optout", BC_OPTED_OUT},
	};

	(void)state;
	RUN("site shop.example.org\nsite 7\nsite old\nexclude site OLD\n", REQUESTS, rows);
}

/* More than a page's name may hold. */
#define WORDS "word-word-word-word-word-"
#define LONG WORDS WORDS WORDS WORDS WORDS WORDS

static void test_pages(void **state)
{
	static const struct request rows[] = {
		{"/hm?p=/account/x", BC_EXCLUDED},
		{"/hm?p=/account/42", BC_EXCLUDED},
		{"/hm?p=%2Faccount%2Fx", BC_EXCLUDED},
		{"/hm?p=/account/x?tab=1", BC_EXCLUDED},
		{"/hm?p=/a/../account//x", BC_EXCLUDED},
		{"/hm?p=https://shop.example.org/account/x", BC_EXCLUDED},
		{"/hm?x=1&p=/account/x&y=2", BC_EXCLUDED},
		{"/account/x", BC_EXCLUDED},
		{"/account/x?a=b", BC_EXCLUDED},
		{"/hm?p=/account", BC_COUNTED},
		{"/hm?p=/account/", BC_COUNTED},
		{"/hm?p=/account/x/y", BC_COUNTED},
		{"/hm?p=/Account/x", BC_COUNTED},
		{"/hm?p=/xaccount/x", BC_COUNTED},
		{"/hm?p=/x/account/x", BC_COUNTED},
		{"/hm?p=/", BC_EXCLUDED},
		{"/hm?p=/index", BC_COUNTED},
		{"/hm?p=/user/4711/edit", BC_EXCLUDED},
		{"/hm?p=/user/me/edit", BC_COUNTED},
		{"/hm?p=/shop-only", BC_EXCLUDED},
		{"/hm?p=/other-only", BC_COUNTED},
		{"/hm?s=other.example&p=/other-only", BC_EXCLUDED},
		{"/hm?s=other.example&p=/shop-only", BC_COUNTED},
		{"/hm?s=other.example&p=/account/x", BC_EXCLUDED},
		{"/hm?p=/caf%C3%A9", BC_EXCLUDED},
		{"/hm?p=/account/" LONG, BC_UNDECIDED},
		{"/hm?p=/blog/" LONG, BC_UNDECIDED},
		{"/account/" LONG, BC_UNDECIDED},
	};
	static const struct request starless[] = {
		{"/hm?p=/blog/" LONG, BC_COUNTED},
		{"/hm?s=other.example&p=/blog/" LONG, BC_UNDECIDED},
	};

	(void)state;
	RUN("exclude page (any) /account/*\nexclude page (any) /\n"
	    "exclude page (any) /user/:id/edit\nexclude page shop.example.org /shop-only\n"
	    "exclude page other.example /other-only\nexclude page (any) /caf%c3%a9\n",
	    TARGETS, rows);
	RUN("exclude page (any) /account\nexclude page other.example /account/*\n", TARGETS,
	    starless);
}

static void test_presets(void **state)
{
	static const struct request rows[] = {
		{"/clickheat/click.php?s=shop&g=home&x=1&y=2&w=800&b=1", BC_COUNTED},
		{"/clickheat/click.php?s=shop&g=home&x=1&y=2&w=800", BC_COUNTED},
		{"/clickheat/click.php?s=shop&g=home&x=1&y=2&w=800&b=2", BC_IGNORED},
		{"/clickheat/click.php?b=3&s=shop&g=home", BC_IGNORED},
		{"/clickheat/click.php?b=3&optout=1", BC_OPTED_OUT},
		{"/log.php?owa_event_type=dom.click&owa_click_x=1", BC_COUNTED},
		{"/log.php?owa_event_type=base.page_request", BC_IGNORED},
		{"/log.php?owa_event_type=dom.click&owa_event_type=dom.stream", BC_IGNORED},
		{"/log.php?owa_site_id=1", BC_IGNORED},
		{"/log.php?owa_event_type=", BC_IGNORED},
		{"/matomo.php?idsite=1&url=http%3A%2F%2Fa%2Fb&res=1024x768", BC_COUNTED},
		{"/matomo.php?idsite=1&ping=1", BC_IGNORED},
		{"/matomo.php?idsite=1&ping=0", BC_COUNTED},
		{"/count?p=/a&s=1024,768,1&e=true", BC_COUNTED},
		{"/collect?h=https%3A%2F%2Fa.example&p=%2Fx", BC_COUNTED},
	};
	static const struct request methods[] = {
		{"POST /matomo.php?idsite=1&ping=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0",
		 BC_IGNORED},
		{"POST /matomo.php?idsite=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0", BC_COUNTED},
		{"OPTIONS /matomo.php?idsite=1 HTTP/1.1\r\nHost: a", BC_IGNORED},
		{"OPTIONS /matomo.php HTTP/1.1\r\nHost: a\r\nSec-GPC: 1", BC_OPTED_OUT},
	};
	static const char rules[] = "optout query optout=1\n"
				    "beacon /clickheat/click.php preset=clickheat\n"
				    "beacon /log.php preset=owa\n"
				    "beacon /matomo.php preset=matomo\n"
				    "beacon /count preset=goatcounter\n"
				    "beacon /collect preset=fathom\n";

	(void)state;
	RUN(rules, TARGETS, rows);
	RUN(rules, REQUESTS, methods);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dnt),	   cmocka_unit_test(test_gpc),
		cmocka_unit_test(test_headers),	   cmocka_unit_test(test_short_headers),
		cmocka_unit_test(test_cookies),	   cmocka_unit_test(test_query),
		cmocka_unit_test(test_short_keys), cmocka_unit_test(test_require),
		cmocka_unit_test(test_sites),	   cmocka_unit_test(test_pages),
		cmocka_unit_test(test_presets),
	};

	return cmocka_run_group_tests_name("signals", tests, NULL, clean);
}
