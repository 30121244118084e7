// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Findings: what is wrong, and where. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/proof/engine.h"

#define FINDINGS_MAX 256

static void describe_place(const struct engine *e, int insn, struct proof_finding *f)
{
	const struct object_section *s = object_section_at(e->object, insn);
	const struct object_line *line = object_line_at(e->object, insn);
	int used =
		snprintf(f->where, sizeof(f->where), "instruction %d", s ? insn - s->start : insn);

	f->insn = insn;
	/* Numbers are by section, as disassemblers give them; the program's own goes without. */
	if (s && strcmp(s->name, e->proof->section))
		used += snprintf(f->where + used, sizeof(f->where) - used, " of %s", s->name);
	if (line && line->file)
		snprintf(f->where + used, sizeof(f->where) - used, " (%s:%u)", line->file,
			 line->line);
}

/* One finding is enough for an instruction; the first is of the case that was checked least. */
static bool known(const struct proof *p, const struct proof_finding *f)
{
	for (int i = 0; i < p->finding_count; i++)
		if (p->findings[i].insn == f->insn)
			return true;
	return false;
}

void engine_find(struct engine *e, int insn, enum proof_reason reason, const char *format, ...)
{
	struct proof_finding f = {.reason = reason}, *grown;
	struct proof *p = e->proof;
	va_list args;

	if (!e->reporting)
		return;
	va_start(args, format);
	vsnprintf(f.text, sizeof(f.text), format, args);
	va_end(args);
	describe_place(e, insn, &f);
	p->proven = false;
	if (p->finding_count == FINDINGS_MAX || known(p, &f))
		return;
	grown = realloc(p->findings, (p->finding_count + 1) * sizeof(*grown));
	if (!grown) {
		e->exhausted = true;
		return;
	}
	p->findings = grown;
	p->findings[p->finding_count++] = f;
}
