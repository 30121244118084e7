// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Digests of the binary and its objects, tags of programs, kernel and time. */
#include <limits.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "verify/identity.h"
#include "base/json.h"
#include "verify/sha256.h"
#include "verify/tag.h"

struct identity {
	struct utsname system;
	char binary[PATH_MAX]; /* empty: not known */
	char digest[SHA256_TEXT];
	char date[32]; /* UTC, RFC 3339 */
};

static void read_identity(struct identity *id)
{
	time_t now = time(NULL);
	struct image binary;
	struct tm tm;
	ssize_t n;

	memset(id, 0, sizeof(*id));
	uname(&id->system);
	strftime(id->date, sizeof(id->date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	n = readlink("/proc/self/exe", id->binary, sizeof(id->binary) - 1);
	id->binary[n < 0 ? 0 : n] = '\0';
	if (image_read("/proc/self/exe", &binary, NULL))
		return;
	sha256_text(binary.data, binary.size, id->digest);
	image_free(&binary);
}

void identity_print_text(FILE *out)
{
	struct identity id;

	read_identity(&id);
	fprintf(out,
		"blindcount " BLINDCOUNT_VERSION ": evidence that no visitor's address leaves the "
		"kernel\n"
		"  date     %s\n"
		"  host     %s, %s %s, %s\n"
		"  binary   %s\n"
		"           SHA-256 %s\n",
		id.date, id.system.nodename, id.system.sysname, id.system.release,
		id.system.machine, id.binary, id.digest);
}

static void member(FILE *out, const char *name, const char *value)
{
	fprintf(out, "\"%s\":", name);
	json_string(out, value);
}

void identity_print_json(FILE *out)
{
	struct identity id;

	read_identity(&id);
	fputs("\"version\":\"" BLINDCOUNT_VERSION "\",", out);
	member(out, "date", id.date);
	fputc(',', out);
	member(out, "host", id.system.nodename);
	fputc(',', out);
	member(out, "kernel", id.system.release);
	fputc(',', out);
	member(out, "machine", id.system.machine);
	fputs(",\"binary\":{", out);
	member(out, "path", id.binary);
	fputc(',', out);
	member(out, "sha256", id.digest);
	fputc('}', out);
}

__attribute__((format(printf, 3, 0))) static void
print_programs(FILE *out, const struct object *o, const char *format, const char *between)
{
	struct bpf_program *program;
	const char *comma = "";

	bpf_object__for_each_program (program, o->bpf) {
		const char *name = bpf_program__name(program);
		struct tags tags;

		if (tag_compute(o, name, &tags))
			continue;
		fputs(comma, out);
		fprintf(out, format, name, tags.instructions, tags.sha256, tags.sha1);
		comma = between;
	}
}

void identity_print_object_text(FILE *out, const struct image *image)
{
	char digest[SHA256_TEXT];
	struct object o;

	sha256_text(image->data, image->size, digest);
	fprintf(out, "object %s\n  SHA-256 %s\n", image->name, digest);
	if (object_open(&o, image->data, image->size, image->name, NULL))
		return;
	print_programs(out, &o,
		       "  program %-12s %6d instructions, tag %s (SHA-256) or %s (SHA-1)\n", "");
	object_close(&o);
}

void identity_print_object_json(FILE *out, const struct image *image)
{
	char digest[SHA256_TEXT];
	struct object o;

	sha256_text(image->data, image->size, digest);
	fputc('{', out);
	member(out, "object", image->name);
	fprintf(out, ",\"sha256\":\"%s\",\"programs\":[", digest);
	/* Names of programs are C identifiers. */
	if (!object_open(&o, image->data, image->size, image->name, NULL)) {
		print_programs(out, &o,
			       "{\"name\":\"%s\",\"instructions\":%d,\"tag_sha256\":\"%s\","
			       "\"tag_sha1\":\"%s\"}",
			       ",");
		object_close(&o);
	}
	fputs("]}", out);
}
