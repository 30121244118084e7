// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the reader's calls take and yield: of helpers, and of functions that are verified apart. */
#include <string.h>

#include "verify/proof/engine.h"

void engine_return(struct state *s, struct value result)
{
	for (int r = 1; r < 6; r++)
		s->reg[r] = (struct value){.kind = VALUE_NONE};
	s->reg[0] = result;
}

/* A helper's arguments, one letter each. */
struct signature {
	__u32 helper;
	const char *arguments;
};

static const struct signature signatures[] = {
	{BPF_FUNC_map_lookup_elem, "mk"},  {BPF_FUNC_map_update_elem, "mkvn"},
	{BPF_FUNC_map_delete_elem, "mk"},  {BPF_FUNC_sk_fullsock, "s"},
	{BPF_FUNC_tcp_sock, "s"},	   {BPF_FUNC_skc_to_mptcp_sock, "s"},
	{BPF_FUNC_sk_storage_get, "moVn"}, {BPF_FUNC_sk_storage_delete, "mo"},
};

static const struct signature *signature_of(__u32 helper)
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (signatures[i].helper == helper)
			return &signatures[i];
	return NULL;
}

/* One argument; the map, if it is one, is put into *map. */
static void check_argument(struct engine *e, int insn, const struct state *s, int reg, char type,
			   int *map)
{
	struct value v = engine_use(e, insn, s, reg);
	const struct object_map *maps = e->object->map;
	const char *wants = NULL;

	switch (type) {
	case 'm':
		if (v.kind == VALUE_MAP)
			*map = (int)v.ref;
		else
			wants = "one certain map";
		break;
	case 'V':
		if (value_is_null(&v))
			break;
		/* fall through */
	case 'k':
	case 'v':
		if (*map >= 0)
			engine_reads(e, insn, s, &v,
				     type == 'k' ? maps[*map].key_size : maps[*map].value_size,
				     "hands to a helper");
		break;
	case 'o': /* also a socket of which nothing can be read */
		if (v.kind == VALUE_OPAQUE)
			break;
		/* fall through */
	case 's':
		if (v.kind != VALUE_SOCK)
			wants = "the packet's socket";
		break;
	default:
		if (v.kind != VALUE_SCALAR)
			wants = "a number";
	}
	if (wants)
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: r%d of a call is not %s", reg,
			    wants);
}

static struct value result_of(struct engine *e, int insn, struct state *s, __u32 helper, int map)
{
	const struct object_map *m = map >= 0 ? &e->object->map[map] : NULL;
	bool storage = helper == BPF_FUNC_sk_storage_get || helper == BPF_FUNC_sk_storage_delete;
	struct state none;

	if (m && (storage ? m->type != BPF_MAP_TYPE_SK_STORAGE : !policy_map(m->type)))
		engine_find(e, insn, PROOF_HELPER, "uses map %s, whose type is not allowed",
			    m->name);
	switch (helper) {
	case BPF_FUNC_map_lookup_elem:
		if (m && m->inner >= 0)
			return value_pointer(VALUE_MAP, m->inner);
		/* fall through */
	case BPF_FUNC_sk_storage_get:
		return m ? value_pointer(VALUE_MAP_VALUE, map) : value_pointer(VALUE_LOST, 0);
	case BPF_FUNC_map_update_elem:
		if (m && m->inner >= 0)
			engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: puts a map into a map");
		return value_scalar(scalar_any());
	case BPF_FUNC_sk_fullsock:
		return value_pointer(VALUE_SOCK, 0);
	case BPF_FUNC_tcp_sock:
		/* Where it yields one, the socket is one of TCP; the other way goes on alone. */
		state_copy(&none, s);
		engine_return(&none, value_scalar(scalar_const(0)));
		engine_fork(e, insn + 1, &none);
		s->facts.tcp_sock = 1;
		return value_pointer(VALUE_TCP_SOCK, 0);
	case BPF_FUNC_skc_to_mptcp_sock:
		return value_pointer(VALUE_OPAQUE, 0);
	default:
		return value_scalar(scalar_any());
	}
}

void engine_helper(struct engine *e, int insn, struct state *s)
{
	__u32 helper = e->object->code[insn].imm;
	const struct signature *signature = signature_of(helper);
	int map = -1;

	if (!policy_helper(e->policy->helpers, helper)) {
		engine_find(e, insn, PROOF_HELPER, "calls %s, which is not allowed%s",
			    policy_helper_name(helper),
			    helper == BPF_FUNC_loop ? " in the reader" : "");
		engine_return(s, value_scalar(scalar_any()));
	} else if (helper == BPF_FUNC_skb_load_bytes) {
		packet_load_bytes(e, insn, s);
	} else if (signature) {
		for (int i = 0; signature->arguments[i]; i++)
			check_argument(e, insn, s, i + 1, signature->arguments[i], &map);
		engine_return(s, result_of(e, insn, s, helper, map));
	} else {
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: what %s does is not known",
			    policy_helper_name(helper));
		engine_return(s, value_scalar(scalar_any()));
	}
}

static const char *const kinds[] = {
	[VALUE_SCALAR] = "a number",
	[VALUE_CTX] = "the context",
	[VALUE_STACK] = "a pointer to memory",
	[VALUE_MAP] = "a map",
	[VALUE_MAP_VALUE] = "a pointer to memory",
	[VALUE_PACKET] = "a pointer into the packet",
	[VALUE_PACKET_END] = "a pointer into the packet",
	[VALUE_SOCK] = "a socket",
	[VALUE_TCP_SOCK] = "a socket",
	[VALUE_OPAQUE] = "a socket",
	[VALUE_LOST] = "what may be several kinds of pointer",
};

void engine_call_apart(struct engine *e, int insn, struct state *s, const struct object_function *f)
{
	struct object_parameter parameter[OBJECT_PARAMETERS];
	const char *why;
	int count = object_parameters(e->object, f, parameter, &why);

	if (count < 0)
		engine_find(e, insn, PROOF_UNKNOWN,
			    "hands to function %s what may be more than numbers and memory: %s",
			    f->name, why);
	for (int i = 0; i < count; i++) {
		struct value v = engine_use(e, insn, s, i + 1);
		bool memory = v.kind == VALUE_STACK || v.kind == VALUE_MAP_VALUE;

		if (parameter[i].pointer ? !memory && !value_is_null(&v) : v.kind != VALUE_SCALAR)
			engine_find(e, insn, PROOF_HELPER,
				    "hands %s to function %s, parameter %d, which may be given %s",
				    kinds[v.kind], f->name, i + 1,
				    parameter[i].pointer ? "memory of its own or of a map only"
							 : "a number only");
		else if (v.kind == VALUE_STACK &&
			 engine_reads(e, insn, s, &v, parameter[i].size, "hands to a function"))
			engine_overwrites(e, insn, s, &v, parameter[i].size, true);
	}
	engine_return(s, value_scalar(scalar_any()));
}
