// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What is an address and what only looks like one; files, folders, gzip, long lines. */
#include <fcntl.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

#include "command/commands.h"
#include "verify/scan/scan.h"
#include "verify/scan/scan_print.h"

/* Each line with the addresses that must be found in it, in order, blanks between. */
static const struct {
	const char *text, *want;
} cases[] = {
	/* Access and error logs. */
	{"203.0.113.7 - - [10/Oct/2023:13:55:36 +0000] \"GET / HTTP/1.1\" 200 2326", "203.0.113.7"},
	{"2001:db8::7 - - [10/Oct/2023:13:55:36 +0000] \"GET / HTTP/1.1\" 200 2326", "2001:db8::7"},
	{"::1 - - [10/Oct/2023:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5", "::1"},
	{"1.1.1.1 - bob [10/Oct/2023:13:55:36 +0000] \"GET /a?b=1.2 HTTP/1.0\" 200 1", "1.1.1.1"},
	{"2024/01/02 10:30:45 [error] 12#12: *1 open() failed, client: 198.51.100.9, server: _",
	 "198.51.100.9"},
	{"upstream: \"http://10.0.0.2:8080/hm\", host: \"shop.example.org\"", "10.0.0.2"},
	{"[Sun Oct 10 13:55:36.123456 2023] [core:error] [client 203.0.113.5:51234] AH00126",
	 "203.0.113.5"},
	{"[client 2001:db8::5:51234] denied", "2001:db8::5"},
	{"127.0.0.1:33318 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69", "127.0.0.1"},
	{"sshd[812]: Failed password for root from 192.0.2.44 port 52144 ssh2", "192.0.2.44"},
	{"SRC=192.0.2.1 DST=198.51.100.2 LEN=60 TOS=0x00", "192.0.2.1 198.51.100.2"},
	{"SRC=fe80:0000:0000:0000:0211:22ff:fe33:4455 LEN=60",
	 "fe80:0000:0000:0000:0211:22ff:fe33:4455"},
	{"connect from unknown[203.0.113.9]", "203.0.113.9"},
	{"connect from localhost[::1]:25", "::1"},
	{"rip=203.0.113.1, lip=10.9.8.7, TLS", "203.0.113.1 10.9.8.7"},
	{"FATAL: no pg_hba.conf entry for host \"2001:db8::9\", user 10.0.0.1(54321)",
	 "2001:db8::9 10.0.0.1"},
	{"LOG: connection ::1(54321)", "::1"},
	{"Access denied for user 'root'@'10.0.0.1'", "10.0.0.1"},
	{"ssh admin@10.0.0.1", "10.0.0.1"},
	{"H=(helo) [192.0.2.3] F=<a@example.org>", "192.0.2.3"},
	{"java.net.ConnectException: /192.0.2.3:8080", "192.0.2.3"},
	{"Connected to localhost/127.0.0.1:8080", "127.0.0.1"},
	{"Connected to www.example.org/192.0.2.80", "192.0.2.80"},
	{"dhclient: bound to 10.1.2.3 -- renewal in 300 seconds.", "10.1.2.3"},
	{"IP 10.0.0.1.443 > 10.0.0.2.55512: Flags [S]", "10.0.0.1 10.0.0.2"},
	{"IP6 2001:db8::1.443 > 2001:db8::2.55512: Flags [S]", "2001:db8::1 2001:db8::2"},
	{"nginx: 10.0.0.1 refused", "10.0.0.1"},
	{"peer was 10.0.0.1.", "10.0.0.1"},
	{"peer was 2001:db8::1.", "2001:db8::1"},
	{"7.3.2.1.in-addr.arpa. PTR?", "7.3.2.1"},
	{"host 1.2.3.4.dynamic.isp.example connected", "1.2.3.4"},
	{"10.0.0.1->10.0.0.2", "10.0.0.1 10.0.0.2"},
	{"pool 10.0.0.1-10.0.0.9", "10.0.0.1 10.0.0.9"},
	{"access ip-10.0.0.1 node", "10.0.0.1"},
	{"10.0.0.1.log", "10.0.0.1"},
	{"filter ip.addr==10.0.0.1", "10.0.0.1"},
	{"Apache=10.0.0.1.1699999999123456; path=/", "10.0.0.1"},
	{"id=10.0.0.1_1699999999 sess_10.0.0.2", "10.0.0.1 10.0.0.2"},
	{"203.000.113.007 old proxy", "203.000.113.007"},
	{"255.255.255.255", "255.255.255.255"},
	/* Headers. */
	{"X-Forwarded-For: 203.0.113.7, 70.41.3.18,150.172.238.178",
	 "203.0.113.7 70.41.3.18 150.172.238.178"},
	{"X-Forwarded-For: 2001:db8:85a3:8d3:1319:8a2e:370:7348",
	 "2001:db8:85a3:8d3:1319:8a2e:370:7348"},
	{"Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60 203.0.113.43"},
	{"Forwarded: For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"},
	{"CF-Connecting-IPv6: 2a02:1810:1:2::3", "2a02:1810:1:2::3"},
	{"PROXY TCP4 198.51.100.22 203.0.113.7 35646 80", "198.51.100.22 203.0.113.7"},
	{"Host: [::1]:8080", "::1"},
	{"x-real-ip:203.0.113.7", "203.0.113.7"},
	{"source:2001:db8::8", "2001:db8::8"},
	{"addr:2001:db8::8", "2001:db8::8"},
	{"source:::1", "::1"},
	/* JSON, CSV, URLs. */
	{"{\"remote_addr\":\"203.0.113.7\",\"port\":80}", "203.0.113.7"},
	{"{\"ip\":\"::ffff:203.0.113.7\"}", "::ffff:203.0.113.7"},
	{"{\"ip\":\"::ffff:cb00:7107\"}", "::ffff:cb00:7107"},
	{"{\"m\":\"got\\n10.0.0.1\\t2001:db8::3\\r\\n\"}", "10.0.0.1 2001:db8::3"},
	{"{\"v\":\"1.2.3.4\",\"version\":\"1.2.3.4\"}", "1.2.3.4"},
	{"a,b,192.0.2.1,c", "192.0.2.1"},
	{"a;2001:db8::;c", "2001:db8::"},
	{"a|10.0.0.1|c", "10.0.0.1"},
	{"http://192.0.2.1/x", "192.0.2.1"},
	{"http:\\/\\/192.0.2.1\\/x", "192.0.2.1"},
	{"https://[2001:db8::1]:8443/x", "2001:db8::1"},
	{"GET /lookup/203.0.113.7 HTTP/1.1", "203.0.113.7"},
	{"GET /?ip=203.0.113.7&x=1", "203.0.113.7"},
	{"GET /?q=who+203.0.113.7", "203.0.113.7"},
	{"tcp://10.0.0.1:80 udp/10.0.0.2", "10.0.0.1 10.0.0.2"},
	/* Zones, prefixes, notations. */
	{"fe80::1%eth0", "fe80::1"},
	{"fe80::a1b2:c3d4%2", "fe80::a1b2:c3d4"},
	{"[fe80::1%eth0]:80", "fe80::1"},
	{"fe80::a1b2", "fe80::a1b2"},
	{"10.0.0.0/8 fd00::/8 ff02::1", "10.0.0.0 fd00:: ff02::1"},
	{"[2001:db8::1]", "2001:db8::1"},
	{"[a::b] [dead:beef::cafe]", "a::b dead:beef::cafe"},
	{"1::2/64", "1::2"},
	{"64:ff9b::192.0.2.33", "64:ff9b::192.0.2.33"},
	{"::192.0.2.33", "::192.0.2.33"},
	{"ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789"},
	{"2001:DB8:0:0:8:800:200C:417A", "2001:DB8:0:0:8:800:200C:417A"},
	{"2001:db8:1:2:3:4:5:6:443", "2001:db8:1:2:3:4:5:6"},
	{"<2001:db8::1>, (10.0.0.1)", "2001:db8::1 10.0.0.1"},
	{"0:0:0:0:0:0:0:1", "0:0:0:0:0:0:0:1"},
	{"client 2001:db8::1: timed out", "2001:db8::1"},
	{"10.0.0.1: timed out", "10.0.0.1"},
	{"fdab::dead:beef", "fdab::dead:beef"},
	{"da39a3ee5e6b4b0d3255bfef95601890afd80709:10.0.0.1", "10.0.0.1"},
	{"0.0.0.1", "0.0.0.1"},
	/* Nobody. */
	{"0.0.0.0 - - [10/Oct/2023:13:55:36 +0000]", ""},
	{":: - - [10/Oct/2023:13:55:36 +0000]", ""},
	{"listen [::]:80 0.0.0.0:80 0.0.0.0/0 ::/0", ""},
	{"0:0:0:0:0:0:0:0 ::ffff:0.0.0.0", ""},
	/* Versions. */
	{"Server: nginx/1.22.1.0", ""},
	{"nginx/1.22.1.0 (Debian)", ""},
	{"\"Mozilla/5.0 (X11; Linux x86_64) Chrome/124.0.0.0 Safari/537.36\"", ""},
	{"\"ua\":\"Chrome\\/124.0.0.0\"", ""},
	{"node.js/20.1.2.3 my_app-x/1.2.3.4", ""},
	{"Mozilla/4.0 (compatible; MSIE 7.0.5730.13)", ""},
	{"v1.2.3.4 V1.2.3.4 1.2.3.4rc1 1.2.3.4a", ""},
	{"version 1.2.3.4", ""},
	{"Version: 1.2.3.4", ""},
	{"driver_version=1.2.3.4 appVersion=\"1.2.3.4\"", ""},
	{"<version>1.2.3.4</version>", ""},
	{"firmware 1.2.3.4, build 1.2.3.4, rev. 1.2.3.4", ""},
	{"libfoo-1.2.3.4.tar.gz foo-1.2.3.4 foo_1.2.3.4_amd64.deb", ""},
	{"1.2.3.4-1ubuntu2 1.2.3.4-SNAPSHOT 1.2.3.4~rc1 1.2.3.4+dfsg-1", ""},
	{"1.2.3.4.jar", ""},
	{"pkg==1.2.3.4 pkg>=1.2.3.4 pkg~=1.2.3.4", ""},
	{"GET /download/1.2.3.4/setup HTTP/1.1", ""},
	{"1.2.3 1.2 6.1.0-18 5.10.0.1234", ""},
	{"see section 3.2.1.1", ""},
	/* Object identifiers, dates, times, numbers. */
	{"1.3.6.1.4.1 1.3.6.1.2.1.1.3.0", ""},
	{".1.3.6.1", ""},
	{"1.2.3.4.5 0.1.2.3.4.5", ""},
	{"2024-01-02 10:30:45 10:30:45.123 2024-01-02T10:30:45Z", ""},
	{"[10/Oct/2023:13:55:36 +0000]", ""},
	{"2023.10.10 2023.10.10.11 12:30", ""},
	{"01.02.03.04", ""},
	{"256.1.1.1 1.1.1.256 1.2.3.999", ""},
	{"+49.30.12.34 555.123.4567 (555) 123-4567", ""},
	{"1,234.56 1.234.567,89 12.5", ""},
	{"1.2.3. 4 1..2.3.4 1.2.3", ""},
	/* Hardware addresses, hashes, UUIDs. */
	{"00:11:22:33:44:55 00-11-22-33-44-55", ""},
	{"00:11:22:ff:fe:33:44:55", ""},
	{"MAC=aa:bb:cc:dd:ee:ff:11:22:33:44:55:66:08:00", ""},
	{"MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", ""},
	{"AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD", ""},
	{"550e8400-e29b-41d4-a716-446655440000", ""},
	{"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", ""},
	{"da39a3ee5e6b4b0d3255bfef95601890afd80709", ""},
	/* Code. */
	{"a::b std::cafe bad::cafe Ad::add() ::add(x) A1::B2", ""},
	{"::before ::after p::first-line .a::before", ""},
	{"select 1::int, '5'::text, x::date, now()::date, 5::bigint", ""},
	{"Foo::Bar::baz() abc::def dead::beef", ""},
	{"1::2 10::30 a ? b : c", ""},
	{"12:34 12:34:56:78 1:2:3:4:5:6:7", ""},
	{"http://example.org:8080/a:b:c", ""},
	{"2024-01-02,shop.example.org,/product/:id,click,desktop,12,34,5", ""},
	{"", ""},
};

static void test_table(void **state)
{
	int wrong = 0;

	(void)state;
	assert_true(sizeof(cases) / sizeof(cases[0]) >= 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;
		char got[512] = "";
		struct address_match m;
		size_t from = 0;

		while (address_find(text, strlen(text), from, &m)) {
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s",
				 got[0] ? " " : "", (int)m.length, text + m.start);
			from = m.start + m.length;
		}
		if (strcmp(got, cases[i].want)) {
			print_error("in '%s' found '%s', not '%s'\n", text, got, cases[i].want);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* Any bytes at all: matches lie within the text, and nothing outside of it is read. */
static void test_hostile(void **state)
{
	static const char alphabet[] = "0123456789abcf....::::-_/=%+[]vx \\n\n\0\xff";
	unsigned int seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t length = rand_r(&seed) % 200, from = 0;
		char *text = malloc(length ?: 1); /* exactly: the sanitizer watches its end */
		struct address_match m;

		for (size_t j = 0; j < length; j++)
			text[j] = alphabet[rand_r(&seed) % (sizeof(alphabet) - 1)];
		while (address_find(text, length, from, &m)) {
			assert_true(m.start >= from && m.length >= 2);
			from = m.start + m.length;
			assert_true(from <= length);
			address_mask(text, &m);
		}
		free(text);
	}
}

static void test_classes(void **state)
{
	static const struct {
		const char *text;
		enum address_class class;
	} table[] = {
		{"8.8.8.8", ADDRESS_PUBLIC},
		{"172.32.0.1", ADDRESS_PUBLIC},
		{"172.31.0.1", ADDRESS_PRIVATE},
		{"100.64.0.1", ADDRESS_PRIVATE},
		{"169.254.1.1", ADDRESS_PRIVATE},
		{"127.1.2.3", ADDRESS_LOOPBACK},
		{"198.51.100.1", ADDRESS_DOCUMENTATION},
		{"2600::1", ADDRESS_PUBLIC},
		{"fd00::1", ADDRESS_PRIVATE},
		{"fe80::1", ADDRESS_PRIVATE},
		{"::1", ADDRESS_LOOPBACK},
		{"::ffff:127.0.0.1", ADDRESS_LOOPBACK},
		{"2001:db8::1", ADDRESS_DOCUMENTATION},
	};
	struct address_match m;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_true(address_find(table[i].text, strlen(table[i].text), 0, &m));
		if (m.class != table[i].class)
			fail_msg("%s is %s", table[i].text, address_class_name(m.class));
	}
}

/* What a scan reported, one a line: path below the folder, line, masked or why. */
struct log {
	char text[4096];
	size_t skip;
};

static void note(const struct scan_found *found, void *arg)
{
	struct log *log = arg;
	size_t used = strlen(log->text);

	snprintf(log->text + used, sizeof(log->text) - used, "%s:%d:%s\n", found->path + log->skip,
		 (int)found->line, found->unreadable ? "unreadable" : found->masked);
}

static int make_folder(void **state)
{
	char *path = strdup("/tmp/bc-scan-XXXXXX");

	*state = path;
	return mkdtemp(path) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[64];
	int r;

	snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	r = system(command);
	free(*state);
	return r;
}

static void write_file(const char *folder, const char *name, const char *data, size_t length,
		       const char *mode)
{
	char path[256];
	gzFile f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = gzopen(path, mode);
	assert_non_null(f);
	assert_int_equal(gzwrite(f, data, length), length);
	assert_int_equal(gzclose(f), Z_OK);
}

static struct scan_totals scan_into(struct log *log, const char *path, size_t skip)
{
	struct scan_totals totals = {0};
	struct error e = {.text = ""};

	*log = (struct log){.skip = skip};
	assert_int_equal(scan_path(path, note, log, &totals, &e), 0);
	return totals;
}

static void test_files(void **state)
{
	char *folder = *state, path[256];
	const char plain[] =
		"a\nb 10.0.0.1 2001:db8::1\n\nGET /?ip=2001%3Adb8%3A%3A1%0A%5B::1%5D\n";
	struct scan_totals totals;
	struct log log;

	write_file(folder, "plain", plain, strlen(plain), "wT");
	snprintf(path, sizeof(path), "%s/plain", folder);
	totals = scan_into(&log, path, strlen(folder) + 1);
	assert_string_equal(log.text, "plain:2:xx.x.x.x\nplain:2:xxxx:xxx::x\n"
				      "plain:4:xxxx:xxx::x\nplain:4:::x\n");
	assert_int_equal(totals.files, 1);
	assert_int_equal(totals.addresses, 4);
	assert_int_equal(totals.bytes, strlen(plain));

	write_file(folder, "plain", plain, strlen(plain), "w");
	totals = scan_into(&log, path, strlen(folder) + 1);
	assert_int_equal(totals.addresses, 4);
	assert_int_equal(totals.bytes, strlen(plain));
}

static void test_folders(void **state)
{
	char *folder = *state, path[256];
	struct scan_totals totals;
	struct log log;

	snprintf(path, sizeof(path), "%s/a", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(folder, "a/10.0.0.1.log", "::1\n", 4, "wT");
	snprintf(path, sizeof(path), "%s/link", folder);
	assert_int_equal(symlink("/", path), 0);
	snprintf(path, sizeof(path), "%s/pipe", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	totals = scan_into(&log, folder, strlen(folder) + 1);
	assert_string_equal(log.text, "a/xx.x.x.x.log:0:xx.x.x.x\na/xx.x.x.x.log:1:::x\n");
	assert_int_equal(totals.files, 1);
	assert_int_equal(totals.unreadable, 0);
	/* Named by itself, a pipe is an error, as is a path that is not there. */
	assert_int_equal(scan_into(&log, path, strlen(folder) + 1).unreadable, 1);
	assert_string_equal(log.text, "pipe:0:unreadable\n");
	snprintf(path, sizeof(path), "%s/none", folder);
	assert_int_equal(scan_into(&log, path, strlen(folder) + 1).unreadable, 1);
}

static void test_unreadable(void **state)
{
	char *folder = *state, path[256], noise[5000];
	struct scan_totals totals;
	struct log log;
	struct stat st;

	write_file(folder, "x",
		   "\xfd"
		   "7zXZ\0",
		   6, "wT");
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = 'g' + (i * i * 7919 >> 5) % 19;
	write_file(folder, "z", noise, sizeof(noise), "w");
	snprintf(path, sizeof(path), "%s/z", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 12), 0);
	totals = scan_into(&log, folder, strlen(folder) + 1);
	assert_int_equal(totals.unreadable, 2);
	assert_non_null(strstr(log.text, "x:0:unreadable\n"));
	assert_non_null(strstr(log.text, "z:0:unreadable\n"));
}

/* One endless line, addresses on both sides of each border between two reads. */
static void test_long_line(void **state)
{
	const size_t length = 300 * 1000;
	const char *folder = *state, address[] = " 203.0.113.99 ";
	char *text = malloc(length), path[256];
	struct log log;

	snprintf(path, sizeof(path), "%s/long", folder);
	for (int shift = 0; shift < 40; shift++) {
		int want = 0;

		memset(text, 'y', length);
		for (size_t i = shift; i + sizeof(address) < length; i += 32768 - 3) {
			memcpy(text + i, address, strlen(address));
			want++;
		}
		write_file(folder, "long", text, length, "wT");
		assert_int_equal(scan_into(&log, path, strlen(folder) + 1).addresses, want);
	}
	/* Versions keep their context over the borders, and long runs are no addresses. */
	memset(text, '1', length);
	write_file(folder, "long", text, length, "wT");
	assert_int_equal(scan_into(&log, path, 0).addresses, 0);
	for (size_t i = 0; i + 16 <= length; i += 16)
		memcpy(text + i, " Chrome/124.0.0.0", 16);
	write_file(folder, "long", text, length, "wT");
	assert_int_equal(scan_into(&log, path, 0).addresses, 0);
	free(text);
}

/* Scan a path and give back what is printed; the caller frees it. */
static char *print_scan(const char *path, bool json, bool *clean)
{
	const char *const paths[] = {path, NULL};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(scan_print(out, paths, json, clean, NULL), 0);
	fclose(out);
	return text;
}

static void test_print(void **state)
{
	const char *folder = *state, line[] = "\n10.0.0.1 ::1\n";
	char want[256], path[128], *text;
	bool clean = false;

	text = print_scan(folder, false, &clean);
	assert_string_equal(text, "scan: files: 0, bytes: 0, addresses: 0, not read: 0\n");
	assert_true(clean);
	free(text);
	write_file(folder, "a\033b\"", line, strlen(line), "wT");
	text = print_scan(folder, false, &clean);
	snprintf(want, sizeof(want),
		 "%s/a?b\":2: IPv4 address xx.x.x.x (private)\n"
		 "%s/a?b\":2: IPv6 address ::x (loopback)\n"
		 "scan: files: 1, bytes: 14, addresses: 2, not read: 0\n",
		 folder, folder);
	assert_string_equal(text, want);
	assert_false(clean);
	free(text);
	snprintf(path, sizeof(path), "%s/none", folder);
	text = print_scan(path, true, &clean);
	snprintf(want, sizeof(want),
		 "{\"found\":[{\"file\":\"%s\",\"unreadable\":\"No such file or directory\"}],"
		 "\"files\":0,\"bytes\":0,\"addresses\":0,\"unreadable\":1}",
		 path);
	assert_string_equal(text, want);
	assert_false(clean);
	free(text);
	text = print_scan(folder, true, &clean);
	assert_non_null(
		strstr(text, "\"line\":2,\"family\":6,\"class\":\"loopback\",\"masked\":\"::x\"}"));
	free(text);
}

/* The command's exit status, its output thrown away. */
static int run_verify(char *const *words, int count)
{
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	int null = open("/dev/null", O_WRONLY), status;
	char *argv[9] = {"verify", "--object", "build/bpf/mask.bpf.o"};

	memcpy(argv + 3, words, count * sizeof(*words));
	fflush(stdout);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	optind = 0;
	status = verify_command(3 + count, argv);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(null);
	close(err);
	close(out);
	return status;
}

static void test_command(void **state)
{
	char *folder = *state;

	assert_int_equal(run_verify((char *[]){"--scan", folder}, 2), 0);
	assert_int_equal(run_verify((char *[]){"--data", folder, "--scan"}, 3), 0);
	assert_int_equal(run_verify((char *[]){folder}, 1), 2);
	assert_int_equal(run_verify((char *[]){"--scan", folder, "/nowhere"}, 3), 1);
	write_file(folder, "log", "::1\n", 4, "wT");
	assert_int_equal(run_verify((char *[]){"--scan", folder}, 2), 1);
	assert_int_equal(run_verify((char *[]){"--data", folder, "--json", "--scan"}, 4), 1);
	assert_int_equal(run_verify((char *[]){"--data", folder}, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_classes),
		cmocka_unit_test_setup_teardown(test_files, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_folders, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_unreadable, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_print, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_command, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_long_line, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
