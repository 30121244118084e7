// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Writes one document of sections, paragraphs and lists as text, HTML or JSON. */
#include <stdarg.h>
#include <string.h>

#include "report/document.h"
#include "base/json.h"

#define TEXT_WIDTH 78

/* Writes words in lines of TEXT_WIDTH, each line behind `indent` blanks. */
static void wrap(FILE *out, const char *text, size_t indent)
{
	size_t column = indent;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (column > indent && column + 1 + length > TEXT_WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, length, out);
		column += length;
		text += length;
		text += *text == ' ';
	}
	fputc('\n', out);
}

static void underline(FILE *out, const char *title, char with)
{
	fprintf(out, "%s\n", title);
	for (size_t i = 0; i < strlen(title); i++)
		fputc(with, out);
	fputc('\n', out);
}

static void text_begin(struct document *d, const char *title)
{
	underline(d->out, title, '=');
}

static void text_section(struct document *d, const char *id, const char *title)
{
	(void)id;
	fputc('\n', d->out);
	underline(d->out, title, '-');
}

static void text_paragraph(struct document *d, const char *text)
{
	if (d->in_block)
		fputc('\n', d->out);
	wrap(d->out, text, 0);
}

static void text_item(struct document *d, const char *text)
{
	fputs("  - ", d->out);
	wrap(d->out, text, 4);
}

static void text_nothing(struct document *d)
{
	(void)d;
}

const struct document_format document_text = {
	.begin = text_begin,
	.section = text_section,
	.paragraph = text_paragraph,
	.item = text_item,
	.end_section = text_nothing,
	.end = text_nothing,
};

static void html_escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '"')
			fputs("&quot;", out);
		else
			fputc(*text, out);
	}
}

static void html_element(FILE *out, const char *name, const char *text)
{
	fprintf(out, "<%s>", name);
	html_escape(out, text);
	fprintf(out, "</%s>\n", name);
}

static void html_end_list(struct document *d)
{
	if (d->in_list)
		fputs("</ul>\n", d->out);
}

static void html_begin(struct document *d, const char *title)
{
	fputs("<section id=\"blindcount-policy\">\n", d->out);
	html_element(d->out, "h2", title);
}

static void html_section(struct document *d, const char *id, const char *title)
{
	fprintf(d->out, "<section id=\"blindcount-%s\">\n", id);
	html_element(d->out, "h3", title);
}

static void html_paragraph(struct document *d, const char *text)
{
	html_end_list(d);
	html_element(d->out, "p", text);
}

static void html_item(struct document *d, const char *text)
{
	if (!d->in_list)
		fputs("<ul>\n", d->out);
	html_element(d->out, "li", text);
}

static void html_end_section(struct document *d)
{
	html_end_list(d);
	fputs("</section>\n", d->out);
}

static void html_end(struct document *d)
{
	fputs("</section>\n", d->out);
}

const struct document_format document_html = {
	.begin = html_begin,
	.section = html_section,
	.paragraph = html_paragraph,
	.item = html_item,
	.end_section = html_end_section,
	.end = html_end,
};

static void json_end_block(struct document *d)
{
	if (d->in_list)
		fputc(']', d->out);
	if (d->in_block)
		fputc('}', d->out);
}

static void json_begin(struct document *d, const char *title)
{
	fputs("\"title\":", d->out);
	json_string(d->out, title);
	fputs(",\n\"sections\":[", d->out);
}

static void json_section(struct document *d, const char *id, const char *title)
{
	fprintf(d->out, "%s\n{\"id\":\"%s\",\"title\":", d->sections ? "," : "", id);
	json_string(d->out, title);
	fputs(",\"paragraphs\":[", d->out);
}

static void json_paragraph(struct document *d, const char *text)
{
	json_end_block(d);
	fprintf(d->out, "%s\n {\"text\":", d->in_block ? "," : "");
	json_string(d->out, text);
}

static void json_item(struct document *d, const char *text)
{
	fputs(d->in_list ? "," : ",\"list\":[", d->out);
	json_string(d->out, text);
}

static void json_end_section(struct document *d)
{
	json_end_block(d);
	fputs("]}", d->out);
}

static void json_end(struct document *d)
{
	fputs("]", d->out);
}

const struct document_format document_json = {
	.begin = json_begin,
	.section = json_section,
	.paragraph = json_paragraph,
	.item = json_item,
	.end_section = json_end_section,
	.end = json_end,
};

static void end_section(struct document *d)
{
	if (d->sections)
		d->format->end_section(d);
	d->in_block = false;
	d->in_list = false;
}

void document_begin(struct document *d, FILE *out, const struct document_format *format,
		    const char *title)
{
	*d = (struct document){.out = out, .format = format};
	format->begin(d, title);
}

void document_section(struct document *d, const char *id, const char *title)
{
	end_section(d);
	d->format->section(d, id, title);
	d->sections++;
}

void document_say(struct document *d, const char *format, ...)
{
	char text[DOCUMENT_TEXT_MAX + 1];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	d->format->paragraph(d, text);
	d->in_block = true;
	d->in_list = false;
}

void document_item(struct document *d, const char *format, ...)
{
	char text[DOCUMENT_TEXT_MAX + 1];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	d->format->item(d, text);
	d->in_list = true;
}

void document_end(struct document *d)
{
	end_section(d);
	d->format->end(d);
}
