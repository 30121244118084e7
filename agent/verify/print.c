// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Proofs in print: text for people, JSON for machines. */
#include <stdint.h>
#include <string.h>

#include "print.h"

static const char *const reasons[] = {
	[PROOF_CONTEXT] = "context", [PROOF_SOCKET] = "socket", [PROOF_PACKET] = "packet",
	[PROOF_HELPER] = "helper",   [PROOF_RETURN] = "result", [PROOF_PAYLOAD] = "payload",
	[PROOF_UNKNOWN] = "unknown",
};

bool proof_all_proven(const struct proof_set *set)
{
	for (int i = 0; i < set->count; i++)
		if (!set->proofs[i].proven)
			return false;
	return true;
}

#define TEXT_WIDTH 98

/* Words within the width, further lines indented; without a line break at the end. */
static void text_words(FILE *out, int column, const char *words)
{
	while (*words) {
		int length = (int)strcspn(words, " ");

		if (column + length + 1 > TEXT_WIDTH)
			column = fprintf(out, "\n   ") - 1;
		column += fprintf(out, " %.*s", length, words);
		words += length + (words[length] == ' ');
	}
}

/* All fields of one map that can hold the same, as a list with line breaks. */
static void text_fields(FILE *out, const struct proof *p, const struct proof_landed *first)
{
	int column = fprintf(out, "      %s:", first->what);

	for (int i = 0; i < p->landed_count; i++) {
		const struct proof_landed *l = &p->landed[i];

		if (strcmp(l->map, first->map) || strcmp(l->what, first->what))
			continue;
		if (column + strlen(l->field) + 2 > TEXT_WIDTH)
			column = fprintf(out, "\n       ") - 1;
		column += fprintf(out, " %s", l->field);
		if (l->max && l->max < UINT32_MAX)
			column += fprintf(out, " (at most %llu)", l->max);
	}
	fputc('\n', out);
}

/* The first of its map, or of its map and content. */
static bool is_first(const struct proof *p, int at, bool content)
{
	for (int i = 0; i < at; i++)
		if (!strcmp(p->landed[i].map, p->landed[at].map) &&
		    (!content || !strcmp(p->landed[i].what, p->landed[at].what)))
			return false;
	return true;
}

static void text_map(FILE *out, const struct proof *p, const char *map)
{
	fprintf(out, "    map %s\n", map);
	for (int payload = 1; payload >= 0; payload--)
		for (int i = 0; i < p->landed_count; i++)
			if (!strcmp(p->landed[i].map, map) &&
			    p->landed[i].from_payload == payload && is_first(p, i, true))
				text_fields(out, p, &p->landed[i]);
}

static void text_landed(FILE *out, const struct proof *p)
{
	if (!p->landed_count) {
		fputs("  It writes to no map.\n", out);
		return;
	}
	fprintf(out, "  Payload as it is lands on the stack%s. What it writes to maps:\n",
		p->payload_in_map ? " and in a window" : " only");
	for (int i = 0; i < p->landed_count; i++)
		if (is_first(p, i, false))
			text_map(out, p, p->landed[i].map);
}

static void text_proof(FILE *out, const struct proof *p)
{
	fprintf(out, "program %s (%s): %d instructions, %.2f s\n", p->program, p->section,
		p->instructions, p->seconds);
	for (int i = 0; i < p->finding_count; i++)
		fprintf(out, "  %s: %s\n", p->findings[i].where, p->findings[i].text);
	if (!p->proven) {
		fputs("  NOT PROVEN\n", out);
		return;
	}
	text_words(out, fprintf(out, "  Proven:"), p->claim);
	fputs(".\n", out);
	text_landed(out, p);
}

void proof_print_text(FILE *out, const char *object, const struct proof_set *set)
{
	fprintf(out, "object %s\n", object);
	for (int i = 0; i < set->count; i++)
		text_proof(out, &set->proofs[i]);
}

static void json_string(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void json_member(FILE *out, const char *name, const char *value, const char *behind)
{
	fprintf(out, "\"%s\":", name);
	json_string(out, value);
	fputs(behind, out);
}

static void json_proof(FILE *out, const struct proof *p)
{
	fputc('{', out);
	json_member(out, "program", p->program, ",");
	json_member(out, "section", p->section, ",");
	fprintf(out, "\"instructions\":%d,\"seconds\":%.3f,\"proven\":%s,\"payload_in_map\":%s,",
		p->instructions, p->seconds, p->proven ? "true" : "false",
		p->payload_in_map ? "true" : "false");
	json_member(out, "claim", p->claim, ",");
	fputs("\"findings\":[", out);
	for (int i = 0; i < p->finding_count; i++) {
		fputs(i ? ",{" : "{", out);
		json_member(out, "reason", reasons[p->findings[i].reason], ",");
		json_member(out, "where", p->findings[i].where, ",");
		json_member(out, "text", p->findings[i].text, "}");
	}
	fputs("],\"landed\":[", out);
	for (int i = 0; i < p->landed_count; i++) {
		const struct proof_landed *l = &p->landed[i];

		fputs(i ? ",{" : "{", out);
		json_member(out, "map", l->map, ",");
		json_member(out, "field", l->field, ",");
		json_member(out, "what", l->what, ",");
		fprintf(out, "\"from_payload\":%s,\"max\":%llu}",
			l->from_payload ? "true" : "false", l->max);
	}
	fputs("]}", out);
}

void proof_print_json(FILE *out, const char *object, const struct proof_set *set)
{
	fputc('{', out);
	json_member(out, "object", object, ",\"programs\":[");
	for (int i = 0; i < set->count; i++) {
		fputs(i ? "," : "", out);
		json_proof(out, &set->proofs[i]);
	}
	fprintf(out, "],\"proven\":%s}", proof_all_proven(set) ? "true" : "false");
}
