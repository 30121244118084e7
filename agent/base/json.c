// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* JSON strings, escaped so that nothing acts on them. */
#include <string.h>

#include "base/json.h"

/* Length of the UTF-8 sequence at p and its code point, or 0 if it is none (RFC 3629). */
static int decode_utf8(const unsigned char *p, unsigned int *point)
{
	static const unsigned int least[] = {0, 0, 0x80, 0x800, 0x10000};
	int length = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;

	if (*p < 0xc0 || *p >= 0xf8)
		return 0;
	*point = *p & (0x7fU >> length);
	for (int i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (p[i] & 0x3f);
	}
	if (*point < least[length] || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000))
		return 0;
	return length;
}

static void write_point(FILE *out, unsigned int point)
{
	if (point >= 0x10000)
		fprintf(out, "\\u%04x\\u%04x", 0xd7c0 + (point >> 10), 0xdc00 + (point & 0x3ff));
	else if (point < ' ' || point >= 0x7f || strchr("<>&", (int)point))
		fprintf(out, "\\u%04x", point);
	else if (point == '"' || point == '\\')
		fprintf(out, "\\%c", (int)point);
	else
		putc((int)point, out);
}

void json_string(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	putc('"', out);
	while (*p) {
		unsigned int point = *p;
		int length = point < 0x80 ? 1 : decode_utf8(p, &point);

		write_point(out, length ? point : 0xfffd);
		p += length ? length : 1;
	}
	putc('"', out);
}
