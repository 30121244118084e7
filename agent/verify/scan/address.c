// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The rule for what is an address. When in doubt it is one; what is not:
 *
 * IPv4 is four numbers of 0 to 255 joined by dots, without leading zeros (or
 * all three digits wide). It is a version, an object identifier or the like
 * - as part of a longer or shorter dotted number, except for tcpdump's
 *   "1.2.3.4.443 >" and a time behind (mod_usertrack), or after a single
 *   leading dot;
 * - glued to a word: v1.2.3.4, 1.2.3.4rc1;
 * - after a name and '-' (nginx-1.2.3.4), unless the name says address
 *   (ip-1.2.3.4), or before '-', '_' or '~' and a word (1.2.3.4-1ubuntu1) that
 *   is no time;
 * - after a product's name and '/' (Chrome/124.0.0.0), unless a port follows,
 *   the name is a host's or says address; in the path of a URL, after a word
 *   such as `download`;
 * - after >=, <= or a word such as `version`; after == unless the word says
 *   address; after a '+' that starts a phone number;
 * - before the ending of an archive or library: 1.2.3.4.tar.gz.
 *
 * IPv6 is what inet_pton(3) takes, with a port, prefix length or zone behind
 * or a key and colon before. It is something else
 * - if it lacks "::" and is short (a time) or all groups have two digits (a
 *   hardware address or a fingerprint);
 * - glued to a word: std::cafe, 1::int;
 * - as two names around "::", unless the first is an unicast-local or
 *   multicast prefix (fd00 and up); without any digit, unless it begins with
 *   fc or fd; in two groups of which the first is short (1::2). Brackets, a
 *   zone or a prefix length make each of these an address.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "verify/scan/address.h"

/* A longer run of hex digits, dots and colons is not looked at as IPv6. */
#define RUN_MAX 128

/* Text under the eye, with a bounded view: outside of it there are blanks. */
struct view {
	const char *text;
	size_t length;
};

static char at(const struct view *v, size_t i)
{
	return i < v->length ? v->text[i] : ' '; /* also for i = -1, -2, … */
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word(char c)
{
	return is_digit(c) || is_letter(c) || c == '_';
}

static bool is_dotted(char c)
{
	return is_digit(c) || c == '.';
}

static bool is_run(char c)
{
	return is_hex(c) || c == '.' || c == ':';
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static bool starts_with(const struct view *v, size_t i, const char *word)
{
	size_t n = strlen(word);

	return i + n <= v->length && !strncmp(v->text + i, word, n);
}

static bool in_list(const char *word, size_t n, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == n && !strncasecmp(word, *list, n))
			return true;
	return false;
}

/* The letter before i ends an escape such as \n or \t. */
static bool is_escape(const struct view *v, size_t i)
{
	return at(v, i - 2) == '\\' && is_one_of(at(v, i - 1), "nrt");
}

/* Go back from i over a word of letters; returns its start. */
static size_t word_start(const struct view *v, size_t i)
{
	size_t n = 0;

	while (n < 32 && is_letter(at(v, i - 1)))
		i--, n++;
	return i;
}

/* A word of letters that ends before i says that an address follows. */
static bool says_address(const struct view *v, size_t i)
{
	static const char *const words[] = {
		"ip",	  "ips",     "ipv",	  "addr", "address", "host",   "client", "peer",
		"remote", "from",    "to",	  "src",  "dst",     "source", "server", "proxy",
		"user",	  "visitor", "origin",	  "tcp",  "udp",     "http",   "https",	 "ws",
		"wss",	  "inet",    "localhost", "dest", "unknown", NULL};
	size_t start;

	while (is_digit(at(v, i - 1)) && i > 0)
		i--; /* ipv4, host1 */
	start = word_start(v, i);
	return start < i && in_list(v->text + start, i - start, words);
}

/* A word of letters that ends before i says that a version or a number of parts follows. */
static bool says_version(const struct view *v, size_t i)
{
	static const char *const words[] = {"versions", "ver",	   "rev",     "revision", "build",
					    "oid",	"section", "chapter", "firmware", NULL};
	size_t start = word_start(v, i), n = i - start;

	if (n >= 7 && !strncasecmp(v->text + i - 7, "version", 7))
		return true;
	return n && in_list(v->text + start, n, words);
}

static bool says_download(const struct view *v, size_t i)
{
	static const char *const words[] = {"release",	"releases", "download", "downloads",
					    "tag",	"tags",	    "dist",	"package",
					    "packages", "archive",  NULL};
	size_t start = word_start(v, i);

	return start < i && in_list(v->text + start, i - start, words);
}

/* Four numbers in v[start..end), without or with zeros that fill to three digits. */
static bool parse_ipv4(const struct view *v, size_t start, size_t end, unsigned char octets[4])
{
	bool wide = end - start == 15, zero_led = false;

	for (int n = 0; n < 4; n++) {
		unsigned int value = 0;
		size_t digits = 0;

		for (; start < end && is_digit(v->text[start]); start++, digits++)
			if (digits < 4)
				value = value * 10 + (v->text[start] - '0');
		if (!digits || digits > 3 || value > 255)
			return false;
		zero_led |= digits > 1 && v->text[start - digits] == '0';
		octets[n] = value;
		if (n < 3 && (start == end || v->text[start++] != '.'))
			return false;
	}
	return start == end && (!zero_led || wide);
}

/* After a '/': a product's version, or an address? `slash` is the index of the '/'. */
static bool is_after_product(const struct view *v, size_t slash, bool port)
{
	size_t i = slash, name, label;

	if (at(v, i - 1) == '\\')
		i--; /* as some JSON writers quote it */
	for (name = i;
	     i - name < 64 && (is_word(at(v, name - 1)) || is_one_of(at(v, name - 1), "-+."));)
		name--;
	if (name == i || is_digit(at(v, name)))
		return false;
	if (at(v, name - 1) == '/')
		return says_version(v, i) || says_download(v, i);
	label = word_start(v, i);
	if (label > name && at(v, label - 1) == '.' && i - label >= 2 &&
	    strncasecmp(v->text + label, "js", i - label))
		return false; /* host.example/1.2.3.4 */
	return !port && !says_address(v, i);
}

/* What stands before the dotted quad at `start` makes it a version or the like. */
static bool is_version_before(const struct view *v, size_t start, bool port)
{
	char c = at(v, start - 1), d = at(v, start - 2);
	size_t i = start;

	if (is_word(c) && c != '_')
		return !is_escape(v, start) && !says_address(v, start);
	if (c == '_')
		return says_version(v, start - 1) || says_download(v, start - 1);
	if (c == '-')
		return is_letter(d) && !says_address(v, start - 1);
	if (c == '/')
		return is_after_product(v, start - 1, port);
	if (c == '+')
		return !is_word(d); /* else a blank, as forms encode it */
	if (c == '=' && (d == '>' || d == '<' || d == '~'))
		return true;
	if (c == '=' && d == '=')
		return !says_address(v, start - 2);
	while (start - i < 6 && is_one_of(at(v, i - 1), " =:\"'.(>\\") && i > 0)
		i--;
	return says_version(v, i);
}

/* A time in seconds, milliseconds or microseconds at i, as in a visit's number? */
static bool is_timestamp(const struct view *v, size_t i)
{
	size_t n = 0;

	while (n < 17 && is_digit(at(v, i + n)))
		n++;
	return at(v, i) == '1' && (n == 10 || n == 13 || n == 16);
}

/* What stands behind the dotted quad that ends before `end` makes it a version. */
static bool is_version_after(const struct view *v, size_t end)
{
	static const char *const endings[] = {"tar",  "tgz",  "gz",  "bz2", "xz",  "zip", "so",
					      "jar",  "war",  "whl", "deb", "rpm", "exe", "dll",
					      "msi",  "dmg",  "pkg", "apk", "js",  "css", "min",
					      "orig", "dist", "x86", NULL};
	char c = at(v, end), d = at(v, end + 1);
	size_t n = 0;

	if (is_word(c) && c != '_')
		return true;
	if ((c == '_' || c == '-') && is_timestamp(v, end + 1))
		return false;
	if (c == '_' || c == '~')
		return is_word(d);
	if (c == '+')
		return starts_with(v, end + 1, "dfsg") || starts_with(v, end + 1, "git");
	if (c == '-') {
		unsigned char octets[4];

		while (n < 16 && is_dotted(at(v, end + 1 + n)))
			n++;
		return is_word(d) &&
		       !(end + 1 + n <= v->length && parse_ipv4(v, end + 1, end + 1 + n, octets));
	}
	if (c != '.' || !is_letter(d))
		return false;
	while (n < 8 && (is_letter(at(v, end + 1 + n)) || is_digit(at(v, end + 1 + n))))
		n++;
	return in_list(v->text + end + 1, n, endings);
}

/* A fifth number may be a port (tcpdump) or the time (mod_usertrack). Returns the fourth's end. */
static size_t cut_fifth_number(const struct view *v, size_t start, size_t end)
{
	size_t i = end, digits;

	while (i > start && is_digit(at(v, i - 1)))
		i--;
	digits = end - i;
	if (i == start || !digits)
		return end;
	if (is_timestamp(v, i))
		return i - 1;
	if (digits > 5)
		return end;
	if ((at(v, end) == ' ' && at(v, end + 1) == '>') ||
	    (at(v, start - 1) == ' ' && at(v, start - 2) == '>'))
		return i - 1;
	return end;
}

static enum address_class classify_ipv4(const unsigned char a[4])
{
	if (a[0] == 127)
		return ADDRESS_LOOPBACK;
	if (a[0] == 10 || (a[0] == 172 && a[1] >> 4 == 1) || (a[0] == 192 && a[1] == 168) ||
	    (a[0] == 169 && a[1] == 254) || (a[0] == 100 && a[1] >> 6 == 1))
		return ADDRESS_PRIVATE;
	if ((a[0] == 192 && a[1] == 0 && a[2] == 2) || (a[0] == 198 && a[1] == 51 && a[2] == 100) ||
	    (a[0] == 203 && a[1] == 0 && a[2] == 113))
		return ADDRESS_DOCUMENTATION;
	return ADDRESS_PUBLIC;
}

/* Judge the run of digits and dots at `start`. */
static bool match_ipv4(const struct view *v, size_t start, struct address_match *match)
{
	static const unsigned char nobody[4];
	unsigned char octets[4];
	size_t end = start, first = start;

	while (end - start < RUN_MAX && is_dotted(at(v, end)))
		end++;
	while (first < end && v->text[first] == '.')
		first++;
	while (end > first && v->text[end - 1] == '.')
		end--;
	if (end - first < 7 || first - start == 1)
		return false;
	if (!parse_ipv4(v, first, end, octets)) {
		end = cut_fifth_number(v, first, end);
		if (!parse_ipv4(v, first, end, octets))
			return false;
	} else if (is_version_before(v, first, at(v, end) == ':' && is_digit(at(v, end + 1))) ||
		   is_version_after(v, end)) {
		return false;
	}
	if (!memcmp(octets, nobody, 4))
		return false;
	*match = (struct address_match){.start = first,
					.length = end - first,
					.family = AF_INET,
					.class = classify_ipv4(octets)};
	return true;
}

static enum address_class classify_ipv6(const struct in6_addr *a)
{
	const unsigned char *b = a->s6_addr;

	if (IN6_IS_ADDR_LOOPBACK(a))
		return ADDRESS_LOOPBACK;
	if (IN6_IS_ADDR_V4MAPPED(a))
		return classify_ipv4(b + 12);
	if ((b[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(a))
		return ADDRESS_PRIVATE;
	if ((b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) ||
	    (b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10))
		return ADDRESS_DOCUMENTATION;
	return ADDRESS_PUBLIC;
}

/* The text of a candidate, and where its parts are. */
struct candidate {
	char text[INET6_ADDRSTRLEN];
	size_t length, first; /* first: length of the first group */
	int groups; /* that are not empty */
	bool compressed, digits, two_wide; /* two_wide: each group has two digits */
};

static void describe(struct candidate *c)
{
	c->length = strlen(c->text);
	c->first = strcspn(c->text, ":");
	c->compressed = strstr(c->text, "::");
	c->digits = strpbrk(c->text, "0123456789");
	c->groups = 0;
	c->two_wide = true;
	for (const char *p = c->text; *p;) {
		size_t n = strcspn(p, ":");

		c->groups += n > 0;
		c->two_wide &= n == 2 || !n;
		p += n + (p[n] == ':');
	}
}

/* A text that inet_pton takes is no name, time or fingerprint. */
static bool is_plausible(const struct candidate *c, bool marked)
{
	const char *t = c->text, *second = t + c->first + 2;
	bool local = c->first == 4 && tolower(t[0]) == 'f' && tolower(t[1]) >= 'c';

	if (!c->compressed)
		return !c->two_wide;
	if (marked)
		return true;
	if (!c->first) /* "::1" but not "::add" */
		return is_digit(t[2]) || strpbrk(t + 2, ":.");
	if (!c->digits)
		return local && tolower(t[1]) <= 'd';
	if (c->groups == 2 && is_letter(t[0]) && is_letter(*second) &&
	    strstr(t, "::") == second - 2)
		return local && strcspn(t, "0123456789") < 4;
	return c->first > 2 || c->groups > 2 || t[0] == '0';
}

/* Judge v[start..end) as a whole. */
static bool judge_ipv6(const struct view *v, size_t start, size_t end, struct address_match *match,
		       bool *nobody)
{
	struct candidate c;
	struct in6_addr a;
	bool marked;

	if (end - start < 3 || end - start >= sizeof(c.text))
		return false;
	memcpy(c.text, v->text + start, end - start);
	c.text[end - start] = '\0';
	if (inet_pton(AF_INET6, c.text, &a) != 1)
		return false;
	describe(&c);
	marked = (at(v, start - 1) == '[' && at(v, end) == ']') || at(v, end) == '%' ||
		 (at(v, end) == '/' && is_digit(at(v, end + 1)));
	if (!is_plausible(&c, marked))
		return false;
	*nobody = IN6_IS_ADDR_UNSPECIFIED(&a) || (IN6_IS_ADDR_V4MAPPED(&a) && !a.s6_addr32[3]);
	*match = (struct address_match){.start = start,
					.length = end - start,
					.family = AF_INET6,
					.class = classify_ipv6(&a)};
	return true;
}

/*
 * Judge the run v[start..end) of hex digits, dots and colons: as it is, then
 * without a port, and each without a key before. `nobody` is set for ::.
 */
static bool match_ipv6(const struct view *v, size_t start, size_t end, struct address_match *match,
		       bool *nobody)
{
	const char *colon = memchr(v->text + start, ':', end - start);
	bool glued = is_word(at(v, start - 1)) && !is_escape(v, start);
	size_t starts[2] = {start, colon ? (size_t)(colon - v->text) + 1 : end}, last, dot;

	if (!colon || !memchr(colon + 1, ':', end - starts[1]))
		return false;
	while (v->text[end - 1] == '.')
		end--;
	if (v->text[end - 1] == ':' && v->text[end - 2] != ':')
		end--;
	else if (is_word(at(v, end)))
		return false;
	for (last = end; last > start && is_digit(v->text[last - 1]); last--)
		;
	dot = last > start && v->text[last - 1] == '.' ? last - 1 : end;
	last = last > start && v->text[last - 1] == ':' ? last - 1 : end;
	for (int i = glued; i < 2; i++)
		if (judge_ipv6(v, starts[i], end, match, nobody) ||
		    judge_ipv6(v, starts[i], last, match, nobody) ||
		    judge_ipv6(v, starts[i], dot, match, nobody))
			return true;
	return false;
}

bool address_find(const char *text, size_t length, size_t from, struct address_match *match)
{
	const struct view v = {text, length};

	for (size_t i = from; i < length; i++) {
		bool nobody = false;
		size_t end;

		if (!is_run(text[i]))
			continue;
		if (!is_run(at(&v, i - 1))) {
			for (end = i; end - i <= RUN_MAX && is_run(at(&v, end)); end++)
				;
			if (end - i <= RUN_MAX && match_ipv6(&v, i, end, match, &nobody)) {
				if (!nobody)
					return true;
				i = end;
				continue;
			}
		}
		if (is_dotted(text[i]) && !is_dotted(at(&v, i - 1)) && match_ipv4(&v, i, match))
			return true;
	}
	return false;
}

void address_mask(char *text, const struct address_match *match)
{
	for (size_t i = match->start; i < match->start + match->length; i++)
		if (is_hex(text[i]))
			text[i] = 'x';
}

const char *address_class_name(enum address_class class)
{
	static const char *const names[] = {"public", "private", "loopback", "documentation"};

	return names[class];
}
