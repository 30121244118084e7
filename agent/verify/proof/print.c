// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Proofs in print: text for people, JSON for machines. */
#include <string.h>

#include "verify/proof/print.h"

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

/* What is proved of payload, and where that ends. */
static void text_payload(FILE *out, const struct proof *p)
{
	if (!p->payload_count)
		fputs("  It reads no payload.\n", out);
	for (int i = 0; i < p->payload_count; i++)
		fprintf(out,
			"  Payload goes to map %s, field %s (%llu bytes), which the reader does "
			"not look at.\n",
			p->payload[i].map, p->payload[i].field,
			p->payload[i].to - p->payload[i].from);
	if (p->payload_count)
		fputs("  What the other functions make of it, and leave in maps, is tested, not "
		      "proved.\n",
		      out);
}

static void text_proof(FILE *out, const struct proof *p)
{
	fprintf(out, "program %s (%s): %d instructions, of which %d are given the packet; %.2f s\n",
		p->program, p->section, p->instructions, p->reader, p->seconds);
	for (int i = 0; i < p->finding_count; i++)
		fprintf(out, "  %s: %s\n", p->findings[i].where, p->findings[i].text);
	if (!p->proven) {
		fputs("  NOT PROVEN\n", out);
		return;
	}
	text_words(out, fprintf(out, "  Proven:"), p->claim);
	fputs(".\n", out);
	text_payload(out, p);
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
	fprintf(out, "\"instructions\":%d,\"reader\":%d,\"seconds\":%.3f,\"proven\":%s,",
		p->instructions, p->reader, p->seconds, p->proven ? "true" : "false");
	json_member(out, "claim", p->claim, ",");
	fputs("\"findings\":[", out);
	for (int i = 0; i < p->finding_count; i++) {
		fputs(i ? ",{" : "{", out);
		json_member(out, "reason", reasons[p->findings[i].reason], ",");
		json_member(out, "where", p->findings[i].where, ",");
		json_member(out, "text", p->findings[i].text, "}");
	}
	fputs("],\"payload\":[", out);
	for (int i = 0; i < p->payload_count; i++) {
		fputs(i ? ",{" : "{", out);
		json_member(out, "map", p->payload[i].map, ",");
		json_member(out, "field", p->payload[i].field, ",");
		fprintf(out, "\"bytes\":%llu}", p->payload[i].to - p->payload[i].from);
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
