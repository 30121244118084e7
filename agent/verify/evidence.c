// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Collects what checks found, and prints it for people and for machines. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "verify/evidence.h"
#include "base/json.h"

#define LINE_MAX_BYTES 100 /* where text is broken */

void evidence_add(struct evidence *ev, const char *name, enum evidence_kind kind,
		  enum evidence_result result, const char *format, ...)
{
	struct check *grown = reallocarray(ev->check, ev->checks + 1, sizeof(*grown));
	struct check check = {.name = name, .kind = kind, .result = result};
	va_list args;

	if (!grown) {
		ev->incomplete = true;
		return;
	}
	ev->check = grown;
	va_start(args, format);
	if (vasprintf(&check.text, format, args) < 0) {
		check.text = NULL;
		ev->incomplete = true;
	}
	va_end(args);
	ev->check[ev->checks++] = check;
}

void evidence_fail(struct evidence *ev, const char *format, ...)
{
	struct check *check = ev->checks ? &ev->check[ev->checks - 1] : NULL;
	va_list args;

	if (!check)
		return;
	free(check->text);
	check->result = EVIDENCE_FAILS;
	va_start(args, format);
	if (vasprintf(&check->text, format, args) < 0) {
		check->text = NULL;
		ev->incomplete = true;
	}
	va_end(args);
}

void evidence_detail(struct evidence *ev, const char *format, ...)
{
	struct check *check = ev->checks ? &ev->check[ev->checks - 1] : NULL;
	char **grown, *line;
	va_list args;
	int n;

	if (!check)
		return;
	grown = reallocarray(check->detail, check->details + 1, sizeof(*grown));
	if (grown)
		check->detail = grown;
	va_start(args, format);
	n = grown ? vasprintf(&line, format, args) : -1;
	va_end(args);
	if (n < 0)
		ev->incomplete = true;
	else
		check->detail[check->details++] = line;
}

static bool has(const struct evidence *ev, enum evidence_result result)
{
	for (int i = 0; i < ev->checks; i++)
		if (ev->check[i].result == result)
			return true;
	return false;
}

bool evidence_holds(const struct evidence *ev)
{
	return ev->checks && !ev->incomplete && !has(ev, EVIDENCE_FAILS);
}

bool evidence_skipped(const struct evidence *ev)
{
	return has(ev, EVIDENCE_SKIPPED);
}

/* Text in lines, each but the first behind `indent` blanks; what a terminal acts on is masked. */
static void print_wrapped(FILE *out, const char *text, int indent)
{
	int column = indent;

	while (*text) {
		int word = strcspn(text, " ");

		if (column > indent && column + 1 + word > LINE_MAX_BYTES) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		column += word;
		for (; word; word--, text++)
			fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
		text += *text == ' ';
	}
	fputc('\n', out);
}

void evidence_print_text(FILE *out, const struct evidence *ev, enum evidence_kind kind)
{
	static const char *const results[] = {
		[EVIDENCE_HOLDS] = "holds",
		[EVIDENCE_FAILS] = "FAILS",
		[EVIDENCE_SKIPPED] = "skipped",
		[EVIDENCE_NOTED] = "noted",
	};

	for (int i = 0; i < ev->checks; i++) {
		const struct check *c = &ev->check[i];

		if (c->kind != kind)
			continue;
		fprintf(out, "  %-8s", results[c->result]);
		print_wrapped(out, c->text ? c->text : c->name, 10);
		for (int j = 0; j < c->details; j++) {
			fprintf(out, "%*s", 12, "");
			print_wrapped(out, c->detail[j], 14);
		}
	}
}

static void print_json_check(FILE *out, const struct check *c)
{
	static const char *const kinds[] = {
		[EVIDENCE_PROVED] = "proved",
		[EVIDENCE_TESTED] = "tested",
		[EVIDENCE_COMPARED] = "compared",
		[EVIDENCE_SEARCHED] = "searched",
	};
	static const char *const results[] = {
		[EVIDENCE_HOLDS] = "holds",
		[EVIDENCE_FAILS] = "fails",
		[EVIDENCE_SKIPPED] = "skipped",
		[EVIDENCE_NOTED] = "noted",
	};

	fprintf(out, "{\"name\":\"%s\",\"kind\":\"%s\",\"result\":\"%s\",\"text\":", c->name,
		kinds[c->kind], results[c->result]);
	json_string(out, c->text ? c->text : "");
	fputs(",\"details\":[", out);
	for (int j = 0; j < c->details; j++) {
		if (j)
			fputc(',', out);
		json_string(out, c->detail[j]);
	}
	fputs("]}", out);
}

void evidence_print_json(FILE *out, const struct evidence *ev)
{
	fputc('[', out);
	for (int i = 0; i < ev->checks; i++) {
		if (i)
			fputc(',', out);
		print_json_check(out, &ev->check[i]);
	}
	fputc(']', out);
}

void evidence_free(struct evidence *ev)
{
	for (int i = 0; i < ev->checks; i++) {
		for (int j = 0; j < ev->check[i].details; j++)
			free(ev->check[i].detail[j]);
		free(ev->check[i].detail);
		free(ev->check[i].text);
	}
	free(ev->check);
	*ev = (struct evidence){.checks = 0};
}
