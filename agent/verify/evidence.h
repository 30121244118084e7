/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the checks of `verify` found, kept until it is printed: one sentence a
 * check, its result, and lines of detail. No address and no visitor's text goes
 * in here.
 */
#ifndef AGENT_VERIFY_EVIDENCE_H
#define AGENT_VERIFY_EVIDENCE_H

#include <stdbool.h>
#include <stdio.h>

/* How a check knows what it says. */
enum evidence_kind {
	EVIDENCE_PROVED, /* for all inputs, by interpretation of the instructions */
	EVIDENCE_TESTED, /* for the inputs that were tried */
	EVIDENCE_COMPARED, /* of what the kernel says is there now */
	EVIDENCE_SEARCHED, /* in files */
};

enum evidence_result {
	EVIDENCE_HOLDS,
	EVIDENCE_FAILS,
	EVIDENCE_SKIPPED, /* could not be checked here, and nobody asked for it by name */
	EVIDENCE_NOTED, /* to know; neither good nor bad */
};

struct check {
	const char *name; /* a short word, the same from release to release */
	enum evidence_kind kind;
	enum evidence_result result;
	char *text; /* one sentence */
	char **detail;
	int details;
};

/* All zero: nothing was checked. */
struct evidence {
	struct check *check;
	int checks;
	bool incomplete; /* memory ran out: what is here is not all */
};

/* Add a check; `name` must stay. */
void evidence_add(struct evidence *ev, const char *name, enum evidence_kind kind,
		  enum evidence_result result, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* The check added last fails after all; its text becomes this one. */
void evidence_fail(struct evidence *ev, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Add a line to the check added last. */
void evidence_detail(struct evidence *ev, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Does nothing that was checked fail? Was anything skipped? */
bool evidence_holds(const struct evidence *ev);
bool evidence_skipped(const struct evidence *ev);

/* The checks of one kind as lines of text, or all as a JSON array. */
void evidence_print_text(FILE *out, const struct evidence *ev, enum evidence_kind kind);
void evidence_print_json(FILE *out, const struct evidence *ev);

void evidence_free(struct evidence *ev);

#endif
