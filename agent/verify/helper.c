// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What helpers do to the state. */
#include <string.h>

#include "engine.h"

__u32 engine_id(int insn, int which)
{
	/* Above the ids that joins give, which number places (state.c). */
	return 0x4000 + (__u32)insn * 4 + which;
}

struct value engine_use(struct engine *e, int insn, const struct state *s, int reg)
{
	if (reg < STATE_REGS && s->reg[reg].kind != VALUE_NONE)
		return s->reg[reg];
	engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: r%d may never have been written", reg);
	return value_scalar(num_any(), TAINT_PAYLOAD);
}

void engine_return(struct engine *e, int insn, struct state *s, struct value result)
{
	state_forget_id(&e->machine, s, engine_id(insn, 0));
	if (value_is_pointer(&result) && result.null)
		result.id = engine_id(insn, 0);
	memset(&s->reg[1], 0, 5 * sizeof(s->reg[0]));
	s->reg[0] = result;
}

static struct value number(void)
{
	return value_scalar(num_any(), TAINT_NONE);
}

static int map_argument(struct engine *e, int insn, const struct state *s)
{
	struct value map = engine_use(e, insn, s, BPF_REG_1);

	if (map.kind == VALUE_MAP)
		return map.ref;
	engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: it is not certain which map is used");
	return -1;
}

/* What a key of which payload is a part says of the entry that it finds. */
static __u16 chosen_by(struct engine *e, int insn, const struct state *s, int map)
{
	struct value key = engine_use(e, insn, s, BPF_REG_2);
	struct value v = {0};
	unsigned int size = e->object->map[map].key_size;

	if (key.kind == VALUE_STACK && num_is_const(&key.num))
		v = state_load(s, key.ref, (int)key.num.umin, size);
	else if (key.kind == VALUE_MAP_VALUE)
		v = engine_map_load(e, key.ref, &key.num, size);
	if (v.kind == VALUE_NONE)
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: a key may be made of what was never written");
	return v.kind == VALUE_NONE || v.taint ? TAINT_CHOSEN : TAINT_NONE;
}

static bool is_array(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool holds_maps(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static bool holds_values(enum bpf_map_type type)
{
	return is_array(type) || type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_SK_STORAGE;
}

static struct value map_lookup(struct engine *e, int insn, struct state *s)
{
	int index = map_argument(e, insn, s);
	const struct object_map *map;
	__u16 chosen;
	struct value v;

	if (index < 0)
		return value_pointer(VALUE_LOST, 0, true);
	map = &e->object->map[index];
	chosen = chosen_by(e, insn, s, index);
	if (holds_maps(map->type) && map->inner >= 0)
		return value_pointer(VALUE_MAP, map->inner, true);
	if (!holds_values(map->type)) {
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: map %s is of a type that yields "
			    "what is not known",
			    map->name);
		return value_pointer(VALUE_LOST, 0, true);
	}
	v = value_pointer(VALUE_MAP_VALUE, index, true);
	v.taint = chosen;
	return v;
}

static void land_argument(struct engine *e, int insn, const struct state *s, int map,
			  enum land_part part, int reg)
{
	const struct object_map *m = &e->object->map[map];
	struct value from = engine_use(e, insn, s, reg);
	struct store store = {
		.part = part,
		.map = map,
		.at = num_const(0),
		.size = part == LAND_KEY ? m->key_size : m->value_size,
		.from = &from,
	};

	engine_land(e, insn, s, &store);
}

static struct value map_update(struct engine *e, int insn, struct state *s)
{
	int index = map_argument(e, insn, s);

	if (index < 0)
		return number();
	if (!holds_values(e->object->map[index].type)) {
		engine_find(e, insn, PROOF_UNKNOWN,
			    "cannot prove: map %s is of a type that takes "
			    "what is not known",
			    e->object->map[index].name);
		return number();
	}
	land_argument(e, insn, s, index, LAND_KEY, BPF_REG_2);
	land_argument(e, insn, s, index, LAND_VALUE, BPF_REG_3);
	return value_scalar(num_signed(-4095, 0), TAINT_NONE);
}

static struct value map_delete(struct engine *e, int insn, struct state *s)
{
	int index = map_argument(e, insn, s);

	if (index >= 0)
		chosen_by(e, insn, s, index);
	return value_scalar(num_signed(-4095, 0), TAINT_NONE);
}

static struct value storage_get(struct engine *e, int insn, struct state *s)
{
	int index = map_argument(e, insn, s);
	struct value first = engine_use(e, insn, s, BPF_REG_3);
	bool none = first.kind == VALUE_SCALAR && num_is_const(&first.num) && !first.num.umin;

	if (index < 0)
		return value_pointer(VALUE_LOST, 0, true);
	if (!none)
		land_argument(e, insn, s, index, LAND_VALUE, BPF_REG_3);
	return value_pointer(VALUE_MAP_VALUE, index, true);
}

static const char *helper_name(__u32 helper)
{
#define HELPER_NAME(name) "bpf_" #name
	static const char *const names[] = {__BPF_FUNC_MAPPER(HELPER_NAME)};
#undef HELPER_NAME

	return helper < sizeof(names) / sizeof(names[0]) ? names[helper] : "an unknown helper";
}

/* What an allowed helper returns, and does besides. */
static struct value result_of(struct engine *e, int insn, struct state *s, __u32 helper)
{
	switch (helper) {
	case BPF_FUNC_map_lookup_elem:
		return map_lookup(e, insn, s);
	case BPF_FUNC_map_update_elem:
		return map_update(e, insn, s);
	case BPF_FUNC_map_delete_elem:
		return map_delete(e, insn, s);
	case BPF_FUNC_sk_storage_get:
		return storage_get(e, insn, s);
	case BPF_FUNC_sk_fullsock:
		return value_pointer(VALUE_SOCK, 0, true);
	case BPF_FUNC_tcp_sock:
		return value_pointer(VALUE_TCP_SOCK, 0, true);
	case BPF_FUNC_spin_lock:
	case BPF_FUNC_spin_unlock:
	case BPF_FUNC_sk_storage_delete:
		return number();
	default:
		engine_find(e, insn, PROOF_UNKNOWN, "cannot prove: what %s does is not known",
			    helper_name(helper));
		return number();
	}
}

void engine_helper(struct engine *e, int insn, struct state *s)
{
	const struct bpf_insn *i = &e->object->code[insn];
	struct value r = number();

	if (i->src_reg)
		engine_find(e, insn, PROOF_HELPER,
			    "calls a kernel function (kfunc): none is allowed");
	else if (!policy_helper(e->policy, i->imm))
		engine_find(e, insn, PROOF_HELPER, "calls %s, which is not allowed",
			    helper_name(i->imm));
	else
		r = result_of(e, insn, s, i->imm);
	engine_return(e, insn, s, r);
}
