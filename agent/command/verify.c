// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The verify command: the evidence for the promise that no address leaves the kernel. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "command/commands.h"
#include "verify/twins/dynamic.h"
#include "verify/evidence.h"
#include "verify/identity.h"
#include "verify/image.h"
#include "verify/running/live.h"
#include "daemon/options.h"
#include "verify/proof/print.h"
#include "verify/proof/proof.h"
#include "verify/scan/scan_print.h"
#include "verify/statement.h"

#define CONNECTIONS 4000 /* of the dynamic check */

struct verify {
	const char *object, *program; /* of the proof; NULL: built in, all */
	const char *data, *run, *bpffs;
	__u32 id; /* 0: none was named */
	uint64_t seed;
	bool json, scan, run_named, no_test;
	const char *const *paths; /* to scan, NULL at the end; none: the data folder */
	struct evidence evidence;
};

static const char help[] =
	"Usage: blindcount verify [OPTION …] [--scan [PATH …]]\n"
	"Proves that the built-in programs load no visitor's address, tests them in the kernel,\n"
	"compares what is loaded now with them, looks at the running agent's privileges, and\n"
	"searches its data folder for addresses. What cannot be checked here is said so.\n\n"
	"      --run DIR       an agent runs here (/run/blindcount): fail if there is none\n"
	"      --bpffs DIR     its pins are here (/sys/fs/bpf/blindcount)\n"
	"      --data DIR      its data folder (/var/lib/blindcount)\n"
	"      --scan          search these files and folders for addresses\n"
	"                      (without a PATH the data folder)\n"
	"      --object FILE   only prove the programs of this BPF object\n"
	"      --program NAME  only prove this one\n"
	"      --id N          only compare the loaded program of this number\n"
	"      --seed N        repeat the test with this seed\n"
	"      --no-test       load nothing: leave the test out\n"
	"      --json          for machines\n"
	"      --help          this text\n\n"
	"BLINDCOUNT_RUN, BLINDCOUNT_BPFFS and BLINDCOUNT_DATA name the folders, too.\n"
	"Exit status: 0 all that was checked holds, 1 not so, 2 usage.\n";

static const char *from_environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

static bool read_number(const char *text, uint64_t most, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number <= most;
}

/* Take one option; false: its value is none. */
static bool take(struct verify *v, int option)
{
	uint64_t number = 0;

	switch (option) {
	case 'o':
		v->object = optarg;
		return true;
	case 'p':
		v->program = optarg;
		return true;
	case 's':
		v->scan = true;
		return true;
	case 'd':
		v->data = optarg;
		return true;
	case 'r':
		v->run = optarg;
		v->run_named = true;
		return true;
	case 'b':
		v->bpffs = optarg;
		return true;
	case 'j':
		v->json = true;
		return true;
	case 'n':
		v->no_test = true;
		return true;
	case 'e':
		return read_number(optarg, UINT64_MAX, &v->seed);
	default:
		if (!read_number(optarg, UINT32_MAX, &number) || !number)
			return false;
		v->id = number;
		return true;
	}
}

/* 0, or the exit status + 1. */
static int parse(int argc, char **argv, struct verify *v)
{
	static const struct option longs[] = {
		{"object", required_argument, NULL, 'o'}, {"program", required_argument, NULL, 'p'},
		{"scan", no_argument, NULL, 's'},	  {"data", required_argument, NULL, 'd'},
		{"run", required_argument, NULL, 'r'},	  {"bpffs", required_argument, NULL, 'b'},
		{"id", required_argument, NULL, 'i'},	  {"seed", required_argument, NULL, 'e'},
		{"no-test", no_argument, NULL, 'n'},	  {"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},	  {0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			return EXIT_SUCCESS + 1;
		}
		if (c == '?')
			return EXIT_USAGE + 1;
		if (!take(v, c)) {
			fprintf(stderr, "verify: '%s' is not a number that fits\n", optarg);
			return EXIT_USAGE + 1;
		}
	}
	v->paths = (const char *const *)argv + optind;
	if (optind < argc && !v->scan)
		fprintf(stderr, "verify: unexpected '%s'; --help tells more\n", argv[optind]);
	else if (v->id && (v->object || v->program))
		fputs("verify: --id goes with neither --object nor --program\n", stderr);
	else
		return 0;
	return EXIT_USAGE + 1;
}

/* Nothing but the proof was asked for. */
static bool only_proof(const struct verify *v)
{
	return v->object || v->program;
}

/* Prove one object and print; `index` tells JSON where a comma is due. */
static int prove(const struct verify *v, const struct image *image, int index, bool *proven,
		 struct error *e)
{
	struct proof_set set;
	int r = proof_run(image->data, image->size, image->name, v->program, &set, e);

	if (r)
		return r;
	if (v->json && index)
		fputc(',', stdout);
	if (v->json)
		proof_print_json(stdout, image->name, &set);
	else
		proof_print_text(stdout, image->name, &set);
	*proven &= proof_all_proven(&set);
	proof_set_free(&set);
	return 0;
}

/* Prove the objects; with --program, those that have it. */
static int prove_all(struct verify *v, const struct image *images, int count, struct error *e)
{
	bool proven = true;
	int done = 0, r = 0;

	for (int i = 0; i < count && (!r || r == -ENOENT); i++) {
		struct error one = {""};

		r = prove(v, &images[i], done, &proven, &one);
		done += !r;
		if (r && r != -ENOENT)
			*e = one;
	}
	if (r && r != -ENOENT)
		return r;
	if (!done)
		return error_set(e, ENOENT, "there is no program '%s'", v->program);
	evidence_add(
		&v->evidence, "proof", EVIDENCE_PROVED, proven ? EVIDENCE_HOLDS : EVIDENCE_FAILS,
		proven ? "All programs are proven." : "Not all programs are proven: see above.");
	return 0;
}

static void print_identities(const struct verify *v, const struct image *images, int count)
{
	if (v->json)
		fputs(",\"identities\":[", stdout);
	for (int i = 0; i < count; i++) {
		if (v->json && i)
			fputc(',', stdout);
		if (v->json)
			identity_print_object_json(stdout, &images[i]);
		else
			identity_print_object_text(stdout, &images[i]);
	}
	if (v->json)
		fputc(']', stdout);
}

static void tell_tested(struct evidence *ev, const struct dynamic_result *r)
{
	if (!r->same) {
		evidence_add(ev, "dynamic", EVIDENCE_TESTED, EVIDENCE_FAILS,
			     "Runs of %s that differ only in who sends left different traces: %s.",
			     r->program, r->difference);
		return;
	}
	evidence_add(
		ev, "dynamic", EVIDENCE_TESTED, EVIDENCE_HOLDS,
		"%u generated connections, each sent %d times with other addresses, ports, "
		"hop limits, acknowledgement numbers, checksums and address-bearing texts, left "
		"%s with the same bytes in all %d maps. Every packet passed.",
		r->connections, DYNAMIC_TWINS, r->program, r->maps);
	evidence_detail(ev,
			"Each request raised its outcome counter: counted %lu, opted out %lu, "
			"excluded %lu, ignored %lu, malformed %lu, oversize %lu.",
			r->ends[BC_COUNTED], r->ends[BC_OPTED_OUT], r->ends[BC_EXCLUDED],
			r->ends[BC_IGNORED], r->ends[BC_MALFORMED], r->ends[BC_OVERSIZE]);
	if (r->unread[0])
		evidence_detail(ev, "Not used in the test, and not compared: %s.", r->unread);
	if (r->by_helper)
		evidence_detail(ev, "Headers were read by a helper here, not directly as when it "
				    "counts: before Linux 6.15 a test sees no packet otherwise.");
	evidence_detail(ev, "Seed %llu, %lu runs, %.1f s.", (unsigned long long)r->seed, r->runs,
			r->seconds);
}

static void test(struct verify *v, const struct image *image)
{
	struct dynamic_options options = {.image = image->data,
					  .size = image->size,
					  .name = image->name,
					  .seed = v->seed,
					  .connections = CONNECTIONS};
	struct dynamic_result result;
	struct error e = {""};
	int r;

	if (v->no_test) {
		evidence_add(&v->evidence, "dynamic", EVIDENCE_TESTED, EVIDENCE_SKIPPED,
			     "The program was not run on generated packets, as was asked for.");
		return;
	}
	r = dynamic_run(&options, &result, &e);
	if (r)
		evidence_add(&v->evidence, "dynamic", EVIDENCE_TESTED,
			     r == -EPERM || r == -EOPNOTSUPP ? EVIDENCE_SKIPPED : EVIDENCE_FAILS,
			     "The program was not run on generated packets: %s.", e.text);
	else
		tell_tested(&v->evidence, &result);
	evidence_add(&v->evidence, "dynamic_mask", EVIDENCE_TESTED, EVIDENCE_NOTED,
		     "The programs of --mask-peer handle no packets and cannot be run so: for them "
		     "there is the proof alone.");
}

static void compare(struct verify *v)
{
	const struct live_options options = {
		.run = v->run, .bpffs = v->bpffs, .asked = v->run_named};

	if (v->id)
		live_check_program(v->id, &v->evidence);
	else
		live_check(&options, &v->evidence);
}

static int scan(struct verify *v, struct error *e)
{
	const char *const data[] = {v->data, NULL};
	bool clean = false;
	int r;

	if (!v->scan && access(v->data, R_OK | X_OK)) {
		evidence_add(&v->evidence, "scan", EVIDENCE_SEARCHED, EVIDENCE_SKIPPED,
			     "The data folder %s was not searched: %s.", v->data, strerror(errno));
		return 0;
	}
	if (v->json)
		fputs(",\"scan\":", stdout);
	r = scan_print(stdout, *v->paths ? v->paths : data, v->json, &clean, e);
	if (!r)
		evidence_add(&v->evidence, "scan", EVIDENCE_SEARCHED,
			     clean ? EVIDENCE_HOLDS : EVIDENCE_FAILS, "%s",
			     clean ? "No address was found in the files that were searched."
				   : "Addresses were found, or not all could be read: see above.");
	return r;
}

static void head(const struct verify *v, const char *title)
{
	if (!v->json)
		printf("\n%s\n", title);
}

static void print_checks(const struct verify *v, enum evidence_kind kind)
{
	if (!v->json)
		evidence_print_text(stdout, &v->evidence, kind);
}

/* All parts, each printed when it is done; the JSON object stays open. */
static int check(struct verify *v, struct error *e)
{
	struct image images[IMAGE_BUILT_IN];
	int count = v->object ? 1 : IMAGE_BUILT_IN, r = 0;

	image_built_in(images);
	if (v->object)
		r = image_read(v->object, &images[0], e);
	if (r)
		return r;
	if (v->json)
		fputs(",\"objects\":[", stdout);
	head(v, v->id ? "Built in" : "Proof");
	if (!v->id)
		r = prove_all(v, images, count, e);
	if (v->json)
		fputc(']', stdout);
	if (!r)
		print_identities(v, images, count);
	print_checks(v, EVIDENCE_PROVED);
	if (!r && !only_proof(v)) {
		if (!v->id) {
			head(v, "Test in the kernel");
			test(v, &images[0]);
			print_checks(v, EVIDENCE_TESTED);
		}
		head(v, "What runs now");
		compare(v);
		print_checks(v, EVIDENCE_COMPARED);
	}
	if (!r && (v->scan || (!only_proof(v) && !v->id))) {
		head(v, "Search for addresses");
		r = scan(v, e);
		print_checks(v, EVIDENCE_SEARCHED);
	}
	image_free(&images[0]);
	return r;
}

static void conclude(const struct verify *v, bool holds)
{
	bool all = !evidence_skipped(&v->evidence) && !only_proof(v) && !v->id;

	if (v->json) {
		fputs(",\"checks\":", stdout);
		evidence_print_json(stdout, &v->evidence);
		fputs(",\"statements\":", stdout);
		statement_print_json(stdout);
		printf(",\"complete\":%s,\"verdict\":\"%s\"}\n", all ? "true" : "false",
		       holds ? "holds" : "fails");
		return;
	}
	if (!only_proof(v) && !v->id) {
		putchar('\n');
		statement_print_text(stdout);
	}
	printf("\nVerdict: %s\n",
	       !holds ? "what is promised does NOT hold, or could not be shown."
	       : all  ? "all checks hold."
		      : "what was checked holds. Not all was checked, so this covers less.");
}

int verify_command(int argc, char **argv)
{
	struct verify v = {.data = from_environment("BLINDCOUNT_DATA", OPTIONS_DATA),
			   .run = from_environment("BLINDCOUNT_RUN", OPTIONS_RUN),
			   .bpffs = from_environment("BLINDCOUNT_BPFFS", OPTIONS_BPFFS),
			   .run_named = getenv("BLINDCOUNT_RUN")};
	struct error e = {""};
	int r;
	bool holds;

	if (getrandom(&v.seed, sizeof(v.seed) / 2, GRND_NONBLOCK) < 0)
		v.seed = getpid();
	r = parse(argc, argv, &v);
	if (r)
		return r - 1;
	if (v.json) {
		putchar('{');
		identity_print_json(stdout);
	} else {
		identity_print_text(stdout);
	}
	r = check(&v, &e);
	holds = !r && evidence_holds(&v.evidence);
	conclude(&v, holds);
	evidence_free(&v.evidence);
	if (r)
		fprintf(stderr, "verify: %s\n", e.text[0] ? e.text : strerror(-r));
	return holds ? EXIT_SUCCESS : EXIT_FAILURE;
}
