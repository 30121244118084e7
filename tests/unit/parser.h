/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel's request parser, run natively: a stream goes in, cut as one likes,
 * and what the program would count comes out. For tests and fuzzers; it checks
 * itself that each request ends once and that the parser's work is bounded.
 */
#ifndef TESTS_UNIT_PARSER_H
#define TESTS_UNIT_PARSER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compile.h"
#include "count/cell.h"
#include "http/parser.h"
#include "store/row.h"

#define PARSER_REQUESTS 64 /* ends that are kept; more are only counted */

struct parser {
	struct bc_parser state;
	const struct bc_ruleset *rules;
	const struct page_ids *page_ids;
	unsigned char fill; /* of what lies behind the bytes in the window */
	unsigned int seen, lines, ended;
	unsigned int noted[BC_TOTALS];
	struct {
		enum bc_outcome outcome;
		struct bc_cell cell;
		struct bc_page page; /* if it is counted by its page's name */
	} end[PARSER_REQUESTS];
};

static const struct page_ids *parser_numbers; /* of the parser at work */

static __always_inline __u32 bc_listed_page(const struct bc_page *page)
{
	const struct page_ids_page *listed = page_ids_find(parser_numbers, page->site, page->name);

	return listed && !listed->pattern && !listed->retired ? listed->page : 0;
}

static inline void parser_ended(struct parser *parser, enum bc_outcome outcome)
{
	unsigned int n = parser->ended++;

	if (n >= PARSER_REQUESTS)
		return;
	parser->end[n].outcome = outcome;
	if (outcome != BC_COUNTED)
		return;
	parser_numbers = parser->page_ids;
	bc_cell_of(&parser->state, parser->rules, &parser->end[n].cell);
	if (parser->end[n].cell.page == BC_PAGE_BY_NAME)
		parser->end[n].page = parser->state.http.page;
}

static inline void parser_tell(struct parser *parser)
{
	__u32 events = parser->state.events;

	parser->state.events = 0;
	parser->seen += events & BC_BEGAN;
	parser->lines += BC_LINE_OF(events) != BC_NO_LINE;
	parser->noted[BC_TOTAL_TLS] += !!(events & BC_NOTED_TLS);
	parser->noted[BC_TOTAL_HTTP2] += !!(events & BC_NOTED_HTTP2);
	parser->noted[BC_TOTAL_UPGRADE] += !!(events & BC_NOTED_UPGRADE);
	if (events & BC_ENDED_ANY)
		parser_ended(parser, (enum bc_outcome)BC_ENDED_AS(events));
}

/* A new connection. The rules and their numbers must stay until the last byte is fed. */
static inline void parser_start(struct parser *parser, const struct bc_ruleset *rules,
				const struct page_ids *page_ids)
{
	memset(parser, 0, sizeof(*parser));
	parser->rules = rules;
	parser->page_ids = page_ids;
}

static inline void parser_fail(const struct parser *parser, const char *what)
{
	fprintf(stderr, "parser: %s: seen %u, ended %u, state %u\n", what, parser->seen,
		parser->ended, parser->state.http.state);
	abort();
}

/* One segment of the stream. */
static inline void parser_feed(struct parser *parser, const void *bytes, size_t length)
{
	struct bc_parser *p = &parser->state;
	const char *at = bytes;
	bool begun, more;

	for (size_t left = length, n; left && p->http.state != BC_OPAQUE; left -= n, at += n) {
		size_t steps = 0;

		n = left < BC_WINDOW ? left : BC_WINDOW;
		memcpy(p->text, at, n);
		memset(p->text + n, parser->fill, sizeof(p->text) - n);
		p->at = 0;
		p->end = (__u32)n;
		do {
			more = bc_http_step(p, parser->rules);
			parser_tell(parser);
			/* The kernel allows three steps a byte; a name takes some more. */
			if (++steps > 3 * n + BC_NAME_MAX)
				parser_fail(parser, "too many steps");
		} while (more);
		if (p->http.state != BC_OPAQUE && p->at < p->end)
			parser_fail(parser, "bytes were left");
	}
	begun = bc_http_unsettled(&p->http);
	if (parser->seen != parser->ended + begun)
		parser_fail(parser, "a request was lost or ended twice");
}

static inline bool parser_is_opaque(const struct parser *parser)
{
	return parser->state.http.state == BC_OPAQUE;
}

/* Is there a request whose outcome is still open? */
static inline bool parser_is_open(const struct parser *parser)
{
	return parser->seen != parser->ended;
}

static const char *const parser_outcomes[BC_OUTCOMES] = {
	[BC_COUNTED] = "counted",   [BC_OPTED_OUT] = "opted_out", [BC_EXCLUDED] = "excluded",
	[BC_IGNORED] = "ignored",   [BC_UNDECIDED] = "undecided", [BC_MALFORMED] = "malformed",
	[BC_OVERSIZE] = "oversize",
};

/*
 * What happened, as words: each end's outcome; `tls`, `http2`, `upgrade`; `open`
 * for a request that has not ended; `opaque` if nothing more is read.
 */
static inline void parser_log(const struct parser *parser, char *text, size_t size)
{
	int n = 0;

	*text = '\0';
	for (unsigned int i = 0; i < parser->ended && i < PARSER_REQUESTS; i++)
		n += snprintf(text + n, size - n, "%s%s", n ? " " : "",
			      parser_outcomes[parser->end[i].outcome]);
	if (parser->noted[BC_TOTAL_TLS])
		n += snprintf(text + n, size - n, "%stls", n ? " " : "");
	if (parser->noted[BC_TOTAL_HTTP2])
		n += snprintf(text + n, size - n, "%shttp2", n ? " " : "");
	if (parser->noted[BC_TOTAL_UPGRADE])
		n += snprintf(text + n, size - n, "%supgrade", n ? " " : "");
	if (parser_is_open(parser))
		n += snprintf(text + n, size - n, "%sopen", n ? " " : "");
	if (parser_is_opaque(parser))
		snprintf(text + n, size - n, "%sopaque", n ? " " : "");
}

/* Where an end was counted: `SITE PAGE EVENT DEVICE COLUMN ROW`, with `-` for no cell. */
static inline void parser_cell(const struct parser *parser, unsigned int end, char *text,
			       size_t size)
{
	static const char *const special[] = {"(unlisted)", "(other)", "(long)", "(none)"};
	const struct bc_cell *cell = &parser->end[end].cell;
	const struct page_ids *page_ids = parser->page_ids;
	const char *page = parser->end[end].page.name;
	__u32 site = parser->end[end].page.site;
	char column[8] = "-", row[8] = "-";

	if (cell->page < BC_PAGE_NAMED) {
		page = special[cell->page % 4];
		site = cell->page / 4;
	}
	for (size_t i = 0; i < page_ids->pages; i++)
		if (page_ids->page[i].page == cell->page) {
			page = page_ids->page[i].name;
			site = page_ids->page[i].site;
		}
	if (cell->column != BC_NO_COLUMN)
		snprintf(column, sizeof(column), "%u", cell->column);
	if (cell->row != BC_NO_ROW)
		snprintf(row, sizeof(row), "%u", cell->row);
	snprintf(text, size, "%s %s %s %s %s %s", site ? page_ids->site[site].name : "(any)", page,
		 row_event_names[BC_KIND_EVENT(cell->kind)],
		 row_device_names[BC_KIND_DEVICE(cell->kind)], column, row);
}

/* Compile the built-in rules and these. Returns 0, or negative errno with a message. */
static inline int parser_compile(const char *text, struct bc_ruleset *set,
				 struct page_ids *page_ids, struct error *e)
{
	struct rules rules = {0};
	int err = rules_add_builtin(&rules, e);

	if (!err)
		err = rules_read(&rules, text, strlen(text), e);
	if (!err)
		err = page_ids_assign(&rules, NULL, page_ids, e);
	if (!err)
		err = compile_ruleset(&rules, page_ids, set, e);
	set->epoch = 1;
	rules_free(&rules);
	return err;
}

#endif
