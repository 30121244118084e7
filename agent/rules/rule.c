// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One rule: the table of kinds, parsing, canonical text. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rules/page_name.h"
#include "rules/rule.h"

/* RFC 9110, 5.6.2 */
#define TOKEN_CHARS                 \
	"!#$%&'*+-.^_`|~0123456789" \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SITE_CHARS "-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
/* RFC 3986, 3.3, and '%' for what is percent-encoded */
#define PATH_CHARS                      \
	"/:@!$&'()*+,;=-._~%0123456789" \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
/* of a query string's key, as it is written without percent-encoding */
#define KEY_CHARS                      \
	"!$'*-._~[]():,;@/?0123456789" \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct rule_info kinds[RULE_KINDS] = {
	[RULE_SITE] =
		{"site", NULL, "SITE", "count this site; with any such rule, no other",
		 "Only these sites are counted; of requests to others only the number is known.",
		 false, false},
	[RULE_PAGES] = {"pages", NULL, "redacted|listed",
			"count pages under their redacted path, or only pages that are listed",
			NULL, false, false},
	[RULE_PAGE] = {"page", NULL, "SITE|(any) PATH",
		       "count this page by name; '*' is one path segment",
		       "These pages are counted by name.", true, true},
	[RULE_BEACON] =
		{"beacon", NULL,
		 "PATH [site=KEY] [page=KEY] [x=KEY] [y=KEY] [width=KEY] [event=KEY] "
		 "[only=KEY:VALUE] [skip=KEY:VALUE] [preset=NAME]",
		 "requests to PATH are beacons with these query keys",
		 "Requests to these paths are beacons, which say what happened where on a page.",
		 false, false},
	[RULE_OPTOUT_HEADER] = {"optout", "header", "NAME[=VALUE]",
				"don't count requests with this header",
				"Requests with one of these headers are not counted.", true, false},
	[RULE_OPTOUT_COOKIE] = {"optout", "cookie", "NAME[=VALUE]",
				"don't count requests with this cookie",
				"Requests with one of these cookies are not counted.", true, false},
	[RULE_OPTOUT_QUERY] = {"optout", "query", "KEY[=VALUE]",
			       "don't count requests with this query parameter",
			       "Requests with one of these query parameters are not counted.", true,
			       false},
	[RULE_REQUIRE_COOKIE] = {"require", "cookie", "NAME[=VALUE]",
				 "opt-in: count only requests with this cookie",
				 "Only requests with all of these cookies are counted.", true,
				 false},
	[RULE_EXCLUDE_SITE] = {"exclude", "site", "SITE", "don't count this site",
			       "These sites are not counted.", true, false},
	[RULE_EXCLUDE_PAGE] = {"exclude", "page", "SITE|(any) PATH",
			       "don't count this page; '*' is one path segment",
			       "These pages are not counted.", true, false},
};

/* Fields that carry a visitor's address behind proxies: never compared, so never read. */
static const char *const address_headers[] = {
	"X-Forwarded-For",
	"Forwarded",
	"X-Real-IP",
	"X-Client-IP",
	"X-Cluster-Client-IP",
	"CF-Connecting-IP",
	"CF-Connecting-IPv6",
	"CF-Pseudo-IPv4",
	"True-Client-IP",
	"Fastly-Client-IP",
	"DO-Connecting-IP",
	"Fly-Client-IP",
	"X-Appengine-User-IP",
	"X-Original-Forwarded-For",
	"X-Azure-ClientIP",
	"X-NF-Client-Connection-IP",
	NULL,
};

/* Fields that the request parser reads itself. */
static const char *const parser_headers[] = {
	"Host",	      "Cookie",	 "Content-Length", "Transfer-Encoding",
	"Connection", "Upgrade", "Expect",	   NULL,
};

static const struct {
	const char *name;
	enum bc_key_role role;
} roles[] = {
	{"site", BC_ROLE_SITE}, {"page", BC_ROLE_PAGE},	  {"x", BC_ROLE_X},
	{"y", BC_ROLE_Y},	{"width", BC_ROLE_WIDTH}, {"event", BC_ROLE_EVENT},
	{"only", BC_ROLE_ONLY}, {"skip", BC_ROLE_SKIP},
};

#define ROLES (sizeof(roles) / sizeof(roles[0]))

const struct rule_info *rule_info(enum rule_kind kind)
{
	return &kinds[kind];
}

/* Appends `item` to a list that reads "a, b or c". */
static void list_append(char *list, size_t size, const char *item, bool last)
{
	size_t used = strlen(list);

	snprintf(list + used, size - used, "%s%s", !used ? "" : last ? " or " : ", ", item);
}

static int unknown_verb(const char *word, struct error *e)
{
	char list[160] = "";

	for (unsigned int i = 0; i < RULE_KINDS; i++)
		if (!i || strcmp(kinds[i].verb, kinds[i - 1].verb))
			list_append(list, sizeof(list), kinds[i].verb,
				    !strcmp(kinds[i].verb, kinds[RULE_KINDS - 1].verb));
	return error_set(e, EINVAL, "'%.64s': expected %s", word, list);
}

static int unknown_object(const char *verb, const char *word, struct error *e)
{
	char list[160] = "";

	for (unsigned int i = 0; i < RULE_KINDS; i++)
		if (!strcmp(kinds[i].verb, verb))
			list_append(list, sizeof(list), kinds[i].object,
				    i + 1 == RULE_KINDS || strcmp(kinds[i + 1].verb, verb));
	return error_set(e, EINVAL, "'%.64s' behind '%s': expected %s", word, verb, list);
}

static int find_kind(const struct words *words, struct error *e)
{
	const char *verb = words->word[0], *object = words->count > 1 ? words->word[1] : "";
	bool known = false;

	for (unsigned int i = 0; i < RULE_KINDS; i++) {
		if (strcmp(kinds[i].verb, verb))
			continue;
		if (!kinds[i].object || !strcmp(kinds[i].object, object))
			return (int)i;
		known = true;
	}
	return known ? unknown_object(verb, object, e) : unknown_verb(verb, e);
}

/* Copies a word of at most BC_WORD_MAX bytes, all of them out of `allowed`. */
static int take(char out[BC_WORD_MAX + 1], const char *word, size_t length, const char *allowed,
		const char *expected, struct error *e)
{
	if (length > BC_WORD_MAX)
		return error_set(e, EINVAL, "'%.64s…': expected at most %d bytes", word,
				 BC_WORD_MAX);
	if (!length || strspn(word, allowed) < length)
		return error_set(e, EINVAL, "'%.*s': expected %s", (int)length, word, expected);
	memcpy(out, word, length);
	out[length] = '\0';
	return 0;
}

/* Host names are case-insensitive: kept in lower case. */
static int take_site(struct rule *rule, const char *word, bool any, struct error *e)
{
	int err;

	if (any && !strcmp(word, RULE_ANY_SITE)) {
		strcpy(rule->name, RULE_ANY_SITE);
		return 0;
	}
	err = take(rule->name, word, strlen(word), SITE_CHARS,
		   any ? "a host name without port, a site id or (any)"
		       : "a host name without port, or a site id",
		   e);
	for (char *c = rule->name; !err && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return err;
}

/* Stars stand for whole segments, and there are at most BC_PATTERN_DEPTH of those. */
static int check_segments(const char *path, struct error *e)
{
	unsigned int depth = 0;

	for (const char *c = path; *c; c++) {
		if (*c == '/' && ++depth > BC_PATTERN_DEPTH)
			return error_set(e, EINVAL, "'%.64s': expected at most %d segments", path,
					 BC_PATTERN_DEPTH);
		if (*c == '*' && (c[-1] != '/' || (c[1] && c[1] != '/')))
			return error_set(e, EINVAL, "'%.64s': expected '*' as a whole segment",
					 path);
	}
	return 0;
}

static int take_path(struct rule *rule, const char *word, struct error *e)
{
	size_t length = strlen(word);

	if (length > BC_NAME_MAX)
		return error_set(e, EINVAL, "'%.64s…': expected at most %d bytes", word,
				 BC_NAME_MAX);
	if (*word != '/' || strspn(word, PATH_CHARS) < length)
		return error_set(e, EINVAL, "'%.120s': expected a path that begins with '/'", word);
	/* An exact page is looked up by its whole name, whatever its depth. */
	if (rule->kind != RULE_PAGE || strchr(word, '*')) {
		int err = check_segments(word, e);

		if (err)
			return err;
	}
	return pagename(word, rule->value, e);
}

static int parse_site(struct rule *rule, const char *const *word, struct error *e)
{
	return take_site(rule, word[0], false, e);
}

static int parse_pages(struct rule *rule, const char *const *word, struct error *e)
{
	if (strcmp(word[0], "redacted") && strcmp(word[0], "listed"))
		return error_set(e, EINVAL, "'%.64s': expected redacted or listed", word[0]);
	strcpy(rule->name, word[0]);
	return 0;
}

static int parse_page(struct rule *rule, const char *const *word, struct error *e)
{
	int err = take_site(rule, word[0], true, e);

	return err ? err : take_path(rule, word[1], e);
}

static bool listed_in(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcasecmp(*names, name))
			return true;
	return false;
}

/* Splits NAME[=VALUE]; the value's bytes are left to the caller to check. */
static int take_signal(struct rule *rule, const char *word, const char *allowed,
		       const char *expected, struct error *e)
{
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	int err = take(rule->name, word, length, allowed, expected, e);

	if (err)
		return err;
	rule->any_value = !equals;
	if (!equals)
		return 0;
	if (strlen(equals + 1) > BC_WORD_MAX)
		return error_set(e, EINVAL, "value of '%s': expected at most %d bytes", rule->name,
				 BC_WORD_MAX);
	strcpy(rule->value, equals + 1);
	return 0;
}

static int parse_header(struct rule *rule, const char *const *word, struct error *e)
{
	int err = take_signal(rule, word[0], TOKEN_CHARS, "a header's name", e);
	size_t length = strlen(rule->value);

	if (err)
		return err;
	if (listed_in(address_headers, rule->name))
		return error_set(e, EINVAL,
				 "'%s' carries visitors' addresses: expected another header",
				 rule->name);
	if (listed_in(parser_headers, rule->name))
		return error_set(
			e, EINVAL, "'%s' is part of HTTP itself: expected another header%s",
			rule->name, strcasecmp(rule->name, "Cookie") ? "" : ", or 'cookie NAME'");
	if (length && (isspace((unsigned char)rule->value[0]) ||
		       isspace((unsigned char)rule->value[length - 1])))
		return error_set(e, EINVAL,
				 "value of '%s': expected no blank at either end, since headers "
				 "are trimmed",
				 rule->name);
	return 0;
}

/* RFC 6265, 4.1.1: a cookie's name is a token; a value has no blank and none of ",;\ */
static int parse_cookie(struct rule *rule, const char *const *word, struct error *e)
{
	int err = take_signal(rule, word[0], TOKEN_CHARS, "a cookie's name", e);

	if (!err && strpbrk(rule->value, " \t,;\\"))
		return error_set(e, EINVAL,
				 "value of '%s': expected none of blank, ',', ';' and '\\'",
				 rule->name);
	return err;
}

/* Rules hold what the URL's escapes stand for; "%41" for "A" would never match. */
static bool has_escape(const char *text)
{
	while ((text = strchr(text, '%')) &&
	       !(isxdigit((unsigned char)text[1]) && isxdigit((unsigned char)text[2])))
		text++;
	return text != NULL;
}

static int parse_query(struct rule *rule, const char *const *word, struct error *e)
{
	if (has_escape(word[0]))
		return error_set(e, EINVAL, "'%.64s': expected decoded text, without escapes",
				 word[0]);
	return take_signal(rule, word[0], KEY_CHARS, "a key of the query string", e);
}

/* The value of KEY:VALUE, for only= and skip=. */
static int take_condition(struct rule_beacon_word *out, const char *word, const char *text,
			  struct error *e)
{
	const char *colon = strchr(text, ':');
	size_t length = colon ? strlen(colon + 1) : 0;

	if (!length)
		return error_set(e, EINVAL, "'%.64s': expected KEY:VALUE behind '='", word);
	if (length > BC_WORD_MAX || has_escape(colon + 1))
		return error_set(e, EINVAL,
				 "'%.64s': expected a value of at most %d bytes, decoded", word,
				 BC_WORD_MAX);
	strcpy(out->value, colon + 1);
	return 0;
}

static int unknown_role(const char *word, struct error *e)
{
	char list[160] = "", item[16];

	for (unsigned int i = 0; i < ROLES; i++) {
		snprintf(item, sizeof(item), "%s=", roles[i].name);
		list_append(list, sizeof(list), item, false);
	}
	return error_set(e, EINVAL, "'%.64s': expected %s or preset=", word, list);
}

/* One word ROLE=KEY or ROLE=KEY:VALUE. */
static int take_beacon_word(struct rule_beacon *beacon, const char *word, struct error *e)
{
	struct rule_beacon_word out = {0};
	const char *equals = strchr(word, '=');
	unsigned int i = 0;
	bool condition;
	int err = 0;

	while (i < ROLES && (!equals || strlen(roles[i].name) != (size_t)(equals - word) ||
			     strncmp(roles[i].name, word, (size_t)(equals - word))))
		i++;
	if (i == ROLES)
		return unknown_role(word, e);
	out.role = roles[i].role;
	condition = out.role & (BC_ROLE_ONLY | BC_ROLE_SKIP);
	for (unsigned int j = 0; !condition && j < beacon->count; j++)
		if (beacon->word[j].role == out.role)
			return error_set(e, EINVAL, "'%.64s': expected %s= once", word,
					 roles[i].name);
	if (condition)
		err = take_condition(&out, word, equals + 1, e);
	if (!err)
		err = take(out.key, equals + 1,
			   condition ? strcspn(equals + 1, ":") : strlen(equals + 1), KEY_CHARS,
			   "a key of the query string", e);
	if (!err)
		beacon->word[beacon->count++] = out;
	return err;
}

static int take_preset(struct rule_beacon *beacon, const char *name, struct error *e)
{
	const struct preset *preset = preset_find(name);
	char list[160] = "";

	if (preset && beacon->preset)
		return error_set(e, EINVAL, "'preset=%s': expected one preset", name);
	beacon->preset = preset;
	if (preset)
		return 0;
	for (unsigned int i = 0; preset_at(i); i++)
		list_append(list, sizeof(list), preset_at(i)->name, !preset_at(i + 1));
	return error_set(e, EINVAL, "'preset=%.64s': expected %s", name, list);
}

static int parse_beacon(struct rule *rule, const struct words *words, struct error *e)
{
	int err = take(rule->name, words->word[1], strlen(words->word[1]), PATH_CHARS, "a path", e);

	if (err)
		return err;
	if (rule->name[0] != '/')
		return error_set(e, EINVAL, "'%s': expected a path that begins with '/'",
				 rule->name);
	rule->beacon = calloc(1, sizeof(*rule->beacon));
	if (!rule->beacon)
		return error_set(e, ENOMEM, "no memory for a rule");
	for (unsigned int i = 2; !err && i < words->count; i++) {
		const char *word = words->word[i];

		if (!strncmp(word, "preset=", 7))
			err = take_preset(rule->beacon, word + 7, e);
		else
			err = take_beacon_word(rule->beacon, word, e);
	}
	if (err)
		rule_free(rule);
	return err;
}

static int check_count(const struct words *words, const struct rule_info *info, unsigned int first,
		       unsigned int arguments, struct error *e)
{
	const char *space = info->object ? " " : "", *object = info->object ? info->object : "";

	if (words->count < first + arguments)
		return error_set(e, EINVAL, "'%s%s%s': expected %s behind it", info->verb, space,
				 object, info->arguments);
	if (words->count > first + arguments)
		return error_set(e, EINVAL, "'%.64s': expected the end of the line",
				 words->word[first + arguments]);
	return 0;
}

static int (*const parse[RULE_KINDS])(struct rule *, const char *const *, struct error *) = {
	[RULE_SITE] = parse_site,
	[RULE_PAGES] = parse_pages,
	[RULE_PAGE] = parse_page,
	[RULE_OPTOUT_HEADER] = parse_header,
	[RULE_OPTOUT_COOKIE] = parse_cookie,
	[RULE_OPTOUT_QUERY] = parse_query,
	[RULE_REQUIRE_COOKIE] = parse_cookie,
	[RULE_EXCLUDE_SITE] = parse_site,
	[RULE_EXCLUDE_PAGE] = parse_page,
};

int rule_parse(struct rule *rule, const char *line, size_t length, struct error *e)
{
	struct rule out = {0};
	struct words words;
	unsigned int first, arguments;
	int err = words_split(&words, line, length, e);

	if (err || !words.count)
		return err;
	err = find_kind(&words, e);
	if (err < 0)
		return err;
	out.kind = (enum rule_kind)err;
	first = kinds[out.kind].object ? 2 : 1;
	arguments = out.kind == RULE_PAGE || out.kind == RULE_EXCLUDE_PAGE ? 2 : 1;
	if (out.kind == RULE_BEACON)
		arguments = words.count > first ? words.count - first : 1;
	err = check_count(&words, &kinds[out.kind], first, arguments, e);
	if (err)
		return err;
	if (out.kind == RULE_BEACON)
		err = parse_beacon(&out, &words, e);
	else
		err = parse[out.kind](&out, words.word + first, e);
	if (err)
		return err;
	*rule = out;
	return 1;
}

void rule_free(struct rule *rule)
{
	free(rule->beacon);
	rule->beacon = NULL;
}

int rule_copy(struct rule *to, const struct rule *from)
{
	struct rule_beacon *beacon = NULL;

	if (from->beacon) {
		beacon = malloc(sizeof(*beacon));
		if (!beacon)
			return -ENOMEM;
		*beacon = *from->beacon;
	}
	*to = *from;
	to->beacon = beacon;
	return 0;
}

static bool beacon_equal(const struct rule_beacon *a, const struct rule_beacon *b)
{
	if (a->preset != b->preset || a->count != b->count)
		return false;
	for (unsigned int i = 0; i < a->count; i++)
		if (a->word[i].role != b->word[i].role || strcmp(a->word[i].key, b->word[i].key) ||
		    strcmp(a->word[i].value, b->word[i].value))
			return false;
	return true;
}

bool rule_equal(const struct rule *a, const struct rule *b)
{
	if (a->kind != b->kind || a->any_value != b->any_value || strcmp(a->value, b->value))
		return false;
	if (a->kind == RULE_OPTOUT_HEADER)
		return !strcasecmp(a->name, b->name);
	if (strcmp(a->name, b->name))
		return false;
	return a->kind != RULE_BEACON || beacon_equal(a->beacon, b->beacon);
}

static void beacon_text(const struct rule_beacon *beacon, char text[RULE_TEXT_MAX])
{
	char word[2 * BC_WORD_MAX + 16];

	if (beacon->preset) {
		snprintf(word, sizeof(word), "preset=%s", beacon->preset->name);
		words_append(text, RULE_TEXT_MAX, word);
	}
	for (unsigned int i = 0; i < beacon->count; i++) {
		const struct rule_beacon_word *w = &beacon->word[i];
		unsigned int r = 0;

		while (roles[r].role != w->role)
			r++;
		snprintf(word, sizeof(word), "%s=%s%s%s", roles[r].name, w->key,
			 w->value[0] ? ":" : "", w->value);
		words_append(text, RULE_TEXT_MAX, word);
	}
}

void rule_text(const struct rule *rule, char text[RULE_TEXT_MAX])
{
	const struct rule_info *info = &kinds[rule->kind];
	char word[BC_WORD_MAX + BC_NAME_MAX + 2];

	snprintf(text, RULE_TEXT_MAX, "%s", info->verb);
	if (info->object)
		words_append(text, RULE_TEXT_MAX, info->object);
	switch (rule->kind) {
	case RULE_OPTOUT_HEADER:
	case RULE_OPTOUT_COOKIE:
	case RULE_OPTOUT_QUERY:
	case RULE_REQUIRE_COOKIE:
		snprintf(word, sizeof(word), "%s%s%s", rule->name, rule->any_value ? "" : "=",
			 rule->value);
		words_append(text, RULE_TEXT_MAX, word);
		return;
	default:
		words_append(text, RULE_TEXT_MAX, rule->name);
	}
	if (rule->kind == RULE_PAGE || rule->kind == RULE_EXCLUDE_PAGE)
		words_append(text, RULE_TEXT_MAX, rule->value);
	if (rule->kind == RULE_BEACON)
		beacon_text(rule->beacon, text);
}

bool rule_is_prefix(const struct rule *rule)
{
	return rule->kind == RULE_OPTOUT_HEADER && rule->value[0] && !strcasecmp(rule->name, "DNT");
}

int rule_beacon_expand(const struct rule *rule, struct rule_beacon *out, struct error *e)
{
	struct rule_beacon of_preset = {0}, all = *rule->beacon;
	struct words words;
	int err;

	if (all.preset) {
		err = words_split(&words, all.preset->words, strlen(all.preset->words), e);
		for (unsigned int i = 0; !err && i < words.count; i++)
			err = take_beacon_word(&of_preset, words.word[i], e);
		if (err)
			return err;
	}
	for (unsigned int i = 0; i < of_preset.count; i++) {
		bool given = false;

		for (unsigned int j = 0; j < rule->beacon->count; j++)
			given |= rule->beacon->word[j].role == of_preset.word[i].role;
		if (given && !(of_preset.word[i].role & (BC_ROLE_ONLY | BC_ROLE_SKIP)))
			continue;
		if (all.count == RULE_BEACON_WORDS)
			return error_set(e, EINVAL, "beacon '%s': expected at most %d words",
					 rule->name, RULE_BEACON_WORDS);
		all.word[all.count++] = of_preset.word[i];
	}
	*out = all;
	return 0;
}

int rule_may(const struct rule *rule, enum rule_change change, bool root, struct error *e)
{
	const struct rule_info *info = &kinds[rule->kind];
	bool member = change == RULE_ADD ? info->member_adds : info->member_removes;

	if (change == RULE_REMOVE && !(rule->origins & RULE_SOCKET))
		return error_set(
			e, EPERM,
			rule->origins & RULE_FILE
				? "the rules file says so: change it there, then send SIGHUP"
				: "the rule is built in and stays");
	if (root || member)
		return 0;
	return error_set(e, EPERM, "only root may %s '%s%s%s'",
			 change == RULE_ADD ? "add" : "remove", info->verb, info->object ? " " : "",
			 info->object ? info->object : "");
}

void rule_help(FILE *out)
{
	for (unsigned int i = 0; i < RULE_KINDS; i++)
		fprintf(out, "  %s%s%s %s\n        %s\n", kinds[i].verb, kinds[i].object ? " " : "",
			kinds[i].object ? kinds[i].object : "", kinds[i].arguments, kinds[i].help);
}
