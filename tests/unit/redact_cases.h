/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Reads tests/corpus/redact.tsv, for the unit and kernel tests of redaction. */
#ifndef REDACT_CASES_H
#define REDACT_CASES_H

#include <stdio.h>
#include <string.h>

#define REDACT_CASES "tests/corpus/redact.tsv"
#define REDACT_CASES_MAX 1000

struct redact_case {
	char raw[256];
	char name[128];
};

/* Read the cases, at most REDACT_CASES_MAX; returns how many, or -1 if the file is not as it should be. */
static inline int redact_cases_read(struct redact_case *cases)
{
	FILE *file = fopen(REDACT_CASES, "r");
	char line[512];
	int n = 0;

	if (!file) {
		perror(REDACT_CASES " (run from the project's folder)");
		return -1;
	}
	while (n >= 0 && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (!*line || *line == '#')
			continue;
		if (n == REDACT_CASES_MAX ||
		    sscanf(line, "%255[^\t]\t%127[^\t]", cases[n].raw, cases[n].name) != 2)
			n = -1;
		else
			n++;
	}
	fclose(file);
	return n;
}

#endif
