// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What is collected, kept and honoured, from the rules and options in force. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "report/document.h"
#include "base/json.h"
#include "report/notice.h"

static bool has_rule(const struct rules *rules, enum rule_kind kind)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->list[i].kind == kind && rules_in_force(rules, &rules->list[i]))
			return true;
	return false;
}

static bool pages_listed(const struct rules *rules)
{
	return rules_name(rules, RULE_PAGES, "listed");
}

/* A rule as an item of the list that its kind's prose opens. */
static void say_rule(struct document *d, const struct rule *rule)
{
	char text[RULE_TEXT_MAX];

	switch (rule->kind) {
	case RULE_PAGE:
	case RULE_EXCLUDE_PAGE:
		document_item(d, "%s of %s", rule->value,
			      strcmp(rule->name, RULE_ANY_SITE) ? rule->name : "any site");
		return;
	case RULE_BEACON:
		rule_text(rule, text);
		document_item(d, "%s", text + strlen("beacon "));
		return;
	case RULE_OPTOUT_HEADER:
	case RULE_OPTOUT_COOKIE:
	case RULE_OPTOUT_QUERY:
	case RULE_REQUIRE_COOKIE:
		if (rule->any_value)
			document_item(d, "%s, whatever its value", rule->name);
		else
			document_item(d, "%s with %s \"%s\"", rule->name,
				      rule_is_prefix(rule) ? "a value that begins with"
							   : "the value",
				      rule->value);
		return;
	default:
		document_item(d, "%s", rule->name);
	}
}

/* The kind's prose and its rules, if there are any. */
static void say_rules(struct document *d, const struct rules *rules, enum rule_kind kind)
{
	if (!has_rule(rules, kind))
		return;
	document_say(d, "%s", rule_info(kind)->prose);
	for (size_t i = 0; i < rules->count; i++)
		if (rules->list[i].kind == kind && rules_in_force(rules, &rules->list[i]))
			say_rule(d, &rules->list[i]);
}

static void say_counted(struct document *d, const struct rules *rules)
{
	document_section(d, "counted", "What is counted");
	document_say(d, "Requests are counted by day, site, page, kind of event (click, move, "
			"scroll, convert, view, request or other), kind of device by the page's "
			"width (phone, tablet, desktop or unknown) and, where a request says where "
			"on the page something happened, cell of a grid of 64 columns and rows of "
			"16 pixels. Nothing finer than the day is kept of the time.");
	document_say(d, "What is stored are sums. No identifier is given to a visitor, a visit or "
			"a device.");
	if (!has_rule(rules, RULE_SITE))
		document_say(d, "All sites that reach the counted ports are counted as one; their "
				"names are not stored.");
	say_rules(d, rules, RULE_SITE);
	say_rules(d, rules, RULE_BEACON);
	say_rules(d, rules, RULE_EXCLUDE_SITE);
	say_rules(d, rules, RULE_EXCLUDE_PAGE);
}

static void say_pages(struct document *d, const struct rules *rules)
{
	document_section(d, "pages", "How pages are named");
	if (!pages_listed(rules))
		document_say(d, "A page is counted under its path, without query and fragment, in "
				"which parts that look like identifiers (numbers, tokens, mail and "
				"network addresses) are replaced by \":id\". Such a name is "
				"visitor's text with recognisable identifiers removed, and might "
				"still name someone.");
	else if (has_rule(rules, RULE_SITE))
		document_say(d, "Only pages that are listed here are counted by name, all others "
				"together as \"(unlisted)\". No visitor's text is stored at all.");
	else
		document_say(d, "Only pages that are listed here are counted by name, all others "
				"together as \"(unlisted)\".");
	say_rules(d, rules, RULE_PAGE);
}

static void say_kept(struct document *d, const struct notice_options *options)
{
	document_section(d, "kept", "What is kept, and for how long");
	document_say(d,
		     "Counts are held in the kernel's memory and added to the day's file every "
		     "%u seconds.",
		     options->flush_seconds);
	if (options->min_count > 1)
		document_say(d,
			     "Minimum count: a page's counts of one kind of event are written "
			     "only once there are %u of them in the day; until then they stay in "
			     "memory, and at the day's end they are added up with others as "
			     "\"(rare)\". This counts requests, not people: one person can reach "
			     "it.",
			     options->min_count);
	else
		document_say(d, "There is no minimum count: a page that was requested once in a "
				"day is written as such.");
	if (options->retain_days)
		document_say(d, "The files are deleted after %u days.", options->retain_days);
	else
		document_say(d, "The files are kept without limit.");
	document_say(d,
		     "A page or a site can be forgotten at any time: its counts are then removed "
		     "from the kernel, from memory and from every file that blindcount manages. "
		     "Backups, reports and exports made earlier are not reached.");
}

static void say_honoured(struct document *d, const struct rules *rules)
{
	document_section(d, "honoured", "What keeps a visitor from being counted");
	document_say(d, "Each request is checked in the kernel, before anything is counted. These "
			"signals win over everything else; a request for which they can't be "
			"decided is counted on no page. Of requests that opted out only their "
			"number is known, one figure for all sites, pages and days.");
	say_rules(d, rules, RULE_OPTOUT_HEADER);
	say_rules(d, rules, RULE_OPTOUT_COOKIE);
	say_rules(d, rules, RULE_OPTOUT_QUERY);
	say_rules(d, rules, RULE_REQUIRE_COOKIE);
}

static void say_not_read(struct document *d)
{
	document_section(d, "not-read", "What is never read");
	document_say(d,
		     "The counting program never loads a source address, a source port or "
		     "anything computed from them, such as a connection's hash, the TCP checksum "
		     "or the acknowledgement number. This is proved by machine on the program "
		     "itself (blindcount verify).");
	document_say(d, "Addresses that proxies put into requests (X-Forwarded-For, Forwarded and "
			"the like) reach no map, file or log: this is tested, not proved. Header "
			"values that no rule names are skipped, not stored and not hashed.");
	document_say(d,
		     "The host's administrator, the server that ends TLS and the application "
		     "itself still see addresses; what they do with them is not described here.");
}

static void say_basis(struct document *d)
{
	document_section(d, "criteria", "Criteria");
	document_say(d, "Counting is modelled on the criteria of the French CNIL for audience "
			"measurement. This is a self-assessment, not a certification.");
}

/* What a data protection officer should look at; returns how many there are. */
static unsigned int warnings(const struct notice_options *options, const char *texts[2])
{
	unsigned int count = 0;

	if (options->min_count <= 1)
		texts[count++] = "The minimum count is 1: what a single person did can be seen.";
	if (!options->retain_days || options->retain_days > NOTICE_RETAIN_MAX)
		texts[count++] = "Counts are kept for more than 25 months.";
	return count;
}

static void say_warnings(struct document *d, const struct notice_options *options)
{
	const char *texts[2];
	unsigned int count = warnings(options, texts);

	if (!count)
		return;
	document_section(d, "warnings", "Warnings");
	document_say(d, "These settings should be looked at again:");
	for (unsigned int i = 0; i < count; i++)
		document_item(d, "%s", texts[i]);
}

static void json_strings(FILE *out, const char *const *texts, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		fputs(i ? ",\n " : "\n ", out);
		json_string(out, texts[i]);
	}
}

/* The fields of a record of processing, ahead of the prose. */
static void json_fields(FILE *out, const struct rules *rules, const struct notice_options *options)
{
	char text[RULE_TEXT_MAX];
	const char *texts[2], *line = text;
	bool first = true;

	fputs("\"warnings\":[", out);
	json_strings(out, texts, warnings(options, texts));
	fprintf(out,
		"],\n\"settings\":{\"min_count\":%u,\"retain_days\":%u,\"flush_seconds\":%u,"
		"\"pages\":\"%s\"},\n\"rules\":[",
		options->min_count, options->retain_days, options->flush_seconds,
		pages_listed(rules) ? "listed" : "redacted");
	for (size_t i = 0; i < rules->count; i++) {
		if (!rules_in_force(rules, &rules->list[i]))
			continue;
		rule_text(&rules->list[i], text);
		if (!first)
			fputc(',', out);
		json_strings(out, &line, 1);
		first = false;
	}
	fputs("],\n", out);
}

int notice_write(FILE *out, const struct rules *rules, const struct notice_options *options,
		 enum notice_format format)
{
	static const struct document_format *const formats[] = {
		[NOTICE_TEXT] = &document_text,
		[NOTICE_HTML] = &document_html,
		[NOTICE_JSON] = &document_json,
	};
	struct document d;

	if (format == NOTICE_JSON) {
		fputs("{", out);
		json_fields(out, rules, options);
	}
	document_begin(&d, out, formats[format], "Counting of page use");
	say_warnings(&d, options);
	say_counted(&d, rules);
	say_pages(&d, rules);
	say_kept(&d, options);
	say_honoured(&d, rules);
	say_not_read(&d);
	say_basis(&d);
	document_end(&d);
	if (format == NOTICE_JSON)
		fputs("}\n", out);
	return fflush(out) || ferror(out) ? -EIO : 0;
}

int notice_write_gpc(FILE *out, const struct rules *rules, const char *date)
{
	bool honoured = false;

	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->list[i];

		if (rule->kind == RULE_OPTOUT_HEADER && !strcasecmp(rule->name, "Sec-GPC") &&
		    (rule->any_value || !strcmp(rule->value, "1")))
			honoured = true;
	}
	fprintf(out, "{\"gpc\": %s, \"lastUpdate\": \"%s\"}\n", honoured ? "true" : "false", date);
	return fflush(out) || ferror(out) ? -EIO : 0;
}

static const struct {
	const char *name;
	size_t offset;
} option_names[] = {
	{"min-count", offsetof(struct notice_options, min_count)},
	{"retain", offsetof(struct notice_options, retain_days)},
	{"flush", offsetof(struct notice_options, flush_seconds)},
};

#define OPTIONS (sizeof(option_names) / sizeof(option_names[0]))

static unsigned int *option_at(struct notice_options *options, size_t i)
{
	return (unsigned int *)((char *)options + option_names[i].offset);
}

void notice_write_options(FILE *out, const struct notice_options *options)
{
	struct notice_options copy = *options;

	for (size_t i = 0; i < OPTIONS; i++)
		fprintf(out, "%s %u\n", option_names[i].name, *option_at(&copy, i));
}

int notice_read_option(struct notice_options *options, const char *line, struct error *e)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		size_t length = strlen(option_names[i].name);
		unsigned long value;
		char *end;

		if (strncmp(line, option_names[i].name, length) || line[length] != ' ')
			continue;
		errno = 0;
		value = strtoul(line + length + 1, &end, 10);
		if (line[length + 1] < '0' || line[length + 1] > '9' || *end || errno ||
		    value > UINT_MAX)
			return error_set(e, EINVAL, "option '%s': expected a number",
					 option_names[i].name);
		*option_at(options, i) = (unsigned int)value;
		return 0;
	}
	return 0;
}
