/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The folders that hold the days' files, and the names in them:
 *
 *   DATA/counts/date=YYYY-MM-DD/NODE.csv.gz             a day's counts
 *   DATA/counts/date=YYYY-MM-DD/.NODE.csv.gz.tmp        being written
 *   DATA/counts/date=YYYY-MM-DD/NODE.csv.gz.damaged-N   set aside, N from 1
 *
 * Anything else there is left alone. No symbolic link below DATA is followed.
 */
#ifndef AGENT_STORE_DAYDIR_H
#define AGENT_STORE_DAYDIR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/day.h"
#include "base/error.h"

#define DAYDIR_NODE_MAX 64

/* A file's name in its folder, and its path from DATA, with their NULs. */
#define DAYDIR_NAME 128
#define DAYDIR_PATH (DAYDIR_NAME + 32)

enum daydir_kind {
	DAYDIR_COUNTS,
	DAYDIR_TEMPORARY,
	DAYDIR_DAMAGED,
};

struct daydir_entry {
	enum daydir_kind kind;
	char name[DAYDIR_NAME];
};

struct daydir_list {
	struct daydir_entry *entry; /* sorted by name */
	size_t count;
};

/* 1 to DAYDIR_NODE_MAX letters, digits, '.', '_', '-'; the first a letter or digit. */
bool daydir_node_valid(const char *node);

/* "NODE.csv.gz" of a valid node. */
void daydir_file_name(const char *node, char name[DAYDIR_NAME]);

/* The path of a file from DATA, for messages. */
void daydir_path(__u32 day, const char *name, char path[DAYDIR_PATH]);

/*
 * Open DATA/counts, or a day's folder in it. Returns a descriptor that the caller
 * closes, or -ENOENT if there is none. With `create` they are made (0750),
 * and made durable up to DATA.
 */
int daydir_open_counts(int data, bool create, struct error *e);
int daydir_open(int counts, __u32 day, bool create, struct error *e);

/* Remove a day's folder if it is empty; it is no error if it is not. */
int daydir_remove(int counts, __u32 day, struct error *e);

/* The days that have a folder, in order. The caller frees *days. */
int daydir_days(int counts, __u32 **days, size_t *count, struct error *e);

/* What is ours in a day's folder. The caller frees list->entry. */
int daydir_list(int folder, struct daydir_list *list, struct error *e);

#endif
