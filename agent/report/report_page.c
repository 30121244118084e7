// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The report's HTML and what fills its places. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "report/report_page.h"

/*
 * A file's bytes and how many they are. The Makefile rebuilds this file's
 * object when one of them changes.
 */
#define EMBED(name, path)                                                        \
	extern const char name[];                                                \
	extern const size_t name##_size;                                         \
	__asm__(".pushsection .rodata\n" #name ":\n.incbin \"" path "\"\n" #name \
		"_end:\n.balign 8\n" #name "_size: .quad " #name "_end - " #name \
		"\n.popsection\n")

EMBED(report_html, "agent/web/report.html");
EMBED(report_css, "agent/web/report.css");
EMBED(report_js, "agent/web/report.js");

struct filling {
	FILE *out;
	char nonce[33];
	void (*data)(void *arg, FILE *out);
	void *arg;
};

static int make_nonce(char nonce[33])
{
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -errno;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* Write what belongs at the place that `text` begins with; its length, or 0 if it is none. */
static size_t fill(const struct filling *f, const char *text, size_t left)
{
	static const char *const places[] = {"@NONCE@", "@STYLE@", "@SCRIPT@", "@DATA@"};
	size_t i = 0;

	while (i < 4 && (left < strlen(places[i]) || strncmp(text, places[i], strlen(places[i]))))
		i++;
	switch (i) {
	case 0:
		fputs(f->nonce, f->out);
		break;
	case 1:
		fwrite(report_css, report_css_size, 1, f->out);
		break;
	case 2:
		fwrite(report_js, report_js_size, 1, f->out);
		break;
	case 3:
		f->data(f->arg, f->out);
		break;
	default:
		return 0;
	}
	return strlen(places[i]);
}

int report_page_write(FILE *out, void (*data)(void *arg, FILE *out), void *arg)
{
	struct filling f = {.out = out, .data = data, .arg = arg};
	int ret = make_nonce(f.nonce);

	if (ret)
		return ret;
	for (size_t at = 0; at < report_html_size;) {
		const char *p = report_html + at;
		size_t length = *p == '@' ? fill(&f, p, report_html_size - at) : 0;

		if (!length)
			putc(*p, out);
		at += length ? length : 1;
	}
	return 0;
}
