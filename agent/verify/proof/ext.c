// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * .BTF.ext of an object (layout: Documentation/bpf/btf.rst of Linux): source lines, and which
 * BTF type is which function's. By the latter the kernel tells what it verifies apart.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "verify/proof/object.h"

struct ext_header {
	__u16 magic;
	__u8 version, flags;
	__u32 header_size;
	__u32 func_offset, func_size;
	__u32 line_offset, line_size;
	__u32 core_offset, core_size; /* if header_size tells that they are there */
};

struct info_section {
	__u32 name; /* of the code section */
	__u32 count;
};

typedef int (*info_fn)(struct object *o, const struct object_section *s, const void *record,
		       struct error *e);

static const struct object_section *section_named(const struct object *o, const char *name)
{
	for (int i = 0; name && i < o->section_count; i++)
		if (!strcmp(o->section[i].name, name))
			return &o->section[i];
	return NULL;
}

static int add_line(struct object *o, const struct object_section *s, const void *record,
		    struct error *e)
{
	const struct bpf_line_info *info = record;
	struct object_line *grown;

	(void)e;
	grown = realloc(o->line, (o->line_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	o->line = grown;
	o->line[o->line_count++] = (struct object_line){
		.insn = s->start + (int)(info->insn_off / sizeof(struct bpf_insn)),
		.file = btf__name_by_offset(o->btf, info->file_name_off),
		.line = BPF_LINE_INFO_LINE_NUM(info->line_col),
	};
	return 0;
}

static int add_function(struct object *o, const struct object_section *s, const void *record,
			struct error *e)
{
	const struct bpf_func_info *info = record;
	int at = s->start + (int)(info->insn_off / sizeof(struct bpf_insn));
	const struct btf_type *t = btf__type_by_id(o->btf, info->type_id);
	struct object_function *f = object_function_at(o, at);

	if (!f || f->start != at || !t || !btf_is_func(t) || f->type)
		return error_set(e, EINVAL, "its types of functions do not fit its functions");
	f->type = info->type_id;
	/* Hidden symbols are made static by libbpf when it loads. */
	f->global &= btf_vlen(t) == BTF_FUNC_GLOBAL;
	return 0;
}

/* Visit all records of one kind. */
static int visit(struct object *o, const char *p, __u32 size, __u32 least, info_fn fn,
		 struct error *e)
{
	const char *end = p + size;
	__u32 record, first;

	if (size < sizeof(record))
		return 0;
	memcpy(&record, p, sizeof(record));
	p += sizeof(record);
	if (record < least || record > 4096)
		return error_set(e, EINVAL, "its .BTF.ext is damaged");
	while ((size_t)(end - p) >= sizeof(struct info_section)) {
		const struct object_section *s;
		struct info_section head;
		__u32 copy[8];
		int r = 0;

		memcpy(&head, p, sizeof(head));
		p += sizeof(head);
		s = section_named(o, btf__name_by_offset(o->btf, head.name));
		for (; !r && head.count && (size_t)(end - p) >= record; head.count--, p += record) {
			memcpy(copy, p, least);
			first = copy[0];
			if (s && first / sizeof(struct bpf_insn) < (size_t)s->count)
				r = fn(o, s, copy, e);
		}
		if (r)
			return r;
	}
	return 0;
}

static int by_insn(const void *a, const void *b)
{
	const struct object_line *x = a, *y = b;

	return x->insn < y->insn ? -1 : x->insn > y->insn;
}

/* A part of what follows the header; NULL: it is not all there. */
static const char *part(const void *data, size_t size, const struct ext_header *header,
			__u32 offset, __u32 length)
{
	size_t room = size - header->header_size;

	return offset <= room && length <= room - offset
		       ? (const char *)data + header->header_size + offset
		       : NULL;
}

int object_read_ext(struct object *o, const void *data, size_t size, struct error *e)
{
	struct ext_header header;
	const char *functions, *lines;
	int r;

	if (size < offsetof(struct ext_header, core_offset) || !o->btf)
		return 0;
	memset(&header, 0, sizeof(header));
	memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
	o->relocated = header.header_size >= sizeof(header) && header.core_size;
	if (header.header_size < offsetof(struct ext_header, core_offset) ||
	    header.header_size > size)
		return error_set(e, EINVAL, "its .BTF.ext is damaged");
	functions = part(data, size, &header, header.func_offset, header.func_size);
	lines = part(data, size, &header, header.line_offset, header.line_size);
	if (!functions || !lines)
		return error_set(e, EINVAL, "its .BTF.ext is damaged");
	r = visit(o, functions, header.func_size, sizeof(struct bpf_func_info), add_function, e);
	if (!r)
		r = visit(o, lines, header.line_size, sizeof(struct bpf_line_info), add_line, e);
	if (o->line_count)
		qsort(o->line, o->line_count, sizeof(*o->line), by_insn);
	return r;
}
