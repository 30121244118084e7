// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The list of rules: what is in force, and what fits with what. Memory is wiped
 * before it is given back, since rules name pages that may have to be forgotten.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/rules.h"

static const char builtin[] = "pages redacted\n"
			      "beacon /hm site=s page=p x=x y=y width=w event=e\n"
			      "optout header DNT=1\n"
			      "optout header Sec-GPC=1\n"
			      "optout cookie blindcount_optout\n";

static void free_list(struct rule *list, size_t capacity)
{
	if (list)
		explicit_bzero(list, capacity * sizeof(*list));
	free(list);
}

void rules_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		rule_free(&rules->list[i]);
	free_list(rules->list, rules->capacity);
	*rules = (struct rules){0};
}

static int grow(struct rules *rules, struct error *e)
{
	size_t capacity = rules->capacity ? 2 * rules->capacity : 16;
	struct rule *list = calloc(capacity, sizeof(*list));

	if (!list)
		return error_set(e, ENOMEM, "no memory for %zu rules", capacity);
	if (rules->count)
		memcpy(list, rules->list, rules->count * sizeof(*list));
	free_list(rules->list, rules->capacity);
	rules->list = list;
	rules->capacity = capacity;
	return 0;
}

/* Takes over the rule, also on failure. */
static int append(struct rules *rules, struct rule *rule, struct error *e)
{
	int err = 0;

	if (rules->count == RULES_MAX)
		err = error_set(e, ENOSPC, "expected at most %d rules", RULES_MAX);
	else if (rules->count == rules->capacity)
		err = grow(rules, e);
	if (err) {
		rule_free(rule);
		return err;
	}
	rules->list[rules->count++] = *rule;
	return 0;
}

/* Among the first `count` rules. */
static struct rule *find(const struct rules *rules, size_t count, const struct rule *rule)
{
	for (size_t i = 0; i < count; i++)
		if (rule_equal(&rules->list[i], rule))
			return &rules->list[i];
	return NULL;
}

int rules_append(struct rules *rules, const struct rules *from, unsigned int origins,
		 struct error *e)
{
	size_t before = rules->count; /* `from` has no doubles in itself */

	for (size_t i = 0; i < from->count; i++) {
		struct rule copy, *there;
		int err;

		if (!(from->list[i].origins & origins))
			continue;
		there = find(rules, before, &from->list[i]);
		if (there) {
			there->origins |= from->list[i].origins & origins;
			continue;
		}
		if (rule_copy(&copy, &from->list[i]))
			return error_set(e, ENOMEM, "no memory for a rule");
		copy.origins &= origins;
		err = append(rules, &copy, e);
		if (err)
			return err;
	}
	return 0;
}

const struct rule *rules_find(const struct rules *rules, const struct rule *rule)
{
	return find(rules, rules->count, rule);
}

bool rules_name(const struct rules *rules, enum rule_kind kind, const char *name)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->list[i].kind == kind && !strcmp(rules->list[i].name, name))
			return true;
	return false;
}

/* The floor that a rule stands on: what is higher can't be overridden by what is lower. */
static int rank(const struct rule *rule)
{
	return rule->origins & RULE_FILE ? 2 : rule->origins & RULE_SOCKET ? 1 : 0;
}

bool rules_in_force(const struct rules *rules, const struct rule *rule)
{
	switch (rule->kind) {
	case RULE_PAGES:
		return !strcmp(rule->name, "listed") || !rules_name(rules, RULE_PAGES, "listed");
	case RULE_PAGE:
		return !strcmp(rule->name, RULE_ANY_SITE) ||
		       rules_name(rules, RULE_SITE, rule->name);
	case RULE_BEACON:
		for (size_t i = 0; i < rules->count; i++) {
			const struct rule *other = &rules->list[i];

			if (other->kind == RULE_BEACON && !strcmp(other->name, rule->name) &&
			    rank(other) > rank(rule))
				return false;
		}
		return true;
	default:
		return true;
	}
}

/* Can both be in one list? `rule` comes from `origin`. */
static int check_pair(const struct rule *rule, const struct rule *other, enum rule_origin origin,
		      struct error *e)
{
	if (rule->kind != other->kind || rule_equal(rule, other))
		return 0;
	if (rule->kind == RULE_PAGES && other->origins & origin)
		return error_set(e, EEXIST, "'pages %s': 'pages %s' is there", rule->name,
				 other->name);
	if (rule->kind == RULE_PAGES && other->origins & RULE_FILE &&
	    !strcmp(other->name, "listed"))
		return error_set(e, EEXIST, "'pages %s': the rules file says 'pages listed'",
				 rule->name);
	if (strcmp(rule->name, other->name))
		return 0;
	if (rule->kind == RULE_BEACON &&
	    (other->origins & origin || (origin == RULE_SOCKET && other->origins & RULE_FILE)))
		return error_set(e, EEXIST, "beacon '%s': another rule for this path is there",
				 rule->name);
	if (rule->kind == RULE_REQUIRE_COOKIE && !rule->any_value && !other->any_value &&
	    origin != RULE_BUILTIN)
		return error_set(e, EEXIST,
				 "require cookie '%s': another value is required already",
				 rule->name);
	return 0;
}

/* A page's name, in what is stored: only of a site that the operator or app listed. */
static int check_page(const struct rules *rules, const struct rule *rule, struct error *e)
{
	if (rule->kind != RULE_PAGE || rules_in_force(rules, rule))
		return 0;
	return error_set(e, EINVAL, "'%s': expected a site that a 'site' rule names, or (any)",
			 rule->name);
}

static int check(const struct rules *rules, const struct rule *rule, enum rule_origin origin,
		 struct error *e)
{
	for (size_t i = 0; i < rules->count; i++) {
		int err = check_pair(rule, &rules->list[i], origin, e);

		if (err)
			return err;
	}
	return check_page(rules, rule, e);
}

/* Parses text into an empty list; the caller frees it, also on failure. */
static int parse_text(struct rules *rules, const char *text, size_t length, enum rule_origin origin,
		      struct error *e)
{
	const char *end = text + length;

	for (unsigned int line = 1; text < end; line++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		struct rule rule;
		int err = rule_parse(&rule, text, (size_t)(stop - text), e);

		if (err < 0)
			return error_set(e, -err, "line %u", line);
		text = newline ? newline + 1 : end;
		if (!err)
			continue;
		rule.line = line;
		rule.origins = origin;
		if (rules_find(rules, &rule)) {
			rule_free(&rule);
			continue;
		}
		err = append(rules, &rule, e);
		if (err)
			return error_set(e, -err, "line %u", line);
	}
	return 0;
}

int rules_add_builtin(struct rules *rules, struct error *e)
{
	struct rules parsed = {0};
	int err = parse_text(&parsed, builtin, sizeof(builtin) - 1, RULE_BUILTIN, e);

	for (size_t i = 0; i < parsed.count; i++)
		parsed.list[i].line = 0;
	if (!err)
		err = rules_append(rules, &parsed, RULE_BUILTIN, e);
	rules_free(&parsed);
	return err;
}

int rules_read(struct rules *rules, const char *text, size_t length, struct error *e)
{
	struct rules parsed = {0}, all = {0};
	int err = parse_text(&parsed, text, length, RULE_FILE, e);

	if (!err)
		err = rules_append(&all, rules, RULE_ANYWHERE, e);
	if (!err)
		err = rules_append(&all, &parsed, RULE_FILE, e);
	for (size_t i = 0; !err && i < parsed.count; i++) {
		err = check(&all, &parsed.list[i], RULE_FILE, e);
		if (err)
			error_set(e, -err, "line %u", parsed.list[i].line);
	}
	rules_free(&parsed);
	if (err) {
		rules_free(&all);
		return err;
	}
	rules_free(rules);
	*rules = all;
	return 0;
}

/* Reads at most `size` bytes; returns how many, or a negative errno. */
static ssize_t read_file(int fd, char *buffer, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, buffer + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

int rules_load(struct rules *rules, const char *path, struct error *e)
{
	char *text = NULL;
	ssize_t length = 0;
	struct stat st;
	int err = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return error_set(e, errno, "rules file '%.200s': %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		err = error_set(e, EINVAL, "expected a regular file");
	else if (st.st_mode & S_IWOTH)
		err = error_set(e, EPERM, "anyone may write to it: take that away (chmod o-w)");
	if (!err)
		text = malloc(RULES_FILE_MAX + 1);
	if (!err && !text)
		err = error_set(e, ENOMEM, "no memory to read it");
	if (!err)
		length = read_file(fd, text, RULES_FILE_MAX + 1);
	if (!err && length < 0)
		err = error_set(e, (int)-length, "%s", strerror((int)-length));
	if (!err && length > RULES_FILE_MAX)
		err = error_set(e, EFBIG, "expected at most %d bytes", RULES_FILE_MAX);
	if (!err)
		err = rules_read(rules, text, (size_t)length, e);
	free(text);
	close(fd);
	return err ? error_set(e, -err, "rules file '%.160s'", path) : 0;
}

int rules_restore(struct rules *rules, struct rule *rule, struct error *e)
{
	struct rule *there = find(rules, rules->count, rule);

	if (there) {
		there->origins |= RULE_SOCKET;
		rule_free(rule);
		return 0;
	}
	rule->origins = RULE_SOCKET;
	rule->line = 0;
	return append(rules, rule, e);
}

int rules_add(struct rules *rules, const struct rule *rule, struct error *e)
{
	const struct rule *there = rules_find(rules, rule);
	struct rule copy;
	int err;

	if (there && there->origins & RULE_SOCKET)
		return 0;
	err = check(rules, rule, RULE_SOCKET, e);
	if (err)
		return err;
	if (rule_copy(&copy, rule))
		return error_set(e, ENOMEM, "no memory for a rule");
	err = rules_restore(rules, &copy, e);
	return err ? err : 1;
}

int rules_remove(struct rules *rules, const struct rule *rule, struct error *e)
{
	struct rule *there = find(rules, rules->count, rule);

	if (!there || !(there->origins & RULE_SOCKET))
		return error_set(e, ENOENT, "no such rule came by the socket: 'rules' lists them");
	there->origins &= ~RULE_SOCKET;
	if (there->origins)
		return 0;
	rule_free(there);
	rules->count--;
	memmove(there, there + 1, (size_t)(rules->list + rules->count - there) * sizeof(*there));
	explicit_bzero(&rules->list[rules->count], sizeof(*there));
	return 0;
}

void rules_write(FILE *out, const struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->list[i];
		bool in_force = rules_in_force(rules, rule);
		char text[RULE_TEXT_MAX], origin[64];

		rule_text(rule, text);
		snprintf(origin, sizeof(origin), "  #%s%s%s%s",
			 rule->origins & RULE_BUILTIN ? " built-in" : "",
			 rule->origins & RULE_FILE ? " file" : "",
			 rule->origins & RULE_SOCKET ? " socket" : "",
			 in_force ? "" : " (not in force)");
		/* A rule that nearly fills a line leaves no room for its comment. */
		if (strlen(text) + strlen(origin) > WORDS_LINE_MAX)
			origin[0] = '\0';
		fprintf(out, "%s%s%s\n", in_force ? "" : "# ", text, origin);
	}
}
