// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Options that matter to what is in the kernel, kept there beside the counts: a
 * successor says in the log which ones differ and what became of them.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/agent.h"
#include "base/log.h"

static struct bc_settings settings_of(const struct options *o)
{
	struct bc_settings s = {
		.ports = o->ports, .min_count = o->min_count, .max_cells = o->max_cells};

	memcpy(s.port, o->port, o->ports * sizeof(*s.port));
	return s;
}

static void ports_text(const struct bc_settings *s, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (__u32 i = 0; i < s->ports && i < BC_MAX_PORTS; i++)
		used += snprintf(text + used, size - used, "%s%u", i ? "," : "", s->port[i]);
}

static void tell_ports(const struct bc_settings *before, const struct bc_settings *now)
{
	char old[BC_MAX_PORTS * 6 + 1], new[BC_MAX_PORTS * 6 + 1];

	ports_text(before, old, sizeof(old));
	ports_text(now, new, sizeof(new));
	if (strcmp(old, new))
		log_notice("--port was %s and is %s from now on", old, new);
}

static void tell_size(const char *option, unsigned int before, unsigned int now)
{
	if (before != now)
		log_notice("%s was %u and is %u from now on; counts so far go to disk", option,
			   before, now);
}

int settings_succeed(const struct agent *a, struct error *e)
{
	const struct loader *k = &a->loader;
	const struct map_set *before = map_set_whole(&k->old) ? &k->old : &k->set;
	struct bc_settings now = settings_of(&a->options);
	struct bc_record old, record;
	int r = map_set_read_record(before, &old, e);

	if (!r)
		r = map_set_read_record(&k->set, &record, e);
	if (r)
		return r;
	record.settings = now;
	r = map_set_write_record(&k->set, &record, e);
	if (r || !k->succeeds)
		return r;
	tell_ports(&old.settings, &now);
	if (old.settings.min_count != now.min_count)
		log_notice("--min-count was %u and is %u from now on", old.settings.min_count,
			   now.min_count);
	tell_size("--max-cells", old.settings.max_cells, now.max_cells);
	tell_size("--max-pages", before->max_pages, k->set.max_pages);
	return 0;
}
