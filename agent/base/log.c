// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Log lines on standard error, with journald prefixes where they are read. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

static bool verbose;

void log_verbose(bool on)
{
	verbose = on;
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[512];
	va_list args;
	int n = 0;

	if (level == LOG_DEBUG && !verbose)
		return;
	n = getenv("JOURNAL_STREAM") ? snprintf(line, sizeof(line), "<%d>", level)
				     : snprintf(line, sizeof(line), "blindcount: ");
	va_start(args, format);
	n += vsnprintf(line + n, sizeof(line) - n - 1, format, args);
	va_end(args);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	/* One write a line, so that lines of several processes never mix. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}
