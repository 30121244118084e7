/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The contents of all maps of a loaded object: taken, put back, compared byte
 * by byte. Every value of per-CPU maps, array entries never touched, constants.
 */
#ifndef AGENT_VERIFY_TWINS_MAPDUMP_H
#define AGENT_VERIFY_TWINS_MAPDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <bpf/libbpf.h>

#include "base/error.h"

struct mapdump_map {
	const char *name; /* the object's */
	size_t key, value; /* bytes; value: of all processors together */
	size_t count;
	unsigned char *bytes; /* count × key and value, by key */
};

struct mapdump {
	struct mapdump_map *map;
	int maps;
	/*
	 * Maps that cannot be read as a whole (storage of sockets, ring buffers), their
	 * names with commas between them. Empty: all were read.
	 */
	char unread[128];
};

/* Read all maps. Returns 0, or a negative errno with a message; free with mapdump_free(). */
int mapdump_take(const struct bpf_object *object, struct mapdump *dump, struct error *e);

/* Make the maps hold what `was` says, given that they hold what `is` says. */
int mapdump_restore(const struct bpf_object *object, const struct mapdump *was,
		    const struct mapdump *is, struct error *e);

/* Do they hold the same? If not, say where, without the values: they may tell an address. */
bool mapdump_same(const struct mapdump *a, const struct mapdump *b, char *where, size_t size);

/* Bytes of all keys and values. */
size_t mapdump_size(const struct mapdump *dump);

void mapdump_free(struct mapdump *dump);

#endif
