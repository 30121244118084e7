/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reads files and folders and reports each textual address in them, so that
 * logs can be checked. What is an address is address.c's to say.
 */
#ifndef AGENT_VERIFY_SCAN_SCAN_H
#define AGENT_VERIFY_SCAN_SCAN_H

#include <netinet/in.h>
#include <stdint.h>

#include "base/error.h"
#include "verify/scan/address.h"

struct scan_found {
	/* The file's path, addresses in it masked too; valid during the call. */
	const char *path;
	/* NULL: an address was found. Else the file could not be read, and why. */
	const char *unreadable;
	uint64_t line; /* from 1; 0: in the file's name */
	int family; /* AF_INET or AF_INET6 */
	enum address_class class;
	char masked[INET6_ADDRSTRLEN]; /* the address with each digit as 'x' */
};

typedef void scan_found_fn(const struct scan_found *found, void *arg);

/* Sums over several calls; zeroed by the caller. */
struct scan_totals {
	uint64_t files, bytes; /* read; bytes after decompression */
	uint64_t addresses;
	uint64_t unreadable; /* files and folders; not all was read while this is not 0 */
};

/*
 * Scan one file, or a folder with all below it, and call found() for each
 * address and for what cannot be read. gzip is read through; names are scanned
 * like contents; percent-encoded bytes are decoded. Symbolic links are followed
 * for `path` itself only; sockets, pipes and devices are passed over, an error
 * as `path`. Memory is bounded whatever the length of files and lines. Returns
 * 0 when all was visited (look at the totals), or negative errno with a message.
 */
int scan_path(const char *path, scan_found_fn *found, void *arg, struct scan_totals *totals,
	      struct error *e);

#endif
