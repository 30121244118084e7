// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Finds what runs now and has it compared with what is built in. */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "verify/running/confined.h"
#include "verify/running/hook.h"
#include "verify/image.h"
#include "verify/running/live.h"
#include "verify/running/loaded.h"

/* Programs that an agent pins, and where. */
static const struct pinned {
	int image; /* of the built-in ones */
	const char *program;
	const char *program_pin; /* NULL: only the link is pinned */
	const char *link_pin;
	enum bpf_attach_type hook;
	bool optional;
} pins[] = {
	{0, "blindcount", "live/prog", "live/link", BPF_CGROUP_INET_INGRESS, false},
	{1, "mask4", NULL, "mask4", BPF_CGROUP_INET4_GETPEERNAME, true},
	{1, "mask6", NULL, "mask6", BPF_CGROUP_INET6_GETPEERNAME, true},
};

#define PINS (sizeof(pins) / sizeof(pins[0]))

static int pin_open(const char *bpffs, const char *name)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", bpffs, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

/* The program that a link runs, as a descriptor. */
static int program_of(int link)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);
	int fd;

	if (bpf_obj_get_info_by_fd(link, &info, &size))
		return -errno;
	fd = bpf_prog_get_fd_by_id(info.prog_id);
	return fd < 0 ? -errno : fd;
}

/* Compare with the program of this name in a built-in object. */
static void compare(int fd, int image, const char *program, struct evidence *ev)
{
	struct image images[IMAGE_BUILT_IN];
	struct error e = {""};
	struct object object;

	image_built_in(images);
	if (object_open(&object, images[image].data, images[image].size, images[image].name, &e)) {
		evidence_add(ev, "program", EVIDENCE_COMPARED, EVIDENCE_FAILS, "%s", e.text);
		return;
	}
	loaded_compare(fd, &object, program, ev);
	object_close(&object);
}

static void check_pinned(const struct pinned *pin, int link, const struct live_options *o,
			 struct evidence *ev)
{
	int fd = pin->program_pin ? pin_open(o->bpffs, pin->program_pin) : program_of(link);
	char name[16];
	__u32 id = 0;
	int r = fd < 0 ? fd : loaded_name(fd, name, &id);

	if (r) {
		evidence_add(ev, "program", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			     "The program %s pinned in %s cannot be opened: %s.", pin->program,
			     o->bpffs, strerror(-r));
	} else {
		compare(fd, pin->image, pin->program, ev);
		hook_check(link, id, pin->hook, ev);
	}
	if (fd >= 0)
		close(fd);
}

/* Look at all pins. Returns 0, or why there are none: a negative errno. */
static int check_pins(const struct live_options *o, struct evidence *ev)
{
	for (size_t i = 0; i < PINS; i++) {
		int link = pin_open(o->bpffs, pins[i].link_pin);

		if (link >= 0) {
			check_pinned(&pins[i], link, o, ev);
			close(link);
		} else if (!pins[i].optional) {
			return link;
		} else if (link != -ENOENT) {
			evidence_add(ev, "link", EVIDENCE_COMPARED, EVIDENCE_FAILS,
				     "The pin %s in %s cannot be opened: %s.", pins[i].link_pin,
				     o->bpffs, strerror(-link));
		}
	}
	return 0;
}

/* The process that listens at the control socket; -errno if there is none. */
static pid_t find_agent(const char *run)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(struct ucred);
	struct ucred peer;
	int fd, r = 0;

	if (snprintf(name.sun_path, sizeof(name.sun_path), "%s/control", run) >=
	    (int)sizeof(name.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		r = -errno;
	else if (peer.pid <= 0) /* it lives in a PID namespace that is not seen from here */
		r = -ESRCH;
	close(fd);
	return r ? r : peer.pid;
}

static void check_agent(pid_t pid, struct evidence *ev)
{
	struct confined confined;
	struct error e = {""};

	if (confined_read(pid, &confined, &e))
		evidence_add(ev, "confinement", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			     "What the agent is confined to is not known: %s.", e.text);
	else
		confined_judge(&confined, pid, ev);
}

static bool is_absent(int r)
{
	return r == -ENOENT || r == -ECONNREFUSED;
}

void live_check(const struct live_options *o, struct evidence *ev)
{
	enum evidence_result missing = o->asked ? EVIDENCE_FAILS : EVIDENCE_SKIPPED;
	pid_t agent = find_agent(o->run);
	int r = check_pins(o, ev);

	if (r && is_absent(r) && is_absent(agent)) {
		evidence_add(ev, "live", EVIDENCE_COMPARED, missing,
			     "No agent runs at %s and nothing is pinned in %s: there is nothing to "
			     "compare. If it uses other folders, name them by --run and --bpffs.",
			     o->run, o->bpffs);
		return;
	}
	if (r)
		evidence_add(ev, "live", EVIDENCE_COMPARED,
			     r == -EPERM || r == -EACCES ? missing : EVIDENCE_FAILS,
			     "The pins in %s cannot be opened, so what is loaded was not compared: "
			     "%s. Reading them takes root; name the folder by --bpffs.",
			     o->bpffs, strerror(-r));
	if (agent > 0)
		check_agent(agent, ev);
	else
		evidence_add(ev, "confinement", EVIDENCE_COMPARED,
			     is_absent(agent) || agent == -EACCES ? missing : EVIDENCE_FAILS,
			     "No agent was found at %s, so its confinement was not looked at: %s.",
			     o->run, strerror(-agent));
}

void live_check_program(__u32 id, struct evidence *ev)
{
	int fd = bpf_prog_get_fd_by_id(id);
	char name[16] = "";
	size_t i = 0;
	__u32 same;

	if (fd < 0 || loaded_name(fd, name, &same)) {
		evidence_add(ev, "program", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			     "Program %u cannot be opened: %s. That takes CAP_SYS_ADMIN.", id,
			     strerror(errno));
	} else {
		while (i < PINS && strcmp(pins[i].program, name) != 0)
			i++;
		if (i < PINS)
			compare(fd, pins[i].image, pins[i].program, ev);
		else
			evidence_add(ev, "program", EVIDENCE_COMPARED, EVIDENCE_FAILS,
				     "Program %u is called %s: none of the built-in ones is.", id,
				     name);
	}
	if (fd >= 0)
		close(fd);
	evidence_add(ev, "live", EVIDENCE_COMPARED, EVIDENCE_NOTED,
		     "Only this program was compared: pins, links, other programs at its hook and "
		     "the agent's confinement were not looked at.");
}
