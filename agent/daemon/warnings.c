// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What the operator should know though nothing failed: the port carries what
 * can't be counted, or nothing at all, or the app's cgroup is gone. Each is said
 * in the log once.
 */
#include <string.h>

#include "daemon/agent.h"
#include "base/log.h"

#define QUIET 60 /* seconds until it is said that nothing that counts has come */

static time_t uptime(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static const struct {
	enum bc_total total;
	const char *text;
} protocols[] = {
	{BC_TOTAL_TLS, "connections with TLS come to the port: what is encrypted is not counted, "
		       "so name the port behind the TLS terminator"},
	{BC_TOTAL_HTTP2, "connections with HTTP/2 come to the port: they are not counted, so let "
			 "the proxy before it speak HTTP/1.1"},
	{BC_TOTAL_UPGRADE, "connections change to another protocol, as WebSockets do: what follows "
			   "on them is not counted"},
};

static void tell_protocols(struct agent *a, const uint64_t *come)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		unsigned int bit = 1u << i;

		if (come[protocols[i].total] && !(a->warnings.told & bit))
			log_warning("%s", protocols[i].text);
		if (come[protocols[i].total])
			a->warnings.told |= bit;
	}
}

static void tell_quiet(struct agent *a, const uint64_t *come)
{
	if (a->warnings.settled || uptime() - a->warnings.since < QUIET)
		return;
	a->warnings.settled = true;
	if (!come[BC_TOTAL_SEGMENTS])
		log_warning("nothing came to the port in %d seconds: is it the app's, by TCP, and "
			    "does the app run in %s?",
			    QUIET, a->cgroup.path);
	else if (!come[BC_TOTAL_SEEN])
		log_warning("no request in plain HTTP/1 came to the port in %d seconds", QUIET);
}

bool agent_attached(const struct agent *a)
{
	/* The kernel takes the program off a removed folder a little later. */
	return cgroup_fate(&a->cgroup) == CGROUP_STAYS && loader_attached(&a->loader);
}

bool agent_cgroup_lost(struct agent *a)
{
	bool attached = agent_attached(a);

	if (!attached && !a->warnings.gone)
		log_error("the cgroup %s is gone, and counting ended with it: name one that "
			  "stays; once this one is back, the agent ends to be started again",
			  a->cgroup.path);
	a->warnings.gone = !attached;
	return cgroup_fate(&a->cgroup) == CGROUP_MADE_AGAIN;
}

void warnings_begin(struct agent *a)
{
	a->warnings = (struct warnings){.since = uptime()};
	if (loader_totals(&a->loader, a->warnings.before, NULL))
		a->warnings.settled = true; /* nothing to compare with */
}

void warnings_give(struct agent *a)
{
	uint64_t come[BC_TOTALS];

	if (loader_totals(&a->loader, come, NULL))
		return;
	for (int i = 0; i < BC_TOTALS; i++)
		come[i] -= a->warnings.before[i];
	tell_protocols(a, come);
	tell_quiet(a, come);
}

time_t warnings_wait(const struct agent *a, time_t wait)
{
	return a->warnings.settled || wait < QUIET ? wait : QUIET;
}
