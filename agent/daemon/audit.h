/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * DATA/audit.log: who changed what, one line each: the time (UTC), the uid and
 * gid of who asked, and what was done. Nothing from visitors: page names are
 * never written, since a page that is forgotten must not live on here.
 */
#ifndef AGENT_DAEMON_AUDIT_H
#define AGENT_DAEMON_AUDIT_H

#include <sys/types.h>

#include "base/error.h"
#include "rules/rule.h"

/*
 * Open the log (0640) for appending; a line that a crash cut short is ended.
 * `data` is DATA, open. Returns a descriptor that the caller closes, or a
 * negative errno with a message.
 */
int audit_open(int data, struct error *e);

/*
 * Append one line and make it durable. `what` is printable text without a
 * newline, at most AUDIT_WHAT_MAX bytes: what is longer is cut off. Returns 0
 * or a negative errno with a message.
 */
#define AUDIT_WHAT_MAX (RULE_TEXT_MAX + 64)
int audit_write(int log, uid_t uid, gid_t gid, const char *what, struct error *e);

/* A rule's text for the log; a page's path is replaced as by audit_page(). */
void audit_rule(const struct rule *rule, char text[RULE_TEXT_MAX]);

/* What is forgotten, for the log: a site, or a number for its pages (NULL: all). And how it went. */
void audit_forget(const char *site, const char *page, const char *how, char what[AUDIT_WHAT_MAX]);

/* A random number that stands for a page, as "page-" and 16 hex digits. */
#define AUDIT_PAGE 22
void audit_page(char text[AUDIT_PAGE]);

#endif
