// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The verify command: the evidence for the promise that no address is loaded. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "proof.h"
#include "print.h"
#include "scan_print.h"

#include "blindcount.skel.h"
#if __has_include("mask.skel.h")
#include "mask.skel.h"
#endif

#define OBJECT_MAX (64 << 20)

struct options {
	const char *object, *program, *data;
	bool json, scan;
	const char *const *paths; /* to scan, NULL at the end; none: the data folder */
};

struct image {
	const char *name;
	const void *data;
	size_t size;
};

static const char help[] =
	"Usage: blindcount verify [OPTION …] [--scan [PATH …]]\n"
	"Proves that no program loads a visitor's address, by interpreting its instructions on\n"
	"all inputs at once.\n\n"
	"      --object FILE   prove the programs of this BPF object, not the built-in ones\n"
	"      --program NAME  only this one\n"
	"      --scan          also search these files and folders for addresses\n"
	"                      (without a PATH the data folder)\n"
	"      --data DIR      data folder (/var/lib/blindcount)\n"
	"      --json          for machines\n"
	"      --help          this text\n\n"
	"Exit status: 0 all is proven and no address found, 1 not so, 2 usage.\n";

/* 0, or the exit status + 1. */
static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"object", required_argument, NULL, 'o'},
		{"program", required_argument, NULL, 'p'},
		{"scan", no_argument, NULL, 's'},
		{"data", required_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'o':
			o->object = optarg;
			break;
		case 'p':
			o->program = optarg;
			break;
		case 's':
			o->scan = true;
			break;
		case 'd':
			o->data = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_SUCCESS + 1;
		default:
			return EXIT_USAGE + 1;
		}
	}
	o->paths = (const char *const *)argv + optind;
	if (optind < argc && !o->scan) {
		fprintf(stderr, "verify: unexpected '%s'; --help tells more\n", argv[optind]);
		return EXIT_USAGE + 1;
	}
	return 0;
}

static int read_whole(int fd, char *data, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, data + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		used += n;
	}
	return 0;
}

/* The caller frees what *data points to. */
static int read_object(const char *path, void **data, size_t *size, struct error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *buffer;
	int r;

	if (fd < 0)
		return error_set(e, errno, "cannot open '%s': %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > OBJECT_MAX) {
		close(fd);
		return error_set(e, EINVAL, "'%s' is no file, or too large to be a BPF object",
				 path);
	}
	buffer = malloc(st.st_size + 1);
	r = buffer ? read_whole(fd, buffer, st.st_size) : -ENOMEM;
	close(fd);
	if (r) {
		free(buffer);
		return error_set(e, -r, "cannot read '%s': %s", path, strerror(-r));
	}
	*data = buffer;
	*size = st.st_size;
	return 0;
}

/* Prove one object and print; `index` tells JSON where a comma is due. */
static int prove(const struct options *o, const struct image *image, int index, bool *proven,
		 struct error *e)
{
	struct proof_set set;
	int r = proof_run(image->data, image->size, image->name, o->program, &set, e);

	if (r)
		return r;
	if (o->json && index)
		fputc(',', stdout);
	if (o->json)
		proof_print_json(stdout, image->name, &set);
	else
		proof_print_text(stdout, image->name, &set);
	*proven &= proof_all_proven(&set);
	proof_set_free(&set);
	return 0;
}

static int prove_file(const struct options *o, bool *proven, struct error *e)
{
	struct image image = {.name = o->object};
	void *data = NULL;
	int r = read_object(o->object, &data, &image.size, e);

	if (r)
		return r;
	image.data = data;
	r = prove(o, &image, 0, proven, e);
	free(data);
	return r;
}

/* The objects inside this binary; with --program, those that have it. */
static int prove_built_in(const struct options *o, bool *proven, struct error *e)
{
	struct image images[2] = {{.name = "blindcount (built in)"}, {.name = "mask (built in)"}};
	int count = 1, done = 0, r = 0;

	images[0].data = blindcount_bpf__elf_bytes(&images[0].size);
#ifdef __MASK_BPF_SKEL_H__
	images[count].data = mask_bpf__elf_bytes(&images[count].size);
	count++;
#endif
	for (int i = 0; i < count; i++) {
		struct error one = {""};

		r = prove(o, &images[i], done, proven, &one);
		if (r && r != -ENOENT) {
			*e = one;
			return r;
		}
		done += !r;
	}
	return done ? 0 : error_set(e, ENOENT, "no program '%s' is built in", o->program);
}

static int scan(const struct options *o, bool *clean, struct error *e)
{
	const char *const data[] = {o->data, NULL};

	if (o->json)
		fputs(",\"scan\":", stdout);
	return scan_print(stdout, *o->paths ? o->paths : data, o->json, clean, e);
}

int verify_command(int argc, char **argv)
{
	struct options o = {.data = "/var/lib/blindcount"};
	struct error e = {""};
	bool proven = true, clean = true;
	int r = parse(argc, argv, &o);

	if (r)
		return r - 1;
	if (o.json)
		fputs("{\"objects\":[", stdout);
	r = o.object ? prove_file(&o, &proven, &e) : prove_built_in(&o, &proven, &e);
	if (o.json)
		fputc(']', stdout);
	proven &= !r;
	if (!r && o.scan)
		r = scan(&o, &clean, &e);
	if (o.json)
		printf(",\"verdict\":\"%s\"}\n", proven ? "proven" : "not proven");
	if (r)
		fprintf(stderr, "verify: %s\n", e.text[0] ? e.text : strerror(-r));
	return !r && proven && clean ? EXIT_SUCCESS : EXIT_FAILURE;
}
