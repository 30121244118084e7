// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A connection of any bytes: whole, cut and byte by byte the same requests come
 * out, each of them ends once (parser.h looks), and what lies behind the window
 * makes no difference. The first byte picks the rules, the second the cut.
 */
#include <stdint.h>

#include "unit/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SETS 4

static const char *const rule_texts[SETS] = {
	"",
	"site a\nsite b.example\nexclude site c\npage (any) /p/*\npage a /x\nexclude page "
	"b.example "
	"/x/*/y\npages listed\n",
	"optout header X-Opt\noptout header \"X-Mode=no thanks\"\noptout header X-Empty=\n"
	"optout cookie track=off\noptout cookie no\noptout query o=1\noptout query out\n"
	"require cookie consent=yes\n",
	"beacon /matomo.php preset=matomo\nbeacon /log.php preset=owa\nbeacon /c preset=clickheat\n"
	"beacon /count preset=goatcounter\nbeacon /collect preset=fathom\n"
	"beacon /b site=s page=p x=x y=y only=a:b skip=c:d\n",
};

static struct bc_ruleset sets[SETS];
static struct page_ids page_ids[SETS];

/* All that a connection left: ends, cells, connection. */
static void describe(const struct parser *parser, char *text, size_t size)
{
	parser_log(parser, text, size);
	for (unsigned int i = 0; i < parser->ended && i < PARSER_REQUESTS; i++) {
		size_t used = strlen(text);

		if (parser->end[i].outcome != BC_COUNTED || used + 256 > size)
			continue;
		text[used] = '\n';
		parser_cell(parser, i, text + used + 1, size - used - 1);
	}
}

static void parse(struct parser *parser, int set, const uint8_t *data, size_t size, size_t piece)
{
	parser_start(parser, &sets[set], &page_ids[set]);
	parser->fill = (unsigned char)piece;
	for (size_t at = 0; at < size; at += piece)
		parser_feed(parser, data + at, size - at < piece ? size - at : piece);
}

static void compile_all(void)
{
	struct error e = {""};

	for (int i = 0; i < SETS; i++) {
		if (!parser_compile(rule_texts[i], &sets[i], &page_ids[i], &e))
			continue;
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char whole[32768], cut[32768];
	static struct parser parser;
	size_t pieces[] = {1, 7, 0};

	if (!sets[0].epoch)
		compile_all();
	if (size < 3 || size > 65536)
		return 0;
	pieces[2] = data[1] + 1;
	parse(&parser, data[0] % SETS, data + 2, size - 2, size);
	describe(&parser, whole, sizeof(whole));
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		parse(&parser, data[0] % SETS, data + 2, size - 2, pieces[i]);
		describe(&parser, cut, sizeof(cut));
		if (strcmp(whole, cut)) {
			fprintf(stderr, "whole: %s\npieces of %zu: %s\n", whole, pieces[i], cut);
			abort();
		}
	}
	return 0;
}
