/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Writes one document of sections, paragraphs and lists as plain text, HTML or
 * JSON. Text is ASCII; what HTML or JSON would read as syntax is escaped.
 */
#ifndef AGENT_REPORT_DOCUMENT_H
#define AGENT_REPORT_DOCUMENT_H

#include <stdbool.h>
#include <stdio.h>

struct document;

struct document_format {
	void (*begin)(struct document *d, const char *title);
	void (*section)(struct document *d, const char *id, const char *title);
	void (*paragraph)(struct document *d, const char *text);
	void (*item)(struct document *d, const char *text);
	void (*end_section)(struct document *d);
	void (*end)(struct document *d);
};

extern const struct document_format document_text, document_html, document_json;

struct document {
	FILE *out;
	const struct document_format *format;
	unsigned int sections; /* begun so far */
	bool in_block; /* the section has a paragraph */
	bool in_list; /* the last paragraph has an item */
};

/* Longest paragraph or item in bytes; what is longer is cut off. */
#define DOCUMENT_TEXT_MAX 2047

void document_begin(struct document *d, FILE *out, const struct document_format *format,
		    const char *title);

/* Begin a section; `id` is an HTML id and a JSON value. */
void document_section(struct document *d, const char *id, const char *title);

void document_say(struct document *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* An item of the list that belongs to the last paragraph. */
void document_item(struct document *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void document_end(struct document *d);

#endif
