// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The ELF side of a BPF object: code sections as one array, functions from
 * the symbol table, relocations resolved as libbpf does when it loads.
 */
#include <errno.h>
#include <libelf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "verify/proof/object.h"

/* Relocation types of the BPF psABI that stand in executable sections. */
#define R_BPF_64_64 1
#define R_BPF_64_32 10

struct reader {
	struct object *o;
	Elf *elf;
	size_t names; /* section that names sections */
	Elf_Data *symbols;
	size_t symbol_names; /* section that names symbols */
	size_t symbol_count;
};

static int add_section(struct reader *r, Elf_Scn *scn, const GElf_Shdr *header, struct error *e)
{
	struct object *o = r->o;
	Elf_Data *data = elf_getdata(scn, NULL);
	const char *name = elf_strptr(r->elf, r->names, header->sh_name);
	size_t count = header->sh_size / sizeof(struct bpf_insn);
	void *grown;

	if (!data || !name || data->d_size != header->sh_size ||
	    header->sh_size % sizeof(struct bpf_insn) || count > OBJECT_MAX_CODE ||
	    o->code_count + count > OBJECT_MAX_CODE)
		return error_set(e, EINVAL, "a code section is cut or too large");
	grown = realloc(o->code, (o->code_count + count + 1) * sizeof(*o->code));
	if (!grown)
		return -ENOMEM;
	o->code = grown;
	grown = realloc(o->section, (o->section_count + 1) * sizeof(*o->section));
	if (!grown)
		return -ENOMEM;
	o->section = grown;
	if (count)
		memcpy(o->code + o->code_count, data->d_buf, header->sh_size);
	o->section[o->section_count++] = (struct object_section){
		.name = name,
		.index = elf_ndxscn(scn),
		.start = o->code_count,
		.count = count,
	};
	o->code_count += count;
	return 0;
}

/* No other section that is loaded has the same name: which one is meant would not be certain. */
static int check_name(struct reader *r, Elf_Scn *scn, const GElf_Shdr *header, struct error *e)
{
	const char *name = elf_strptr(r->elf, r->names, header->sh_name), *other_name;
	Elf_Scn *other = NULL;
	GElf_Shdr h;

	if (!name)
		return error_set(e, EINVAL, "a section has no name");
	while ((other = elf_nextscn(r->elf, other)) && other != scn)
		if (gelf_getshdr(other, &h) && (h.sh_flags & header->sh_flags & SHF_ALLOC) &&
		    (other_name = elf_strptr(r->elf, r->names, h.sh_name)) &&
		    !strcmp(name, other_name))
			return error_set(e, EINVAL, "two sections are called '%s'", name);
	return 0;
}

static int find_sections(struct reader *r, struct error *e)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	int err;

	while ((scn = elf_nextscn(r->elf, scn))) {
		if (!gelf_getshdr(scn, &header))
			return error_set(e, EINVAL, "a section header is damaged");
		if (header.sh_type == SHT_SYMTAB) {
			r->symbols = elf_getdata(scn, NULL);
			r->symbol_names = header.sh_link;
			r->symbol_count = header.sh_entsize ? header.sh_size / header.sh_entsize
							    : 0;
		}
		err = check_name(r, scn, &header, e);
		if (err)
			return err;
		if (header.sh_type != SHT_PROGBITS || !(header.sh_flags & SHF_EXECINSTR))
			continue;
		err = add_section(r, scn, &header, e);
		if (err)
			return err;
	}
	if (!r->symbols || !r->o->code_count)
		return error_set(e, EINVAL, "it has no code or no symbol table");
	r->o->ref = calloc(r->o->code_count, sizeof(*r->o->ref));
	return r->o->ref ? 0 : -ENOMEM;
}

static struct object_section *section_of(struct object *o, size_t index)
{
	for (int i = 0; i < o->section_count; i++)
		if (o->section[i].index == index)
			return &o->section[i];
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct object_function *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int find_functions(struct reader *r, struct error *e)
{
	struct object *o = r->o;

	o->function = calloc(r->symbol_count + 1, sizeof(*o->function));
	if (!o->function)
		return -ENOMEM;
	for (size_t i = 0; i < r->symbol_count; i++) {
		struct object_section *s;
		const char *name;
		GElf_Sym sym;
		size_t start, count;

		if (!gelf_getsym(r->symbols, i, &sym) || GELF_ST_TYPE(sym.st_info) != STT_FUNC)
			continue;
		s = section_of(o, sym.st_shndx);
		name = elf_strptr(r->elf, r->symbol_names, sym.st_name);
		start = sym.st_value / sizeof(struct bpf_insn);
		count = sym.st_size / sizeof(struct bpf_insn);
		if (!s || !name || !count || start > (size_t)s->count || count > s->count - start)
			return error_set(e, EINVAL, "a function lies outside its section");
		o->function[o->function_count++] = (struct object_function){
			.name = name,
			.start = s->start + start,
			.end = s->start + start + count,
			.global = GELF_ST_BIND(sym.st_info) != STB_LOCAL &&
				  GELF_ST_VISIBILITY(sym.st_other) == STV_DEFAULT,
		};
	}
	qsort(o->function, o->function_count, sizeof(*o->function), by_start);
	return 0;
}

static int map_named(const struct object *o, const char *name)
{
	for (int i = 0; i < o->map_count; i++)
		if (!strcmp(o->map[i].name, name))
			return i;
	return -1;
}

/*
 * libbpf names a data section's map as the section, with "object" (our choice) in front
 * where the section's name has no second dot.
 */
static int data_map(const struct object *o, const char *section)
{
	for (int i = 0; i < o->map_count; i++) {
		const char *name = o->map[i].name;

		if (o->map[i].data && !strcmp(strchr(name, '.') ?: "", section))
			return i;
	}
	return -1;
}

static struct object_ref resolve(struct reader *r, const GElf_Sym *sym, const struct bpf_insn *insn,
				 int call)
{
	struct object *o = r->o;
	struct object_ref ref = {.kind = REF_UNKNOWN};
	struct object_section *code = section_of(o, sym->st_shndx);
	Elf_Scn *scn = elf_getscn(r->elf, sym->st_shndx);
	const char *name = elf_strptr(r->elf, r->symbol_names, sym->st_name);
	const char *section = NULL;
	GElf_Shdr header;

	/* libbpf takes functions that are called from ".text" alone. */
	if (code && strcmp(code->name, ".text"))
		return ref;
	if (code) {
		__s64 target = (__s64)sym->st_value / (__s64)sizeof(*insn) + code->start;

		target += call ? insn->imm + 1LL : insn->imm / (int)sizeof(*insn);
		if (target < code->start || target >= code->start + code->count)
			return ref;
		return (struct object_ref){.kind = REF_CODE, .index = target};
	}
	if (call || sym->st_shndx == SHN_UNDEF || !scn || !gelf_getshdr(scn, &header))
		return ref;
	section = elf_strptr(r->elf, r->names, header.sh_name);
	if (!section)
		return ref;
	if (!strcmp(section, ".maps"))
		ref.index = name ? map_named(o, name) : -1;
	else
		ref.index = data_map(o, section);
	if (ref.index < 0)
		return ref;
	ref.kind = strcmp(section, ".maps") ? REF_DATA : REF_MAP;
	if (ref.kind == REF_DATA)
		ref.add = sym->st_value + (__u32)insn->imm;
	return ref;
}

static int read_relocations(struct reader *r, Elf_Scn *scn, const GElf_Shdr *header,
			    struct error *e)
{
	struct object_section *s = section_of(r->o, header->sh_info);
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	if (!s)
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct bpf_insn *insn;
		unsigned int type;
		GElf_Rel rel;
		GElf_Sym sym;
		size_t at;
		bool call;

		if (!data || !gelf_getrel(data, i, &rel) ||
		    !gelf_getsym(r->symbols, GELF_R_SYM(rel.r_info), &sym))
			return error_set(e, EINVAL, "a relocation is damaged");
		type = GELF_R_TYPE(rel.r_info);
		at = rel.r_offset / sizeof(*insn);
		if (at >= (size_t)s->count || (type != R_BPF_64_64 && type != R_BPF_64_32))
			return error_set(e, EINVAL, "a relocation is of an unknown kind");
		if (r->o->ref[s->start + at].kind != REF_NONE)
			return error_set(e, EINVAL, "an instruction has two relocations");
		insn = &r->o->code[s->start + at];
		call = insn->code == (BPF_JMP | BPF_CALL);
		if (call != (type == R_BPF_64_32))
			return error_set(e, EINVAL, "a relocation does not fit its instruction");
		r->o->ref[s->start + at] = resolve(r, &sym, insn, call);
	}
	return 0;
}

static int read_extras(struct reader *r, struct error *e)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	int err = 0;

	while (!err && (scn = elf_nextscn(r->elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &header))
			return error_set(e, EINVAL, "a section header is damaged");
		name = elf_strptr(r->elf, r->names, header.sh_name);
		/* libbpf goes by the name, whatever the section's type. */
		if (name && !strcmp(name, ".BTF.ext")) {
			Elf_Data *data = elf_getdata(scn, NULL);

			if (data)
				err = object_read_ext(r->o, data->d_buf, data->d_size, e);
		} else if (header.sh_type == SHT_REL) {
			err = read_relocations(r, scn, &header, e);
		}
	}
	return err;
}

/* Calls within ".text" carry no relocation; elsewhere libbpf takes them for calls into it. */
static int link_calls(struct object *o, struct error *e)
{
	for (int i = 0; i < o->code_count; i++) {
		const struct bpf_insn *insn = &o->code[i];
		__s64 target = i + 1LL + insn->imm;

		if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg != BPF_PSEUDO_CALL ||
		    o->ref[i].kind != REF_NONE)
			continue;
		if (target < 0 || target >= o->code_count ||
		    strcmp(object_section_at(o, i)->name, ".text") ||
		    object_section_at(o, i) != object_section_at(o, target))
			return error_set(e, EINVAL,
					 "a call without relocation leads out of the functions");
		o->ref[i] = (struct object_ref){.kind = REF_CODE, .index = target};
	}
	return 0;
}

int object_read_elf(struct object *o, const void *image, size_t size, struct error *e)
{
	struct reader r = {.o = o};
	int err;

	elf_version(EV_CURRENT);
	r.elf = elf_memory((char *)image, size);
	o->elf = r.elf;
	if (!r.elf || elf_getshdrstrndx(r.elf, &r.names))
		return error_set(e, EINVAL, "not an ELF file");
	err = find_sections(&r, e);
	if (!err)
		err = find_functions(&r, e);
	if (!err)
		err = read_extras(&r, e);
	if (!err)
		err = link_calls(o, e);
	return err;
}
