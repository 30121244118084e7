// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What `verify --scan` prints. Addresses come masked; file names may hold anything. */
#include <inttypes.h>

#include "base/json.h"
#include "verify/scan/scan.h"
#include "verify/scan/scan_print.h"

struct printer {
	FILE *out;
	const char *comma; /* before the next JSON element */
};

/* A file's name, without what a terminal would act on. */
static void print_path(FILE *out, const char *path)
{
	for (; *path; path++)
		fputc((unsigned char)*path < ' ' || *path == 0x7f ? '?' : *path, out);
}

static void print_line(const struct scan_found *found, void *arg)
{
	struct printer *p = arg;

	print_path(p->out, found->path);
	if (found->unreadable)
		fprintf(p->out, ": not read: %s\n", found->unreadable);
	else if (!found->line)
		fprintf(p->out, ": %s address %s in the name (%s)\n",
			found->family == AF_INET ? "IPv4" : "IPv6", found->masked,
			address_class_name(found->class));
	else
		fprintf(p->out, ":%" PRIu64 ": %s address %s (%s)\n", found->line,
			found->family == AF_INET ? "IPv4" : "IPv6", found->masked,
			address_class_name(found->class));
}

static void print_element(const struct scan_found *found, void *arg)
{
	struct printer *p = arg;

	fprintf(p->out, "%s{\"file\":", p->comma);
	json_string(p->out, found->path);
	if (found->unreadable) {
		fputs(",\"unreadable\":", p->out);
		json_string(p->out, found->unreadable);
	} else {
		fprintf(p->out, ",\"line\":%" PRIu64 ",\"family\":%d,\"class\":\"%s\",\"masked\":",
			found->line, found->family == AF_INET ? 4 : 6,
			address_class_name(found->class));
		json_string(p->out, found->masked);
	}
	fputc('}', p->out);
	p->comma = ",";
}

int scan_print(FILE *out, const char *const *paths, bool json, bool *clean, struct error *e)
{
	struct printer printer = {.out = out, .comma = ""};
	struct scan_totals t = {0};
	int r = 0;

	if (json)
		fputs("{\"found\":[", out);
	for (; !r && *paths; paths++)
		r = scan_path(*paths, json ? print_element : print_line, &printer, &t, e);
	if (r < 0)
		return r;
	fprintf(out,
		json ? "],\"files\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"addresses\":%" PRIu64
		       ",\"unreadable\":%" PRIu64 "}"
		     : "scan: files: %" PRIu64 ", bytes: %" PRIu64 ", addresses: %" PRIu64
		       ", not read: %" PRIu64 "\n",
		t.files, t.bytes, t.addresses, t.unreadable);
	*clean = !t.addresses && !t.unreadable;
	return 0;
}
