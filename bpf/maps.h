/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Every map of the counting program, and the constants that the loader sets. */
#ifndef BC_MAPS_H
#define BC_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "blindcount.h"
#include "ruleset.h"
#include "stream/state.h"

const volatile __u16 ports[BC_MAX_PORTS] = {};
const volatile __u32 port_count = 1; /* not 0: then verifiers would see no program behind it */

/* Learnt pages and cells a generation may have (--max-pages, --max-cells). */
const volatile __u32 max_pages = 8192;
const volatile __u32 max_cells = 131072;

/* Under BPF_PROG_RUN the socket is a dummy: tests put its facts into a map. */
const volatile bool testing = false;
/* The kernel knows MPTCP: where it does not, its helper is refused. */
const volatile bool mptcp = false;
/* Read headers by a helper: before 6.15 the kernel does not say there where a packet ends. */
const volatile bool testing_by_helper = false;

/* The rules in force; the other of the two is where the agent prepares the next. */
struct bc_ruleset_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bc_ruleset);
} rules_0 SEC(".maps"), rules_1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct bc_ruleset_map);
} rules SEC(".maps") = {.values = {&rules_0}};

/* Connections' state; that of tests, which have no sockets, stands in arrays. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct bc_connection);
} connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct bc_connection);
} test_connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct bc_paths);
} paths SEC(".maps");

/* A second storage, which most sockets never need. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct bc_pending);
} pending SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct bc_pending);
} test_pending SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bc_socket);
} test_socket SEC(".maps");

/*
 * Data on listening sockets, by its end's sequence number. The one map that belongs to no
 * socket and yet may hold a page's name that is still arriving, until its connection is
 * accepted or others take the place.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 12288);
	__type(key, __u32);
	__type(value, struct bc_apart);
} arrivals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bc_workplace);
} workplace SEC(".maps");

struct bc_totals {
	__u64 count[BC_TOTALS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bc_totals);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bc_record);
} record SEC(".maps");

/*
 * Tables that the agent maps, too; and in memory pages of their own, no line and no
 * name lies across more cache lines than it must. Each holds both banks.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2 * BC_CELL_LINES(131072));
	__type(key, __u32);
	__type(value, struct bc_cell_line);
} cells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2 * BC_PAGE_PLACES(8192));
	__type(key, __u32);
	__type(value, struct bc_page_place);
} page_places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2 * 8192);
	__type(key, __u32);
	__type(value, struct bc_page);
} page_names SEC(".maps");

/* By bank. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct bc_fill);
} learnt SEC(".maps");

/* What found no room among the cells: bank * BC_PAGES + page number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * (BC_PAGE_DISCOVERED + 8192));
	__type(key, __u32);
	__type(value, struct bc_page_counts);
} page_counts SEC(".maps");

/* Pages that rules name, and their numbers. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BC_MAX_NAMED);
	__type(key, struct bc_page);
	__type(value, __u32);
} listed SEC(".maps");

/*
 * The agent's: rows held back, before and after the merge at hand, and what the
 * numbers of sites and listed pages mean.
 */
struct bc_text_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bc_text);
} held_0 SEC(".maps"), held_1 SEC(".maps"), numbering SEC(".maps");

#endif
