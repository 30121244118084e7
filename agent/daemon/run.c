// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * `blindcount run`: starts with privileges, attaches, gives them up, and then
 * waits for three things: the timer, signals, and lines at the control socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "daemon/agent.h"
#include "daemon/audit.h"
#include "command/commands.h"
#include "base/log.h"
#include "daemon/notify.h"
#include "bpf/page_ids_map.h"

void data_files_as(const struct confine_ids *ids)
{
	setfsgid(ids ? ids->gid : 0);
	setfsuid(ids ? ids->uid : 0);
}

static struct loader_options loader_options_of(const struct agent *a)
{
	return (struct loader_options){
		.port = a->options.port,
		.ports = a->options.ports,
		.max_cells = a->options.max_cells,
		.max_pages = a->options.max_pages,
		.bpffs = a->options.bpffs,
		.cgroup = a->cgroup.fd,
	};
}

/* A predecessor died or failed while it drained the maps of one before it. */
static int drain_left_over(struct agent *a, struct error *e)
{
	struct page_ids page_ids = {};
	int r;

	if (!map_set_whole(&a->loader.old))
		return 0;
	r = page_ids_map_read(a->loader.set.map[MAP_PAGE_IDS], &page_ids, e);
	data_files_as(&a->ids);
	if (!r)
		r = flush_drain_old(a, &page_ids, e);
	data_files_as(NULL);
	page_ids_free(&page_ids);
	return r ? r : loader_drop_old(&a->loader, e);
}

/* Numbers keep their meaning: the predecessor's program may still count under them. */
static int numbers_succeed(struct agent *a, struct error *e)
{
	const struct map_set *old = &a->loader.old;
	const struct map_set *before = map_set_whole(old) ? old : &a->loader.set;

	return page_ids_map_read(before->map[MAP_PAGE_IDS], &a->page_ids, e);
}

/* What a predecessor was about to forget when it died. */
static void forget_left_over(struct agent *a)
{
	struct error e = {};

	if (forget_resume(a, &e))
		log_error("what was to be forgotten is still there: %s", e.text);
}

/* Rules come into force before the program is attached: no visitor is counted without. */
static int attach(struct agent *a, struct error *e)
{
	struct loader_options options = loader_options_of(a);
	int r = loader_load(&a->loader, &options, e);

	if (!r)
		r = numbers_succeed(a, e);
	if (!r)
		r = generation_begin(&a->loader.set, day_of(time(NULL)), e);
	data_files_as(&a->ids);
	if (!r)
		r = enforce_first_rules(a, e);
	/* Before counting begins; where a predecessor's program counts on, catch_up() does it. */
	if (!r && !a->loader.adopted)
		forget_left_over(a);
	data_files_as(NULL);
	if (!r)
		r = settings_succeed(a, e);
	if (!r)
		r = loader_attach(&a->loader, &options, e);
	if (!r && a->options.mask_peer)
		r = mask_attach(a->cgroup.fd, a->options.port, a->options.ports, a->options.bpffs,
				&a->mask, e);
	else if (!r) /* a predecessor's */
		r = mask_detach(&a->mask, a->options.bpffs, e);
	a->attached = time(NULL);
	return r;
}

static int watch(struct agent *a, int fd, struct error *e)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (fd < 0 || epoll_ctl(a->epoll, EPOLL_CTL_ADD, fd, &event))
		return error_set(e, errno, "cannot watch for events: %s", strerror(errno));
	return 0;
}

static int loop_prepare(struct agent *a, struct error *e)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	a->epoll = epoll_create1(EPOLL_CLOEXEC);
	/* Goes on while the host sleeps: what was counted before is due when it wakes. */
	a->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	a->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	r = watch(a, a->timer, e);
	if (!r)
		r = watch(a, a->signals, e);
	if (r)
		return r;
	a->cgroup_watch = cgroup_watch(&a->cgroup, e);
	return a->cgroup_watch < 0 ? a->cgroup_watch : watch(a, a->cgroup_watch, e);
}

static int control_start(struct agent *a, struct error *e)
{
	struct control_options options = {
		.folder = a->options.run,
		.owner = a->ids.uid,
		.group = a->ids.socket_gid,
		.handler = dispatch_line,
		.arg = a,
	};
	int r = control_open(&a->control, &options, e);

	return r ? r : watch(a, control_fd(a->control), e);
}

static int confine(struct agent *a, struct error *e)
{
	const char *writable[] = {a->options.data, a->options.run, a->options.bpffs, NULL};
	const char *readable[] = {a->options.rules, NULL};
	struct confine_plan plan = {a->ids, writable, readable};
	char text[200];
	int r = loader_give(&a->loader, a->ids.uid, a->ids.gid, e);

	if (!r)
		r = confine_enter(&plan, &a->confined, e);
	if (r)
		return r;
	a->confined_at = time(NULL);
	confine_describe(&a->confined, text, sizeof(text));
	log_info("%s", text);
	return 0;
}

static int start(struct agent *a, struct error *e)
{
	const struct options *o = &a->options;
	int r = confine_find_user(o->user, o->socket_group, &a->ids, e);

	if (!r)
		r = cgroup_open(&o->cgroup, &a->cgroup, e);
	if (!r)
		r = loader_open(&a->loader, o->bpffs, e);
	if (!r)
		r = data_open(a, e);
	if (!r)
		r = drain_left_over(a, e);
	if (!r)
		r = attach(a, e);
	if (!r)
		r = loop_prepare(a, e);
	if (!r)
		r = control_start(a, e);
	a->map_bytes = loader_memory(&a->loader);
	if (!r)
		r = confine(a, e);
	if (r || !map_set_whole(&a->loader.old))
		return r;
	r = flush_drain_old(a, &a->page_ids, e);
	return r ? r : loader_drop_old(&a->loader, e);
}

/* What a predecessor left in the set in use, or noted to be forgotten, waits for no timer. */
static void catch_up(struct agent *a)
{
	warnings_begin(a);
	flush_due(a);
	forget_left_over(a);
}

static void say_started(const struct agent *a)
{
	char what[AUDIT_WHAT_MAX];
	struct error e = {};

	snprintf(what, sizeof(what), "start: %zu port(s), min-count %u, retain %u days%s%s",
		 a->options.ports, a->options.min_count, a->options.retain,
		 a->options.mask_peer ? ", mask-peer" : "",
		 a->loader.adopted ? ", going on from a predecessor" : "");
	if (audit_write(a->audit, getuid(), getgid(), what, &e))
		log_error("%s", e.text);
	log_info("counting on %zu port(s) in %s%s", a->options.ports, a->cgroup.path,
		 a->loader.adopted ? ", going on from a predecessor" : "");
	if (!a->cgroup.lasting)
		log_warning("this cgroup goes when the app stops, and counting ends until the app "
			    "is back and the agent has been started again: name one that stays, "
			    "such as a slice");
	notify_ready("counting");
}

static void reload(struct agent *a)
{
	struct error e = {};

	notify_reloading();
	if (enforce_rules_file(a, &e))
		log_error("the rules stay as they were: %s", e.text);
	else
		log_info("the rules file has been read again");
	audit_write(a->audit, getuid(), getgid(), e.text[0] ? "reload: refused" : "reload", NULL);
	notify_ready("counting");
}

/* Returns 0 to go on, or the signal that ends the agent. */
static int signal_take(struct agent *a)
{
	struct signalfd_siginfo info;

	while (read(a->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			return info.ssi_signo;
		reload(a);
	}
	return 0;
}

/* Each event only means: look. */
static void drain_watch(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

/* Wait for something to do, until a signal says to end; 0: the cgroup has been made again. */
static int loop(struct agent *a)
{
	for (;;) {
		struct epoll_event event;
		uint64_t times;
		int ends;

		if (epoll_wait(a->epoll, &event, 1, -1) < 1)
			continue;
		if (event.data.fd == a->timer) {
			if (read(a->timer, &times, sizeof(times)) == sizeof(times))
				flush_due(a);
			if (agent_cgroup_lost(a))
				return 0;
		} else if (event.data.fd == a->signals) {
			ends = signal_take(a);
			if (ends)
				return ends;
		} else if (event.data.fd == a->cgroup_watch) {
			drain_watch(a->cgroup_watch);
			if (agent_cgroup_lost(a))
				return 0;
		} else {
			control_dispatch(a->control);
		}
	}
}

/* Addresses are hidden no longer, whether the counts reach the disk or not. */
static void mask_stop(struct agent *a)
{
	struct error e = {};

	if (a->options.mask_peer && mask_detach(&a->mask, a->options.bpffs, &e))
		log_error("visitors' addresses stay hidden from the app, until a start or "
			  "`blindcount detach`: %s",
			  e.text);
}

/* For good: everything to disk, nothing attached, no pins. */
static int stop(struct agent *a, struct error *e)
{
	int r;

	notify_stopping("writing counts");
	mask_stop(a);
	r = loader_detach(&a->loader, e);
	if (!r)
		r = flush_last(a, e);
	if (!r)
		r = loader_unpin(&a->loader, e);
	if (r)
		error_set(e, -r, "counts stay in the kernel for the next start");
	audit_write(a->audit, getuid(), getgid(), r ? "stop: counts left in the kernel" : "stop",
		    NULL);
	return r;
}

/* The next agent, which the service manager starts, goes on with what is in the kernel. */
static int start_over(const struct agent *a, struct error *e)
{
	return error_set(e, ENOLINK,
			 "the cgroup %s is back: ending, since only a new start can attach to it",
			 a->cgroup.path);
}

static void close_all(struct agent *a)
{
	control_close(a->control);
	loader_close(&a->loader);
	rules_free(&a->rules);
	page_ids_free(&a->page_ids);
	free(a->compiled);
	data_close(a);
	for (const int *fd = (const int[]){a->cgroup.fd, a->epoll, a->timer, a->signals,
					   a->cgroup_watch, -2};
	     *fd != -2; fd++)
		if (*fd >= 0)
			close(*fd);
}

/* A start that failed leaves nothing attached, but for what counted before. */
static void abandon(struct agent *a)
{
	if (a->loader.succeeds || a->loader.link < 0)
		return;
	if (a->options.mask_peer)
		mask_detach(&a->mask, a->options.bpffs, NULL);
	loader_detach(&a->loader, NULL);
	loader_drop_old(&a->loader, NULL);
	loader_unpin(&a->loader, NULL);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0; /* errors are told by their callers */
}

static void init(struct agent *a)
{
	a->cgroup.fd = a->data = a->lock = a->audit = -1;
	a->epoll = a->timer = a->signals = a->cgroup_watch = -1;
	a->loader.link = a->loader.folder = -1;
	map_set_clear(&a->loader.set);
	map_set_clear(&a->loader.old);
	a->mask.link[0] = a->mask.link[1] = -1;
	a->started = time(NULL);
	a->compiled = malloc(sizeof(*a->compiled));
	setenv("TZ", "UTC0", 0);
	tzset();
	umask(0027);
	/* What predecessors left to be read holds names, too; confine() says it once more. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* What is freed is overwritten: names must not stay behind in memory. */
	mallopt(M_PERTURB, 0xdb);
	log_verbose(a->options.verbose);
	libbpf_set_print(quiet);
}

int run_command(int argc, char **argv)
{
	static struct agent agent;
	struct error e = {};
	int r = options_read(&agent.options, argc, argv), ended;

	if (r >= 0)
		return r;
	init(&agent);
	if (!agent.compiled || start(&agent, &e)) {
		log_error("%s", e.text[0] ? e.text : "out of memory");
		abandon(&agent);
		close_all(&agent);
		return EXIT_FAILURE;
	}
	say_started(&agent);
	catch_up(&agent);
	ended = loop(&agent);
	if (!ended)
		r = start_over(&agent, &e);
	else
		r = ended == SIGUSR1 ? 0 : stop(&agent, &e);
	if (r)
		log_error("%s", e.text);
	else
		log_info(ended == SIGUSR1 ? "handing over: counting goes on" : "stopped");
	close_all(&agent);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
