/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is collected, kept and honoured, in words for a privacy notice or a
 * record of processing; made from the rules and options in force.
 */
#ifndef AGENT_REPORT_NOTICE_H
#define AGENT_REPORT_NOTICE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "rules/rules.h"

/* 25 months, the longest that the French CNIL's criteria allow. */
#define NOTICE_RETAIN_MAX 760

struct notice_options {
	unsigned int min_count; /* 0 and 1: nothing is held back */
	unsigned int retain_days; /* 0: counts are kept without limit */
	unsigned int flush_seconds;
};

enum notice_format {
	NOTICE_TEXT,
	NOTICE_HTML,
	NOTICE_JSON
};

/*
 * Write the policy: plain text, an HTML fragment (one <section>) to paste into
 * a page, or a JSON object. Returns 0, or -EIO if `out` failed.
 */
int notice_write(FILE *out, const struct rules *rules, const struct notice_options *options,
		 enum notice_format format);

/*
 * Write a /.well-known/gpc.json (Global Privacy Control): "gpc" is true if the
 * rules in force opt out by Sec-GPC: 1. `date` is YYYY-MM-DD, when that was so.
 * Returns 0, or -EIO if `out` failed.
 */
int notice_write_gpc(FILE *out, const struct rules *rules, const char *date);

/*
 * The answer to the socket's `options` verb is a line "NAME VALUE" for each
 * option: write them all, and read one. Names that are not known are skipped.
 * notice_read_option() returns 0, or -EINVAL with a message.
 */
void notice_write_options(FILE *out, const struct notice_options *options);
int notice_read_option(struct notice_options *options, const char *line, struct error *e);

#endif
