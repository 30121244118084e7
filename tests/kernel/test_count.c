// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What one request in one packet counts as: packets of each form, outcomes,
 * cells, sites, pages, full tables. Streams are test_stream.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/harness.h"

#define HOST "Host: shop.example.org\r\n"
#define GET(target, headers) "GET " target " HTTP/1.1\r\n" HOST headers "\r\n"
#define DESKTOP_CLICK BC_KIND(BC_DEVICE_DESKTOP, BC_EVENT_CLICK)
#define VIEW BC_KIND(BC_DEVICE_UNKNOWN, BC_EVENT_VIEW)
#define REQUEST BC_KIND(BC_DEVICE_UNKNOWN, BC_EVENT_REQUEST)

static int tear_down(void **state)
{
	(void)state;
	harness_close();
	return 0;
}

static void open_with(const char *rules)
{
	harness_open(&(struct harness_options){.rules = rules});
}

/* One request on a connection of its own. */
static void request(const char *text)
{
	struct connection c = stream_open(1000);

	stream_text(&c, text);
}

static void counted(const char *text)
{
	request(text);
	RAISED(text, [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
}

static void test_packets(void **state)
{
	static const struct headers forms[] = {
		{},
		{.ip_options = 4},
		{.ip_options = 40},
		{.tcp_options = 12},
		{.tcp_options = 40},
		{.ip_options = 40, .tcp_options = 40},
		{.flags = FIN},
		{.flags = 0xff & ~(RST | SYN | URG)},
		{.version = 6},
		{.version = 6, .tcp_options = 12},
		{.version = 6, .tcp_options = 40, .flags = FIN},
	};

	(void)state;
	open_with(NULL);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct connection c = stream_open(0xfffffff0);

		c.headers = forms[i];
		stream_text(&c, GET("/hm?p=/a&x=640&y=100&w=1280", ""));
		RAISED("a form of packet", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
		assert_int_equal(harness_cell(harness_page(0, "/a"), 6, 32, DESKTOP_CLICK), i + 1);
	}
	assert_int_equal(harness_cells(), 1);
}

static void test_packets_ignored(void **state)
{
	static const struct headers forms[] = {
		{.odd_version = true},
		{.version = 6, .odd_version = true},
		{.ihl = 4},
		{.doff = 4},
		{.flags = RST},
		{.version = 6, .flags = RST},
		{.cut = true},
		{.version = 6, .cut = true},
		{.version = 6, .next = 17}, /* UDP */
		{.version = 6, .next = 44}, /* a fragment */
		{.version = 6, .next = 60}, /* destination options */
	};
	struct bc_socket facts = {.rcv_nxt = 1, .port = PORT, .protocol = 6, .state = 1};

	(void)state;
	open_with(NULL);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		harness_ignored(&facts, &forms[i]);
	facts.protocol = 17;
	harness_ignored(&facts, &forms[0]);
	facts.protocol = 6;
	facts.port = 8081;
	harness_ignored(&facts, &(struct headers){});
	facts.port = 80;
	harness_run(&facts, &(struct headers){}, 1, "GET / HTTP/1.0\r\n\r\n", 18);
	RAISED("the other port", [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
}

static void test_outcomes(void **state)
{
	static const struct {
		const char *text;
		enum bc_outcome outcome;
	} rows[] = {
		{GET("/hm?p=/a", ""), BC_COUNTED},
		{GET("/", ""), BC_COUNTED},
		{"POST /hm?p=/a HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", BC_COUNTED},
		{"OPTIONS /hm?p=/a HTTP/1.1\r\n" HOST "\r\n", BC_IGNORED},
		{"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", BC_IGNORED},
		{"HEAD / HTTP/1.1\r\n" HOST "\r\n", BC_COUNTED},
		{GET("/hm?p=/a", "DNT: 1\r\n"), BC_OPTED_OUT},
		{GET("/hm?p=/a", "DNT: 0\r\n"), BC_COUNTED},
		{GET("/hm?p=/a", "sec-gpc:1\r\n"), BC_OPTED_OUT},
		{GET("/hm?p=/a", "Cookie: a=b; blindcount_optout=1\r\n"), BC_OPTED_OUT},
		{GET("/hm?p=/a&optout=1", ""), BC_OPTED_OUT},
		{GET("/hm?p=/a", "Cookie: consent=no\r\n"), BC_COUNTED},
		{GET("/hm?p=/private/a", ""), BC_EXCLUDED},
		{GET("/private/x", ""), BC_EXCLUDED},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: intranet.example.org\r\n\r\n", BC_EXCLUDED},
		{GET("/hm?p=https://intranet.example.org/a", ""), BC_EXCLUDED},
		{GET("/only?p=/a&k=v", ""), BC_COUNTED},
		{GET("/only?p=/a&k=w", ""), BC_IGNORED},
		{GET("/only?p=/a", ""), BC_IGNORED},
		{"GET /hm?p=/a HTTP/1.1\r\n\r\n", BC_MALFORMED},
		{"GET /hm?p=/a HTTP/1.1\r\n" HOST HOST "\r\n", BC_MALFORMED},
		{"GET /hm?p=/a HTTP/2.0\r\n" HOST "\r\n", BC_MALFORMED},
		{"get /hm?p=/a HTTP/1.1\r\n" HOST "\r\n", BC_COUNTED},
		{"g(t /hm?p=/a HTTP/1.1\r\n" HOST "\r\n", BC_MALFORMED},
		{"GET /hm?p=/a\r\n" HOST "\r\n", BC_MALFORMED},
		{"\x01\x02\x03 \xff\r\n\r\n", BC_MALFORMED},
	};

	(void)state;
	open_with("optout query optout=1\n"
		  "beacon /only page=p only=k:v\n"
		  "exclude site intranet.example.org\n"
		  "exclude page (any) /private/*\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		__u64 expected[BC_TOTALS] = {[BC_TOTAL_SEEN] = 1};
		__u64 cells = harness_cells_sum();

		expected[rows[i].outcome] = 1;
		request(rows[i].text);
		harness_expect(expected, rows[i].text);
		assert_int_equal(harness_cells_sum() - cells, rows[i].outcome == BC_COUNTED);
	}
}

static void test_oversize(void **state)
{
	static char text[BC_HEAD_MAX + 200];
	struct connection c;
	size_t n;

	(void)state;
	open_with(NULL);
	for (int over = 0; over < 2; over++) {
		n = sprintf(text, "GET /hm?p=/a HTTP/1.1\r\n" HOST "X: ");
		memset(text + n, 'x', BC_HEAD_MAX + over - n - 4);
		strcpy(text + BC_HEAD_MAX + over - 4, "\r\n\r\n");
		strcat(text, GET("/hm?p=/next", ""));
		c = stream_open(5);
		stream_text(&c, text);
		if (over)
			RAISED("a head too long", [BC_TOTAL_SEEN] = 2, [BC_OVERSIZE] = 1,
			       [BC_COUNTED] = 1);
		else
			RAISED("the longest head", [BC_TOTAL_SEEN] = 2, [BC_COUNTED] = 2);
	}
}

static void test_cells(void **state)
{
	static const struct {
		const char *target;
		__u16 row;
		__u8 column;
		__u8 kind;
	} rows[] = {
		{"/hm?p=/c&x=0&y=0&w=320", 0, 0, BC_KIND(BC_DEVICE_PHONE, BC_EVENT_CLICK)},
		{"/hm?p=/c&x=319&y=15&w=320", 0, 63, BC_KIND(BC_DEVICE_PHONE, BC_EVENT_CLICK)},
		{"/hm?p=/c&x=320&y=16&w=320", 1, 63, BC_KIND(BC_DEVICE_PHONE, BC_EVENT_CLICK)},
		{"/hm?p=/c&x=9999999&y=9999999&w=599", BC_ROW_MAX, 63,
		 BC_KIND(BC_DEVICE_PHONE, BC_EVENT_CLICK)},
		{"/hm?p=/c&x=300&y=32&w=600", 2, 32, BC_KIND(BC_DEVICE_TABLET, BC_EVENT_CLICK)},
		{"/hm?p=/c&x=512&y=65535&w=1023", BC_ROW_MAX, 32,
		 BC_KIND(BC_DEVICE_TABLET, BC_EVENT_CLICK)},
		{"/hm?p=/c&x=1023&y=48&w=1024", 3, 63, DESKTOP_CLICK},
		{"/hm?p=/c&x=160&y=48", 3, 10, BC_KIND(BC_DEVICE_UNKNOWN, BC_EVENT_CLICK)},
		{"/hm?p=/c&x=99999&y=48", 3, 63, BC_KIND(BC_DEVICE_UNKNOWN, BC_EVENT_CLICK)},
		{"/hm?p=/c&x=16&w=0", BC_NO_ROW, 1, BC_KIND(BC_DEVICE_UNKNOWN, BC_EVENT_CLICK)},
		{"/hm?p=/c&y=16", 1, BC_NO_COLUMN, BC_KIND(BC_DEVICE_UNKNOWN, BC_EVENT_CLICK)},
		{"/hm?p=/c&x=-5&y=-1&w=1280", 0, 0, DESKTOP_CLICK},
		{"/hm?p=/c&x=12.7&y=33.9&w=1280.5", 2, 0, DESKTOP_CLICK},
		{"/hm?p=/c&x=abc&y=&w=", BC_NO_ROW, BC_NO_COLUMN, VIEW},
		{"/hm?p=/c", BC_NO_ROW, BC_NO_COLUMN, VIEW},
		{"/hm?p=/c&e=move&x=1&y=1", 0, 0, BC_KIND(BC_DEVICE_UNKNOWN, BC_EVENT_MOVE)},
		{"/hm?p=/c&e=scroll&y=800&w=800", 50, BC_NO_COLUMN,
		 BC_KIND(BC_DEVICE_TABLET, BC_EVENT_SCROLL)},
		{"/hm?p=/c&e=convert", BC_NO_ROW, BC_NO_COLUMN,
		 BC_KIND(BC_DEVICE_UNKNOWN, BC_EVENT_CONVERT)},
		{"/hm?p=/c&e=view&w=1280", BC_NO_ROW, BC_NO_COLUMN,
		 BC_KIND(BC_DEVICE_DESKTOP, BC_EVENT_VIEW)},
		{"/hm?p=/c&e=other-thing", BC_NO_ROW, BC_NO_COLUMN,
		 BC_KIND(BC_DEVICE_UNKNOWN, BC_EVENT_OTHER)},
		{"/hm?w=1280&y=1&x=2&p=/c&x=640", 0, 32, DESKTOP_CLICK},
		{"/hm?p=%2Fc&%78=%31&y=%31", 0, 0, BC_KIND(BC_DEVICE_UNKNOWN, BC_EVENT_CLICK)},
	};

	(void)state;
	open_with(NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		harness_forget_cells();
		sprintf(text, "GET %s HTTP/1.1\r\n" HOST "\r\n", rows[i].target);
		counted(text);
		if (harness_cell(harness_page(0, "/c"), rows[i].row, rows[i].column,
				 rows[i].kind) != 1)
			fail_msg("%s", rows[i].target);
		assert_int_equal(harness_cells_sum(), 1);
	}
}

/* Where a request is counted: a page that is listed, learnt, or special. */
struct place {
	const char *text;
	__u32 site;
	const char *listed; /* NULL: learnt or special */
	const char *learnt; /* NULL: special */
	enum bc_special_page special;
	__u8 kind;
};

static void check_places(const struct place *places, size_t n, const char *site)
{
	for (size_t i = 0; i < n; i++) {
		const struct place *p = &places[i];
		__u32 page = BC_SPECIAL(p->site, p->special);

		harness_forget_cells();
		counted(p->text);
		if (p->listed)
			page = harness_listed(site, p->listed);
		else if (p->learnt)
			page = harness_page(p->site, p->learnt);
		if (harness_cell(page, BC_NO_ROW, BC_NO_COLUMN, p->kind) != 1)
			fail_msg("not on page %u: %s", page, p->text);
	}
}

#define CHECK_PLACES(places, site) check_places(places, sizeof(places) / sizeof((places)[0]), site)

static void test_redacted(void **state)
{
	static const struct place places[] = {
		{GET("/hm?p=/a", ""), .learnt = "/a", .kind = VIEW},
		{GET("/hm?p=/user/12345/x", ""), .learnt = "/user/:id/x", .kind = VIEW},
		{GET("/hm?p=https%3A%2F%2Fshop.example.org%2Fb%3Fq%3D1", ""), .learnt = "/b",
		 .kind = VIEW},
		{GET("/hm?p=", ""), .special = BC_PAGE_NONE, .kind = VIEW},
		{GET("/hm?x", ""), .special = BC_PAGE_NONE, .kind = VIEW},
		{GET("/hm", ""), .special = BC_PAGE_UNLISTED, .kind = REQUEST},
		{GET("/a", ""), .special = BC_PAGE_UNLISTED, .kind = REQUEST},
		{GET("/listed", ""), .listed = "/listed", .kind = REQUEST},
		{GET("/hm?p=/listed", ""), .listed = "/listed", .kind = VIEW},
		{GET("/hm?p=/product/red", ""), .listed = "/product/*", .kind = VIEW},
		{GET("/product/red?q=1", ""), .listed = "/product/*", .kind = REQUEST},
		{GET("/product/red/blue", ""), .special = BC_PAGE_UNLISTED, .kind = REQUEST},
		{GET("/hm?p=/"
		     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		     ""),
		 .special = BC_PAGE_LONG, .kind = VIEW},
	};

	(void)state;
	open_with("page (any) /listed\npage (any) /product/*\n");
	CHECK_PLACES(places, "(any)");
}

static void test_listed_only(void **state)
{
	static const struct place places[] = {
		{GET("/hm?p=/a", ""), .special = BC_PAGE_UNLISTED, .kind = VIEW},
		{GET("/hm?p=", ""), .special = BC_PAGE_NONE, .kind = VIEW},
		{GET("/hm?p=/listed", ""), .listed = "/listed", .kind = VIEW},
	};

	(void)state;
	open_with("pages listed\npage (any) /listed\n");
	CHECK_PLACES(places, "(any)");
	assert_int_equal(harness_page(0, "/a"), 0);
}

static void test_sites(void **state)
{
	static const struct place places[] = {
		{GET("/hm?p=/a", ""), .site = 1, .learnt = "/a", .kind = VIEW},
		{GET("/hm?p=/listed", ""), .site = 1, .listed = "/listed", .kind = VIEW},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: SHOP.example.org:8080\r\n\r\n", .site = 1,
		 .learnt = "/a", .kind = VIEW},
		{"GET /hm?p=/a HTTP/1.1\r\nHost: blog.example.org\r\n\r\n", .site = 2,
		 .learnt = "/a", .kind = VIEW},
		{GET("/hm?s=blog.example.org&p=/b", ""), .site = 2, .learnt = "/b", .kind = VIEW},
		{GET("/hm?p=http://blog.example.org/c", ""), .site = 2, .learnt = "/c",
		 .kind = VIEW},
		{"GET http://blog.example.org/hm?p=/d HTTP/1.1\r\n" HOST "\r\n", .site = 2,
		 .learnt = "/d", .kind = VIEW},
		{GET("/x", ""), .site = 1, .special = BC_PAGE_UNLISTED, .kind = REQUEST},
	};

	(void)state;
	open_with("site shop.example.org\nsite blog.example.org\n"
		  "page shop.example.org /listed\n");
	CHECK_PLACES(places, "shop.example.org");
	request("GET /hm?p=/a HTTP/1.1\r\nHost: other.example.org\r\n\r\n");
	RAISED("a foreign site", [BC_TOTAL_SEEN] = 1, [BC_EXCLUDED] = 1);
	request(GET("/hm?s=other.example.org&p=/a", ""));
	RAISED("a foreign site", [BC_TOTAL_SEEN] = 1, [BC_EXCLUDED] = 1);
}

static void test_required(void **state)
{
	(void)state;
	open_with("require cookie consent=yes\n");
	request(GET("/hm?p=/a", ""));
	RAISED("no consent", [BC_TOTAL_SEEN] = 1, [BC_OPTED_OUT] = 1);
	request(GET("/hm?p=/a", "Cookie: consent=no\r\n"));
	RAISED("no consent", [BC_TOTAL_SEEN] = 1, [BC_OPTED_OUT] = 1);
	counted(GET("/hm?p=/a", "Cookie: a=b; consent=yes\r\n"));
}

/* What finds no room among the cells is counted on its page. */
static void test_cells_full(void **state)
{
	__u64 dropped = 0;

	(void)state;
	harness_open(&(struct harness_options){.max_cells = 16});
	for (int i = 0; i < 200; i++) {
		struct connection c = stream_open(i);
		__u64 risen[BC_TOTALS];
		char text[100];

		sprintf(text, GET("/hm?p=/a&x=1&y=%d", ""), i * 16);
		stream_text(&c, text);
		harness_risen(risen);
		assert_int_equal(risen[BC_COUNTED], 1);
		assert_int_equal(risen[BC_TOTAL_FALLBACK], 0);
		dropped += risen[BC_TOTAL_CELLS_DROPPED];
	}
	assert_int_equal(harness_cells(), 16);
	assert_int_equal(harness_cells_sum() + dropped, 200);
	assert_int_equal(harness_page_count(harness_page(0, "/a"), BC_EVENT_CLICK), dropped);
	/* Those that are there are counted on. */
	counted(GET("/hm?p=/a&x=1&y=0", ""));
	assert_int_equal(harness_cells(), 16);
	assert_int_equal(harness_cells_sum() + dropped, 201);
}

/* Pages that find no room are counted as (other); those that rules list always have room. */
static void test_pages_full(void **state)
{
	(void)state;
	harness_open(&(struct harness_options){.max_pages = 8, .rules = "page (any) /listed\n"});
	for (int i = 0; i < 20; i++) {
		char text[100];

		sprintf(text, GET("/hm?p=/page-%c", ""), 'a' + i);
		request(text);
		if (i < 8)
			RAISED(text, [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1);
		else
			RAISED(text, [BC_TOTAL_SEEN] = 1, [BC_COUNTED] = 1,
			       [BC_TOTAL_PAGES_DROPPED] = 1);
	}
	counted(GET("/hm?p=/page-a", ""));
	counted(GET("/hm?p=/listed", ""));
	assert_int_equal(harness_cell(BC_SPECIAL(0, BC_PAGE_OTHER), BC_NO_ROW, BC_NO_COLUMN, VIEW),
			 12);
	assert_int_equal(harness_cell(harness_page(0, "/page-a"), BC_NO_ROW, BC_NO_COLUMN, VIEW),
			 2);
	assert_int_equal(
		harness_cell(harness_listed("(any)", "/listed"), BC_NO_ROW, BC_NO_COLUMN, VIEW), 1);
	assert_int_equal(harness_cells_sum(), 22);
}

/* Each generation has its own cells and pages. */
static void test_generations(void **state)
{
	(void)state;
	open_with(NULL);
	counted(GET("/hm?p=/a", ""));
	harness_generation(1, 2);
	counted(GET("/hm?p=/b", ""));
	assert_int_equal(harness_cells_sum(), 1);
	assert_int_equal(harness_page(0, "/a"), 0);
	assert_int_equal(harness_cell(harness_page(0, "/b"), BC_NO_ROW, BC_NO_COLUMN, VIEW), 1);
	harness_generation(0, 3);
	assert_int_equal(harness_page(0, "/b"), 0);
	assert_int_equal(harness_cells_sum(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_packets, tear_down),
		cmocka_unit_test_teardown(test_packets_ignored, tear_down),
		cmocka_unit_test_teardown(test_outcomes, tear_down),
		cmocka_unit_test_teardown(test_oversize, tear_down),
		cmocka_unit_test_teardown(test_cells, tear_down),
		cmocka_unit_test_teardown(test_redacted, tear_down),
		cmocka_unit_test_teardown(test_listed_only, tear_down),
		cmocka_unit_test_teardown(test_sites, tear_down),
		cmocka_unit_test_teardown(test_required, tear_down),
		cmocka_unit_test_teardown(test_cells_full, tear_down),
		cmocka_unit_test_teardown(test_pages_full, tear_down),
		cmocka_unit_test_teardown(test_generations, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
