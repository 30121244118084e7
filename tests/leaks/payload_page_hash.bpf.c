// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// expect: payload could land in map cells, field value.entry[].cell.page
/* The word of a page's place is shifted one byte too little: a byte of the hash stays in. */
#include "cells.h"
#include "pages.h"

SEC("cgroup_skb/ingress")
int program(struct __sk_buff *skb)
{
	struct bc_cell_entry *entry = an_entry();
	__u64 *place = a_place();

	if (entry && place)
		entry->cell.page = *place >> 24; /* leak */
	return PASS;
}
