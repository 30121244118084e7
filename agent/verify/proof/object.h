/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A BPF object as the proof reads it: all code of the ELF file as one array of
 * instructions, references to maps and functions resolved beside it, maps
 * with their BTF types, and source lines.
 */
#ifndef AGENT_VERIFY_PROOF_OBJECT_H
#define AGENT_VERIFY_PROOF_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/error.h"

#define OBJECT_MAX_CODE 65536 /* instructions */

/* What the imm of a 64-bit load, or the target of a call, refers to. */
enum object_ref_kind {
	REF_NONE,
	REF_MAP, /* index: map */
	REF_DATA, /* index: map of a data section; add: offset in it */
	REF_CODE, /* index: instruction */
	REF_UNKNOWN, /* an external symbol */
};

struct object_ref {
	enum object_ref_kind kind;
	int index;
	__u64 add;
};

struct object_map {
	const char *name;
	enum bpf_map_type type;
	__u32 key_size, value_size;
	__u32 key_type, value_type; /* BTF; 0: none */
	int inner; /* template of the maps in this map; -1: none */
	const __u8 *data; /* data sections: initial contents; else NULL */
	bool constant; /* data that no program can write to, and that is frozen when loaded */
};

struct object_function {
	const char *name;
	int start, end; /* instructions start..end-1 */
	__u32 type; /* BTF; 0: none */
	bool global; /* the kernel verifies it apart from those that call it */
};

#define OBJECT_PARAMETERS 5 /* of a function, at most */
struct object_parameter {
	bool pointer; /* or else a number */
	__u32 size; /* of what it points to */
};

/* An array of bytes in a map's value. */
struct object_array {
	char name[112]; /* as "window.text" */
	__u64 from, to; /* bytes from..to-1 */
};

struct object_line {
	int insn;
	const char *file; /* as the compiler was given it */
	unsigned int line;
};

struct object_section {
	const char *name;
	size_t index; /* in the ELF file */
	int start, count; /* its code */
};

struct object {
	struct bpf_object *bpf;
	const struct btf *btf;
	struct bpf_insn *code;
	struct object_ref *ref; /* beside each instruction */
	int code_count;
	struct object_section *section;
	int section_count;
	struct object_function *function; /* by start */
	int function_count;
	struct object_map *map;
	int map_count;
	struct object_line *line; /* by insn */
	int line_count;
	bool relocated; /* the kernel's types decide on offsets when it is loaded (CO-RE) */
	char *names; /* owns the names that libbpf does not */
	void *elf; /* libelf's handle */
};

/*
 * Read an object. `image` must outlive it; `name` is for messages.
 * On error *o holds nothing.
 */
int object_open(struct object *o, const void *image, size_t size, const char *name,
		struct error *e);
void object_close(struct object *o);

/* The function that an instruction belongs to, or NULL. */
struct object_function *object_function_at(const struct object *o, int insn);
/* The function that an instruction calls or names, if it is one of the object's; or NULL. */
const struct object_function *object_callee(const struct object *o, int insn);
/* Where a program begins, or NULL if that is not certain. Functions of other sections may be called the same. */
const struct object_function *object_program_entry(const struct object *o, const char *program);
const struct object_section *object_section_at(const struct object *o, int insn);
/* The source line of an instruction, or NULL. */
const struct object_line *object_line_at(const struct object *o, int insn);

bool object_is_jump(const struct bpf_insn *insn); /* conditional or not; no call, no exit */
bool object_is_wide(const struct bpf_insn *insn); /* takes two places */

/* types.c: the array of bytes that bytes lo..end-1 of a map's value lie in; false: in no one. */
bool object_array_at(const struct object *o, int map, __u64 lo, __u64 end,
		     struct object_array *array);
/* The member of a struct that holds a byte, by BTF; or NULL. */
const char *object_member_at(const struct object *o, const char *type, __u64 offset);
/* These bytes of constant data are of a variable that nobody sets before loading. */
bool object_is_frozen(const struct object *o, const struct object_map *map, __u64 at,
		      unsigned int size);
/* What a function takes: how many parameters, or -1 if not only numbers and plain memory. */
int object_parameters(const struct object *o, const struct object_function *f,
		      struct object_parameter parameter[OBJECT_PARAMETERS], const char **why);

/* Steps of object_open() with files of their own. */
int object_read_elf(struct object *o, const void *image, size_t size, struct error *e);
int object_read_ext(struct object *o, const void *data, size_t size, struct error *e);

#endif
