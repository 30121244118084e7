// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Functions that the kernel verifies apart from the reader, and all that these call: they can
 * reach no packet, socket or context, since they are given none and no helper that they may
 * call yields one. What they do with numbers, and with payload in maps, is not followed.
 */
#include <errno.h>
#include <stdlib.h>

#include "verify/proof/subprogram.h"

/* The load of a constant; the address of a function may go to bpf_loop. */
static void check_constant(struct engine *e, int insn)
{
	const struct object_ref *ref = &e->object->ref[insn];
	const struct object_map *map =
		ref->kind == REF_MAP || ref->kind == REF_DATA ? &e->object->map[ref->index] : NULL;

	if (map && !policy_map(map->type))
		engine_find(e, insn, PROOF_HELPER,
			    "uses map %s in a function that is verified apart, where its type is "
			    "not allowed",
			    map->name);
	else if (!map && ref->kind == REF_CODE && !object_callee(e->object, insn))
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: takes the address of code that is no function");
	else if (!map && ref->kind != REF_CODE &&
		 (ref->kind != REF_NONE || e->object->code[insn].src_reg))
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: refers to an external symbol, of the kernel's perhaps");
}

static void check_call(struct engine *e, int insn)
{
	const struct bpf_insn *i = &e->object->code[insn];
	bool helper = !i->src_reg && e->object->ref[insn].kind == REF_NONE;

	if (helper && !policy_helper(policy_apart, i->imm))
		engine_find(e, insn, PROOF_HELPER,
			    "calls %s, which is not allowed in a function that is verified apart",
			    policy_helper_name(i->imm));
	else if (!helper && !object_callee(e->object, insn))
		engine_find(e, insn, PROOF_HELPER,
			    "calls a kernel function (kfunc) or something else outside of the "
			    "object: none is allowed");
}

static void check_instruction(struct engine *e, int insn)
{
	const struct bpf_insn *i = &e->object->code[insn];
	unsigned int class = BPF_CLASS(i->code), mode = BPF_MODE(i->code);

	if (object_is_wide(i))
		check_constant(e, insn);
	else if (class == BPF_LD)
		engine_find(e, insn, PROOF_PACKET,
			    "loads packet bytes by a legacy instruction (LD_ABS or LD_IND)");
	else if (i->code == (BPF_JMP | BPF_CALL))
		check_call(e, insn);
	else if ((class == BPF_LDX || class == BPF_ST || class == BPF_STX) && mode != BPF_MEM &&
		 (class != BPF_STX || mode != BPF_ATOMIC))
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: unknown access 0x%02x", i->code);
	else if (class == BPF_JMP && BPF_OP(i->code) == BPF_CALL)
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: unknown call 0x%02x", i->code);
}

static void check_prototype(struct engine *e, const struct object_function *f)
{
	struct object_parameter parameter[OBJECT_PARAMETERS];
	const char *why;

	if (object_parameters(e->object, f, parameter, &why) < 0)
		engine_find(e, f->start, PROOF_HELPER,
			    "function %s could be given more than numbers and memory: %s", f->name,
			    why);
}

/* What a function was reached as. */
#define SEEN_READER 1
#define SEEN_APART 2

/* Follow all that a function names: calls, and addresses of functions. */
static void reach(struct engine *e, const struct object_function *f, unsigned char *seen, int as)
{
	unsigned char *mine = &seen[f - e->object->function];

	if (*mine & as)
		return;
	e->proof->reader += as == SEEN_READER ? f->end - f->start : 0;
	e->proof->instructions += *mine ? 0 : f->end - f->start;
	*mine |= as;
	if (as == SEEN_APART && f->global)
		check_prototype(e, f);
	for (int i = f->start; i < f->end; i++) {
		const struct object_function *callee = object_callee(e->object, i);

		if (as == SEEN_APART)
			check_instruction(e, i);
		if (callee)
			reach(e, callee, seen, callee->global ? SEEN_APART : as);
		i += object_is_wide(&e->object->code[i]);
	}
}

int apart_check(struct engine *e, const struct object_function *entry)
{
	unsigned char *seen = calloc(e->object->function_count, 1);

	if (!seen)
		return -ENOMEM;
	reach(e, entry, seen, SEEN_READER);
	free(seen);
	return 0;
}
