// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The agent's figures as OpenMetrics text. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "report/metrics.h"

static const char *const outcome_names[BC_OUTCOMES] = {
	[BC_COUNTED] = "counted",   [BC_OPTED_OUT] = "opted_out", [BC_EXCLUDED] = "excluded",
	[BC_IGNORED] = "ignored",   [BC_UNDECIDED] = "undecided", [BC_MALFORMED] = "malformed",
	[BC_OVERSIZE] = "oversize",
};

static const struct {
	enum bc_total total;
	const char *name;
} stream_events[] = {
	{BC_TOTAL_TLS, "tls"},
	{BC_TOTAL_HTTP2, "http2"},
	{BC_TOTAL_UPGRADE, "upgrade"},
	{BC_TOTAL_GAP, "gap"},
	{BC_TOTAL_DUPLICATE, "duplicate"},
	{BC_TOTAL_EARLY, "early"},
	{BC_TOTAL_RESYNC, "resynchronised"},
	{BC_TOTAL_SUBFLOW, "subflow"},
	{BC_TOTAL_FALLBACK, "fallback"},
};

#define FIELD(field) offsetof(struct metrics, field)
#define TOTAL(total) (offsetof(struct metrics, totals) + (total) * sizeof(uint64_t))

/* Families of one sample without labels. */
static const struct metric {
	const char *name;
	size_t field; /* of struct metrics, a uint64_t */
	bool counter;
	const char *unit;
	const char *help;
} families[] = {
	{"seen", TOTAL(BC_TOTAL_SEEN), true, NULL, "Requests whose head began."},
	{"segments", TOTAL(BC_TOTAL_SEGMENTS), true, NULL, "TCP segments with data on a port."},
	{"cells_dropped", TOTAL(BC_TOTAL_CELLS_DROPPED), true, NULL,
	 "Beacons counted on their page without their cell: the table was full."},
	{"pages_dropped", TOTAL(BC_TOTAL_PAGES_DROPPED), true, NULL,
	 "Beacons counted as (other): the table of pages was full."},
	{"flushes", FIELD(flushes), true, NULL, "Flushes to disk that succeeded."},
	{"flushes_failed", FIELD(flushes_failed), true, NULL, "Flushes to disk that failed."},
	{"cells", FIELD(cells), false, NULL, "Cells in use."},
	{"cells_max", FIELD(cells_max), false, NULL, "Cells that there is room for."},
	{"pages", FIELD(pages), false, NULL, "Pages learnt from beacons."},
	{"pages_max", FIELD(pages_max), false, NULL, "Pages that there is room for."},
	{"held_rows", FIELD(held_rows), false, NULL, "Rows held back below the minimum count."},
	{"held_bytes", FIELD(held_bytes), false, "bytes", "Memory that held rows use."},
	{"held_max_bytes", FIELD(held_bytes_max), false, "bytes", "Memory for held rows."},
	{"maps_bytes", FIELD(map_bytes), false, "bytes", "Kernel memory of all maps."},
	{"generation", FIELD(generation), false, NULL, "Number of the generation counted into."},
	{"last_flush_rows", FIELD(flush_rows), false, NULL, "Rows read by the last good flush."},
	{"last_flush_timestamp_seconds", FIELD(flushed_at), false, "seconds",
	 "When the last good flush ended; 0: there was none."},
	{"trouble_timestamp_seconds", FIELD(trouble_since), false, "seconds",
	 "Since when each flush has failed; 0: the last was good."},
	{"start_timestamp_seconds", FIELD(started_at), false, "seconds", "When the agent started."},
	{"attached_timestamp_seconds", FIELD(attached_at), false, "seconds",
	 "When the program was attached."},
};

static void write_family(FILE *out, const char *name, const char *type, const char *unit,
			 const char *help)
{
	fprintf(out, "# TYPE blindcount_%s %s\n", name, type);
	if (unit)
		fprintf(out, "# UNIT blindcount_%s %s\n", name, unit);
	fprintf(out, "# HELP blindcount_%s %s\n", name, help);
}

static void write_plain(FILE *out, const struct metrics *metrics)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const struct metric *m = &families[i];
		uint64_t value;

		memcpy(&value, (const char *)metrics + m->field, sizeof(value));
		write_family(out, m->name, m->counter ? "counter" : "gauge", m->unit, m->help);
		fprintf(out, "blindcount_%s%s %" PRIu64 "\n", m->name, m->counter ? "_total" : "",
			value);
	}
	write_family(out, "last_flush_seconds", "gauge", "seconds",
		     "Duration of the last good flush.");
	fprintf(out, "blindcount_last_flush_seconds %" PRIu64 ".%06" PRIu64 "\n",
		metrics->flush_us / 1000000, metrics->flush_us % 1000000);
}

static void write_totals(FILE *out, const struct metrics *metrics)
{
	write_family(out, "requests", "counter", NULL, "Requests by how they ended.");
	for (int i = 0; i < BC_OUTCOMES; i++)
		fprintf(out, "blindcount_requests_total{outcome=\"%s\"} %" PRIu64 "\n",
			outcome_names[i], metrics->totals[i]);
	write_family(out, "stream", "counter", NULL, "What happened to TCP streams.");
	for (size_t i = 0; i < sizeof(stream_events) / sizeof(stream_events[0]); i++)
		fprintf(out, "blindcount_stream_total{event=\"%s\"} %" PRIu64 "\n",
			stream_events[i].name, metrics->totals[stream_events[i].total]);
}

static void write_setup(FILE *out, const struct metrics *metrics)
{
	write_family(out, "rules", "gauge", NULL, "Rules in force by kind.");
	for (int i = 0; i < RULE_KINDS; i++) {
		const struct rule_info *info = rule_info(i);

		fprintf(out, "blindcount_rules{kind=\"%s%s%s\"} %" PRIu64 "\n", info->verb,
			info->object ? " " : "", info->object ? info->object : "",
			metrics->rules[i]);
	}
	write_family(out, "port", "gauge", NULL, "Ports that are counted.");
	for (unsigned int i = 0; i < metrics->port_count && i < BC_MAX_PORTS; i++)
		fprintf(out, "blindcount_port{port=\"%u\"} 1\n", metrics->ports[i]);
	write_family(out, "attached", "gauge", NULL,
		     "1: the program is attached; 0: its cgroup has been removed.");
	fprintf(out, "blindcount_attached %d\n", metrics->attached);
	write_family(out, "landlock_abi", "gauge", NULL,
		     "Landlock version that confines the agent; 0: none.");
	fprintf(out, "blindcount_landlock_abi %u\n", metrics->landlock_abi);
	write_family(out, "seccomp", "gauge", NULL,
		     "1: the agent is confined to its list of system calls.");
	fprintf(out, "blindcount_seccomp %d\n", metrics->seccomp);
	write_family(out, "version", "gauge", NULL, "The agent's version.");
	fprintf(out, "blindcount_version{version=\"" BLINDCOUNT_VERSION "\"} 1\n");
}

int metrics_write(FILE *out, const struct metrics *metrics)
{
	write_plain(out, metrics);
	write_totals(out, metrics);
	write_setup(out, metrics);
	fputs("# EOF\n", out);
	return fflush(out) || ferror(out) ? -EIO : 0;
}

void metrics_textfile_line(FILE *out, const char *line, bool *counter)
{
	static const char type[] = "# TYPE ", help[] = "# HELP ";
	const char *name = line + strlen(type);
	size_t length;

	if (!strncmp(line, type, strlen(type)))
		*counter = strstr(line, " counter") != NULL;
	else if (strncmp(line, help, strlen(help))) {
		if (*line != '#')
			fprintf(out, "%s\n", line);
		return;
	}
	length = strcspn(name, " ");
	fprintf(out, "%.*s%.*s%s%s\n", (int)strlen(type), line, (int)length, name,
		*counter ? "_total" : "", name + length);
}
