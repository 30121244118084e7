// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Source lines from .BTF.ext (layout: Documentation/bpf/btf.rst of Linux). */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

struct ext_header {
	__u16 magic;
	__u8 version, flags;
	__u32 header_size;
	__u32 func_offset, func_size;
	__u32 line_offset, line_size;
	__u32 core_offset, core_size; /* if header_size tells that they are there */
};

struct line_section {
	__u32 name; /* of the code section */
	__u32 count;
};

static const struct object_section *section_named(const struct object *o, const char *name)
{
	for (int i = 0; name && i < o->section_count; i++)
		if (!strcmp(o->section[i].name, name))
			return &o->section[i];
	return NULL;
}

static int add_line(struct object *o, const struct object_section *s,
		    const struct bpf_line_info *info)
{
	__u32 at = info->insn_off / sizeof(struct bpf_insn);
	struct object_line *grown;

	if (!s || at >= (__u32)s->count)
		return 0;
	grown = realloc(o->line, (o->line_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	o->line = grown;
	o->line[o->line_count++] = (struct object_line){
		.insn = s->start + at,
		.file = btf__name_by_offset(o->btf, info->file_name_off),
		.line = BPF_LINE_INFO_LINE_NUM(info->line_col),
	};
	return 0;
}

static int by_insn(const void *a, const void *b)
{
	const struct object_line *x = a, *y = b;

	return x->insn < y->insn ? -1 : x->insn > y->insn;
}

int object_read_lines(struct object *o, const void *data, size_t size, struct error *e)
{
	struct ext_header header;
	const char *p, *end;
	__u32 record;

	if (size < offsetof(struct ext_header, core_offset) || !o->btf)
		return 0;
	memset(&header, 0, sizeof(header));
	memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
	o->relocated = header.header_size >= sizeof(header) && header.core_size;
	if (header.header_size < offsetof(struct ext_header, core_offset) ||
	    header.header_size > size || header.line_offset > size - header.header_size ||
	    header.line_size > size - header.header_size - header.line_offset ||
	    header.line_size < sizeof(record))
		return error_set(e, EINVAL, "its line information is damaged");
	p = (const char *)data + header.header_size + header.line_offset;
	end = p + header.line_size;
	memcpy(&record, p, sizeof(record));
	p += sizeof(record);
	if (record < sizeof(struct bpf_line_info))
		return error_set(e, EINVAL, "its line information is damaged");
	while ((size_t)(end - p) >= sizeof(struct line_section)) {
		const struct object_section *s;
		struct line_section head;

		memcpy(&head, p, sizeof(head));
		p += sizeof(head);
		s = section_named(o, btf__name_by_offset(o->btf, head.name));
		for (; head.count && (size_t)(end - p) >= record; head.count--, p += record) {
			struct bpf_line_info info;

			memcpy(&info, p, sizeof(info));
			if (add_line(o, s, &info))
				return -ENOMEM;
		}
	}
	if (o->line_count)
		qsort(o->line, o->line_count, sizeof(*o->line), by_insn);
	return 0;
}
