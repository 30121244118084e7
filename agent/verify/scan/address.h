/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Finds textual IPv4 and IPv6 addresses in text of any kind: logs, JSON, CSV,
 * URLs. Many texts look like addresses (versions, times, fingerprints), so the
 * words and signs around decide; the rule is told in address.c. Not looked for:
 * addresses with dashes for dots, as one number, reversed by nibbles, or encoded
 * otherwise than by percent signs (scan.c).
 */
#ifndef AGENT_VERIFY_SCAN_ADDRESS_H
#define AGENT_VERIFY_SCAN_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/* An address is judged by at most this many bytes before its start and after it. */
#define ADDRESS_CONTEXT 256

enum address_class {
	ADDRESS_PUBLIC,
	ADDRESS_PRIVATE, /* RFC 1918, 6598, 3927, 4193; link-local */
	ADDRESS_LOOPBACK,
	ADDRESS_DOCUMENTATION, /* RFC 5737, 3849, 9637 */
};

struct address_match {
	size_t start, length; /* without port, prefix length, zone or brackets */
	int family; /* AF_INET or AF_INET6 */
	enum address_class class;
};

/*
 * Find the first address that starts at or after `from` in text[0..length).
 * What stands before `from` is context. 0.0.0.0 and :: are passed over: they
 * are the address of nobody, and what a masked peer looks like.
 */
bool address_find(const char *text, size_t length, size_t from, struct address_match *match);

/* Overwrite the digits of a match with 'x', in place. */
void address_mask(char *text, const struct address_match *match);

const char *address_class_name(enum address_class class);

#endif
