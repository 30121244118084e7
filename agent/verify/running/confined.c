// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads a process's privileges from /proc and judges them. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify/running/confined.h"

#define TEXT_MAX 8192

enum {
	INHERITABLE,
	PERMITTED,
	EFFECTIVE,
	BOUNDING,
	AMBIENT,
};

/* What stands behind a name at a line's start, or NULL. */
static const char *behind(const char *text, const char *name)
{
	size_t n = strlen(name);

	while (text && strncmp(text, name, n) != 0) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text ? text + n : NULL;
}

static bool numbers(const char *text, const char *name, unsigned int *values, int n)
{
	const char *at = behind(text, name);
	int used = 0;

	for (int i = 0; i < n; i++, at += used)
		if (!at || sscanf(at, "%u%n", &values[i], &used) != 1)
			return false;
	return true;
}

bool confined_parse(const char *status, const char *limits, struct confined *c)
{
	static const char *const sets[] = {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"};
	const char *core = behind(limits, "Max core file size");
	unsigned int soft, hard;

	for (int i = 0; i < 5; i++) {
		const char *at = behind(status, sets[i]);

		if (!at || sscanf(at, "%" SCNx64, &c->capabilities[i]) != 1)
			return false;
	}
	/* "unlimited" is no number. */
	c->core_dumps = !core || sscanf(core, "%u %u", &soft, &hard) != 2 || soft || hard;
	return core && numbers(status, "Uid:", c->uid, 4) && numbers(status, "Gid:", c->gid, 4) &&
	       numbers(status, "NoNewPrivs:", &c->no_new_privs, 1) &&
	       numbers(status, "Seccomp:", &c->seccomp, 1) &&
	       numbers(status, "Threads:", &c->threads, 1);
}

static int read_text(pid_t pid, const char *name, char text[TEXT_MAX])
{
	char path[64];
	ssize_t n, used = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((n = read(fd, text + used, TEXT_MAX - 1 - used)) > 0)
		used += n;
	close(fd);
	text[used] = '\0';
	return n < 0 ? -errno : 0;
}

int confined_read(pid_t pid, struct confined *confined, struct error *e)
{
	char status[TEXT_MAX], limits[TEXT_MAX], path[64];
	struct confined c;
	struct stat st;
	int r = read_text(pid, "status", status);

	if (!r)
		r = read_text(pid, "limits", limits);
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	if (!r && stat(path, &st))
		r = -errno;
	if (r)
		return error_set(e, -r, "cannot read /proc/%d: %s", pid, strerror(-r));
	if (!confined_parse(status, limits, &c))
		return error_set(e, EBADMSG, "/proc/%d does not tell what is needed", pid);
	/* The kernel gives root what belongs to a process that is not dumpable. */
	c.dumpable = c.uid[EFFECTIVE] && st.st_uid == c.uid[1];
	*confined = c;
	return 0;
}

static bool is_one_user(const unsigned int id[4])
{
	return id[0] && id[1] == id[0] && id[2] == id[0] && id[3] == id[0];
}

/* What falls short of the promise, one line each; returns how many. */
static int shortcomings(const struct confined *c, const char *text[8])
{
	const uint64_t bpf = 1ULL << CAP_BPF;
	int n = 0;

	if (!is_one_user(c->uid) || !is_one_user(c->gid))
		text[n++] = "it runs as root or with several users";
	if (c->capabilities[PERMITTED] & ~bpf || c->capabilities[EFFECTIVE] & ~bpf ||
	    c->capabilities[INHERITABLE] || c->capabilities[AMBIENT])
		text[n++] = "it has capabilities";
	if (!c->no_new_privs)
		text[n++] = "it may gain privileges (no_new_privs is not set)";
	if (c->seccomp != 2)
		text[n++] = "no seccomp filter is in force";
	if (c->core_dumps)
		text[n++] = "core dumps are allowed";
	if (c->dumpable)
		text[n++] = "its memory may be read by its user";
	if (c->threads != 1)
		text[n++] = "it runs more than one thread, so not all may be confined";
	return n;
}

void confined_judge(const struct confined *c, pid_t pid, struct evidence *ev)
{
	const char *text[8];
	int n = shortcomings(c, text);

	if (n) {
		evidence_add(ev, "confinement", EVIDENCE_COMPARED, EVIDENCE_FAILS,
			     "The agent (process %d) is not confined as it promises:", pid);
		for (int i = 0; i < n; i++)
			evidence_detail(ev, "%s", text[i]);
		return;
	}
	evidence_add(ev, "confinement", EVIDENCE_COMPARED, EVIDENCE_HOLDS,
		     "The agent (process %d) runs as user %u, with %s, no_new_privs, a seccomp "
		     "filter, one thread, and no core dumps.",
		     pid, c->uid[0],
		     c->capabilities[PERMITTED] ? "CAP_BPF alone" : "no capabilities");
	if (c->capabilities[PERMITTED])
		evidence_detail(ev, "It keeps CAP_BPF because this kernel asks for it at each "
				    "bpf() command on what is open already.");
	if (c->capabilities[BOUNDING])
		evidence_detail(ev,
				"Its bounding set is not empty; no_new_privs makes it useless.");
}
