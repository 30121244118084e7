// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The words around the evidence. */
#include "base/json.h"
#include "verify/statement.h"

static const struct section {
	const char *name; /* in JSON */
	const char *title;
	const char *lines[10]; /* NULL ends them */
} sections[] = {
	{"proved",
	 "What the proof means, where it holds",
	 {"For any packet and any run, the program loads no source address, no source port and",
	  "nothing computed from them (packet hash, TCP checksum, acknowledgement number). What is",
	  "not loaded can flow nowhere, by value or by branch. It calls only functions of the "
	  "kernel",
	  "that are on a list, and lets every packet pass. The one part of it that is given packet",
	  "and socket keeps no pointer to them; it puts payload into the window that is named, and",
	  "does not look at it. All other functions are given numbers and memory only.", NULL}},
	{"tested",
	 "What the test means, where it holds",
	 {"Addresses that proxies and apps write into requests (X-Forwarded-For and its kin, query",
	  "parameters, cookies, PROXY lines, bodies) left no trace in the program's maps, for the",
	  "requests that were generated. This is tested, not proved; the socket was a stand-in. "
	  "What",
	  "else the functions that read the window leave in maps is not shown here.", NULL}},
	{"heuristic",
	 "What is heuristic",
	 {"With `pages redacted`, the default, the name of a page is visitors' text with "
	  "recognisable",
	  "identifiers removed; it might still name someone. With `site` rules and `pages listed`, "
	  "no",
	  "visitor's text is stored. In both, a name that is still arriving stands in the kernel, "
	  "on",
	  "its socket, until it is whole: its last segment as it came. Where it came to the "
	  "listening",
	  "socket (deferred accept), it stands in map arrivals until its connection is accepted.",
	  NULL}},
	{"assumptions",
	 "What it rests on",
	 {"The kernel is sound: its verifier, its helpers and its BPF machine do what is "
	  "documented.",
	  "At its hook, a packet begins with the network header and the TCP header follows it.",
	  "Nobody with root's powers on this host works against it; a tag is 64 bits of a digest,",
	  "which tells programs apart but would not stop an attacker who can load some.",
	  "TCP sequence numbers are read, to put segments in order. The sender chooses them; "
	  "systems",
	  "mix their own address with a secret into the first one (RFC 6528).",
	  "This binary is the one that was reviewed: compare its digest.", NULL}},
	{"not_covered",
	 "What it does not cover",
	 {"The TLS terminator, the app and root on this host still see addresses, and so may other",
	  "programs at the same hook. Only the files that were searched are known to hold none.",
	  NULL}},
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

void statement_print_text(FILE *out)
{
	for (size_t i = 0; i < SECTIONS; i++) {
		fprintf(out, "%s\n", sections[i].title);
		for (int j = 0; sections[i].lines[j]; j++)
			fprintf(out, "  %s\n", sections[i].lines[j]);
	}
}

/* The lines of a section are one text. */
static void print_joined(FILE *out, const char *const *lines)
{
	char text[2048];
	int used = 0;

	for (int j = 0; lines[j] && used < (int)sizeof(text); j++)
		used += snprintf(text + used, sizeof(text) - used, "%s%s", j ? " " : "", lines[j]);
	json_string(out, text);
}

void statement_print_json(FILE *out)
{
	for (size_t i = 0; i < SECTIONS; i++) {
		fprintf(out, "%s\"%s\":", i ? "," : "{", sections[i].name);
		print_joined(out, sections[i].lines);
	}
	fputc('}', out);
}
