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

#include "compile.h"
#include "cell.h"
#include "http.h"
#include "row.h"

#define PARSER_REQUESTS 64 /* ends that are kept; more are only counted */

struct parser {
	struct bc_scratch scratch; /* first: the parser's callbacks are given it */
	const struct bc_ruleset *rules;
	const struct numbers *numbers;
	unsigned char fill; /* of what lies behind the bytes in the window */
	unsigned int seen, lines, ended;
	unsigned int noted[BC_TOTALS];
	struct {
		enum bc_outcome outcome;
		struct bc_cell cell;
		struct bc_page page; /* if it is counted as BC_PAGE_LEARNT */
	} end[PARSER_REQUESTS];
};

static struct parser *parser_of(struct bc_parse *p)
{
	return (struct parser *)p->scratch;
}

static __always_inline int bc_http_load(struct bc_parse *p, __u32 n)
{
	struct bc_scratch *s = p->scratch;

	memcpy(s->text, (const char *)p->source + p->from, n);
	memset(s->text + n, parser_of(p)->fill, sizeof(s->text) - n);
	return 0;
}

static __always_inline void bc_http_seen(struct bc_parse *p)
{
	parser_of(p)->seen++;
}

static __always_inline void bc_http_line(struct bc_parse *p)
{
	parser_of(p)->lines++;
}

static __always_inline void bc_http_noted(struct bc_parse *p, enum bc_total what)
{
	parser_of(p)->noted[what]++;
}

static const struct numbers *parser_numbers; /* of the parser at work */

static __always_inline __u32 bc_listed_page(const struct bc_page *page)
{
	const struct numbers_page *listed = numbers_find(parser_numbers, page->site, page->name);

	return listed && !listed->pattern && !listed->retired ? listed->page : 0;
}

/* Nothing is learnt: who looks at an end finds the name beside it. */
static __always_inline __u32 bc_learnt_page(const struct bc_parse *p, __u32 site)
{
	(void)p;
	(void)site;
	return BC_PAGE_LEARNT;
}

static __always_inline void bc_http_ended(struct bc_parse *p, enum bc_outcome outcome)
{
	struct parser *parser = parser_of(p);
	unsigned int n = parser->ended++;

	if (n >= PARSER_REQUESTS)
		return;
	parser->end[n].outcome = outcome;
	if (outcome != BC_COUNTED)
		return;
	parser_numbers = parser->numbers;
	bc_cell_of(p, &parser->end[n].cell);
	if (parser->end[n].cell.page == BC_PAGE_LEARNT)
		parser->end[n].page = p->scratch->http.page;
}

/* A new connection. The rules and their numbers must stay until the last byte is fed. */
static inline void parser_start(struct parser *parser, const struct bc_ruleset *rules,
				const struct numbers *numbers)
{
	memset(parser, 0, sizeof(*parser));
	parser->rules = rules;
	parser->numbers = numbers;
}

static inline void parser_fail(const struct parser *parser, const char *what)
{
	fprintf(stderr, "parser: %s: seen %u, ended %u, state %u\n", what, parser->seen,
		parser->ended, parser->scratch.http.state);
	abort();
}

/* One segment of the stream. */
static inline void parser_feed(struct parser *parser, const void *bytes, size_t length)
{
	struct bc_scratch *s = &parser->scratch;
	struct bc_parse parse = {.scratch = s,
				 .rules = parser->rules,
				 .source = (void *)bytes,
				 .left = (__u32)length};
	size_t steps = 0;
	bool begun;

	s->at = 0;
	s->end = 0;
	/* The kernel allows three steps a byte of the longest segment; a name takes some more. */
	while (bc_http_step(&parse))
		if (++steps > 3 * length + BC_NAME_MAX)
			parser_fail(parser, "too many steps");
	begun = s->http.facts & BC_SEEN && !(s->http.facts & BC_SETTLED);
	if (parser->seen != parser->ended + begun)
		parser_fail(parser, "a request was lost or ended twice");
	if (s->http.state != BC_OPAQUE && (s->at < s->end || parse.left))
		parser_fail(parser, "bytes were left");
}

static inline bool parser_is_opaque(const struct parser *parser)
{
	return parser->scratch.http.state == BC_OPAQUE;
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
	const struct numbers *numbers = parser->numbers;
	const char *page = parser->end[end].page.name;
	__u32 site = parser->end[end].page.site;
	char column[8] = "-", row[8] = "-";

	if (cell->page < BC_PAGE_LISTED) {
		page = special[cell->page % 4];
		site = cell->page / 4;
	}
	for (size_t i = 0; i < numbers->pages; i++)
		if (numbers->page[i].page == cell->page) {
			page = numbers->page[i].name;
			site = numbers->page[i].site;
		}
	if (cell->column != BC_NO_COLUMN)
		snprintf(column, sizeof(column), "%u", cell->column);
	if (cell->row != BC_NO_ROW)
		snprintf(row, sizeof(row), "%u", cell->row);
	snprintf(text, size, "%s %s %s %s %s %s", site ? numbers->site[site].name : "(any)", page,
		 row_event_names[BC_KIND_EVENT(cell->kind)],
		 row_device_names[BC_KIND_DEVICE(cell->kind)], column, row);
}

/* Compile the built-in rules and these. Returns 0, or negative errno with a message. */
static inline int parser_compile(const char *text, struct bc_ruleset *set, struct numbers *numbers,
				 struct error *e)
{
	struct rules rules = {0};
	int err = rules_add_builtin(&rules, e);

	if (!err)
		err = rules_read(&rules, text, strlen(text), e);
	if (!err)
		err = numbers_assign(&rules, NULL, numbers, e);
	if (!err)
		err = compile_ruleset(&rules, numbers, set, e);
	set->epoch = 1;
	rules_free(&rules);
	return err;
}

#endif
