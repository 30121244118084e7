/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The report's HTML, carried in the binary: agent/web/report.html with the
 * style sheet, the script, the data and a nonce put where it names them.
 */
#ifndef AGENT_REPORT_REPORT_PAGE_H
#define AGENT_REPORT_REPORT_PAGE_H

#include <stdio.h>

/*
 * Write the page. `data` writes the JSON at its place. The nonce, which the
 * page's Content-Security-Policy demands of each script, is new each time, so
 * that no name could carry it. Returns 0 or -errno if there is no randomness;
 * the caller checks `out` for errors.
 */
int report_page_write(FILE *out, void (*data)(void *arg, FILE *out), void *arg);

#endif
