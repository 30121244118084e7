// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Error texts that travel up beside a negative errno. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

int error_set(struct error *e, int err, const char *format, ...)
{
	struct error before;
	va_list args;
	size_t used;

	if (!e)
		return -err;
	before = *e;
	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	used = strlen(e->text);
	if (before.text[0])
		snprintf(e->text + used, sizeof(e->text) - used, ": %s", before.text);
	return -err;
}
