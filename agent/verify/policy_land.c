// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What fields of maps may hold of payload, by the struct that they are members of, so that
 * a rule holds wherever a struct is kept: on the workplace, with the socket, as a key.
 * `max` of a number is what loads are taken to yield again.
 */
#include <stdint.h>
#include <string.h>

#include "policy.h"

static const struct land_rule rules[] = {
	/* The workplace (a per-CPU map), wiped when the program returns. */
	{"scratch", "bc_scratch", "text", LAND_WINDOW, 0, "payload (window, wiped after use)"},
	{"scratch", "bc_scratch", "at", LAND_NUMBER, UINT32_MAX, "parser progress: a position"},
	{"scratch", "bc_scratch", "noted", LAND_CHOSEN, 0, "parser progress: a position"},
	{"scratch", "bc_scratch", "end", LAND_NUMBER, UINT32_MAX, "parser progress: a position"},
	{"scratch", "bc_patterns", "fit", LAND_CHOSEN, 0, "parser progress: patterns that fit"},
	{"scratch", "bc_patterns", "depth", LAND_CHOSEN, 0, "parser progress: a position"},
	{"scratch", "bc_patterns", "at", LAND_CHOSEN, 0, "parser progress: a position"},
	{"scratch", "bc_patterns", "hash", LAND_TEXT, 0, "hash of a redacted name's segment"},

	/* The parser's state, on the workplace and with the socket. */
	{NULL, "bc_match", "fit", LAND_CHOSEN, 0, "parser progress: words of rules that fit"},
	{NULL, "bc_http", "word", LAND_TEXT, 0, "payload text (a number or word being read)"},
	{NULL, "bc_http", "facts", LAND_CHOSEN, 0, "what was seen of a request"},
	{NULL, "bc_http", "state", LAND_NUMBER, 0x3f, "parser progress: its state"},
	{NULL, "bc_http", "site", LAND_CHOSEN, 0, "a site's number"},
	{NULL, "bc_http", "beacon", LAND_CHOSEN, 0, "a beacon rule's number"},
	{NULL, "bc_http", "key", LAND_CHOSEN, 0, "a key's number among the rules' words"},
	{NULL, "bc_http", "role", LAND_CHOSEN, 0, "what rules say of a key"},
	{NULL, "bc_http", "event", LAND_CHOSEN, 0, "an event's number"},
	{NULL, "bc_http", "cookies", LAND_CHOSEN, 0, "words of the rules that were seen"},
	{NULL, "bc_http", "only", LAND_CHOSEN, 0, "words of the rules that were seen"},
	{NULL, "bc_http", "hit", LAND_CHOSEN, 0, "words of the rules that were seen"},
	{NULL, "bc_http", "want", LAND_CHOSEN, 0, "words of the rules that may follow"},
	{NULL, "bc_http", "head", LAND_NUMBER, 0xffff, "length of a head"},
	{NULL, "bc_http", "x", LAND_NUMBER, UINT32_MAX, "a coordinate being read"},
	{NULL, "bc_http", "y", LAND_NUMBER, UINT32_MAX, "a coordinate being read"},
	{NULL, "bc_http", "width", LAND_NUMBER, UINT32_MAX, "a width being read"},
	{NULL, "bc_http", "length", LAND_NUMBER, UINT64_MAX, "bytes left of a body"},
	{NULL, "bc_http", "escape", LAND_NUMBER, 0xff, "parser progress: half of an escape"},
	{NULL, "bc_redact", "escape", LAND_NUMBER, 0xff, "parser progress: half of an escape"},
	{NULL, "bc_redact", "half", LAND_NUMBER, 0xff, "parser progress: half of an escape"},
	{NULL, "bc_redact_run", "changes", LAND_NUMBER, 0xffff, "parser progress: a count"},
	{NULL, "bc_redact_run", "length", LAND_NUMBER, 0xffff, "parser progress: a length"},
	{NULL, "bc_redact", "at", LAND_NUMBER, 0xff, "parser progress: a position"},
	{NULL, "bc_redact_run", "number", LAND_NUMBER, 0xffff, "parser progress: a number's value"},
	{NULL, "bc_redact_run", "kinds", LAND_CHOSEN, 0, "parser progress: kinds of bytes"},
	{NULL, "bc_redact_run", "in_number", LAND_CHOSEN, 0, "parser progress: kinds of bytes"},
	{NULL, "bc_redact", "from", LAND_NUMBER, 0xff, "parser progress: a position"},
	{NULL, "bc_redact", "starts", LAND_NUMBER, UINT64_MAX, "parser progress: positions"},
	{NULL, "bc_redact_segment", "digits", LAND_NUMBER, 0xffff, "parser progress: a count"},
	{NULL, "bc_redact_segment", "joint", LAND_NUMBER, 0xff, "parser progress: a separator"},

	/* Of segments that are read before their turn. */
	{NULL, "bc_sum", "facts", LAND_CHOSEN, 0, "what was seen of a request"},
	{NULL, "bc_sum", "cookies", LAND_CHOSEN, 0, "words of the rules that were seen"},
	{NULL, "bc_sum", "length", LAND_NUMBER, UINT32_MAX, "bytes of a body"},
	{NULL, "bc_sum", "site", LAND_CHOSEN, 0, "a site's number"},
	{NULL, "bc_tail", "names", LAND_CHOSEN, 0, "words of the rules that may have begun"},
	{NULL, "bc_tail", "known", LAND_CHOSEN, 0, "words of the rules that may have begun"},
	{NULL, "bc_tail", "head", LAND_NUMBER, 0xffff, "length of a head"},
	{NULL, "bc_tail", "text", LAND_TEXT, 0, "payload text (words of a request line)"},
	{"scratch", "bc_copy", "word", LAND_CHOSEN, 0, "a word of the rules"},
	{"scratch", "bc_copy", "version", LAND_NUMBER, UINT32_MAX, "length of a line"},
	{"scratch", "bc_copy", "escape", LAND_NUMBER, 0xff, "parser progress: half of an escape"},
	{"scratch", "bc_workplace", "line", LAND_NUMBER, UINT32_MAX, "length of a line"},
	{"scratch", "bc_workplace", "skip", LAND_NUMBER, UINT32_MAX, "bytes that are left out"},
	{"scratch", "bc_workplace", "len", LAND_NUMBER, UINT32_MAX, "bytes that are left"},

	/* What is counted. */
	{NULL, "bc_page", "name", LAND_TEXT, 0, "payload text (redacted name)"},
	{NULL, "bc_page", "site", LAND_CHOSEN, 0, "a site's number"},
	{NULL, "bc_page_place", "hash", LAND_TEXT, 0, "hash of a redacted name"},
	{NULL, "bc_page_place", "number", LAND_CHOSEN, 0, "a page's number"},
	{NULL, "bc_cell", "page", LAND_CHOSEN, 0, "a page's number"},
	{NULL, "bc_cell", "row", LAND_NUMBER, 0xffff, "a coordinate"},
	{NULL, "bc_cell", "column", LAND_NUMBER, 0xff, "a coordinate"},
	{NULL, "bc_cell", "kind", LAND_NUMBER, 0xff, "device and event"},
	{NULL, "bc_cell_entry", "count", LAND_CHOSEN, 0, "a count"},
	{NULL, "bc_totals", "count", LAND_CHOSEN, 0, "a count"},
	{NULL, "bc_page_counts", "count", LAND_CHOSEN, 0, "a count"},
};

static bool fits(const char *rule, const char *name)
{
	return !rule || (name && !strcmp(rule, name));
}

const struct land_rule *policy_land(const char *map, const char *type, const char *member)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct land_rule *r = &rules[i];

		if (fits(r->map, map) && fits(r->type, type) && fits(r->member, member))
			return r;
	}
	return NULL;
}
