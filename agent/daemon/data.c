// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The data folder: opened and locked at the start, and found again when it is replaced. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/agent.h"
#include "daemon/audit.h"
#include "base/lock.h"
#include "base/log.h"
#include "rules/rulestore.h"

struct opened {
	int data, lock, audit;
};

static void opened_close(const struct opened *o)
{
	if (o->audit >= 0)
		close(o->audit);
	if (o->lock >= 0)
		close(o->lock);
	if (o->data >= 0)
		close(o->data);
}

/* Who may write to the folder may take opt-outs out of it: only the agent's user and root. */
static int check_owner(int data, const struct agent *a, struct error *e)
{
	const char *path = a->options.data;
	struct stat st;

	if (fstat(data, &st))
		return error_set(e, errno, "cannot look at the data folder %s: %s", path,
				 strerror(errno));
	if (st.st_uid && st.st_uid != a->ids.uid)
		return error_set(e, EPERM,
				 "the data folder %s belongs to user %u, who could change rules in "
				 "it: give it to user %u (chown)",
				 path, st.st_uid, a->ids.uid);
	if (st.st_mode & S_IWOTH)
		return error_set(e, EPERM,
				 "anyone may write to the data folder %s, so change rules in it: "
				 "take that away (chmod o-w)",
				 path);
	return 0;
}

/* Open, lock, and clean what a crash left. On failure nothing stays open. */
static int folder_open(const struct agent *a, struct opened *out, struct error *e)
{
	const char *path = a->options.data;
	struct opened o = {-1, -1, -1};
	int r;

	o.data = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o.data < 0 || faccessat(o.data, ".", W_OK | X_OK, AT_EACCESS)) {
		r = error_set(e, errno, "cannot use the data folder %s as user %s: %s", path,
			      a->options.user, strerror(errno));
	} else {
		r = check_owner(o.data, a, e);
		if (!r)
			r = o.lock = lock_folder(o.data, path, e);
		if (r >= 0)
			r = o.audit = audit_open(o.data, e);
		if (r >= 0)
			r = dayfile_clean(o.data, e);
	}
	if (r < 0) {
		opened_close(&o);
		return r;
	}
	*out = o;
	return 0;
}

static void take(struct agent *a, const struct opened *o)
{
	a->data = o->data;
	a->lock = o->lock;
	a->audit = o->audit;
}

/* Is there nothing in a folder but what mkfs puts into a file system? It stays open. */
static bool is_empty(int folder)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	bool empty = dir;

	while (empty && (entry = readdir(dir)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
			!strcmp(entry->d_name, "lost+found");
	if (dir)
		closedir(dir);
	else if (copy >= 0)
		close(copy);
	return empty;
}

/* A new volume belongs to root, who alone may write to it, and is empty: it is made the agent's. */
static int adopt_volume(const struct agent *a, struct error *e)
{
	const char *path = a->options.data;
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r = 0;
	struct stat st;

	if (folder < 0)
		return 0; /* to be told of where it is opened for use */
	if (!fstat(folder, &st) && !st.st_uid && a->ids.uid &&
	    !(st.st_mode & (S_IWGRP | S_IWOTH)) && is_empty(folder)) {
		if (fchown(folder, a->ids.uid, a->ids.gid) || fchmod(folder, 0750))
			r = error_set(e, errno, "cannot give %s to the agent's user: %s", path,
				      strerror(errno));
		else
			log_notice("%s was empty and root's: it is user %s's now", path,
				   a->options.user);
	}
	close(folder);
	return r;
}

int data_open(struct agent *a, struct error *e)
{
	const char *path = a->options.data;
	struct opened o;
	int r;

	if (!mkdir(path, 0750)) {
		if (chown(path, a->ids.uid, a->ids.gid))
			return error_set(e, errno, "cannot give %s to the agent's user: %s", path,
					 strerror(errno));
	} else if (errno != EEXIST) {
		return error_set(e, errno, "cannot make the data folder %s: %s", path,
				 strerror(errno));
	}
	r = adopt_volume(a, e);
	if (r)
		return r;
	data_files_as(&a->ids);
	r = folder_open(a, &o, e);
	data_files_as(NULL);
	if (!r)
		take(a, &o);
	return r;
}

int data_follow(struct agent *a, struct error *e)
{
	const char *path = a->options.data;
	struct stat ours, there;
	struct opened o;
	int r;

	if (stat(path, &there))
		return error_set(e, errno, "the data folder %s: %s", path, strerror(errno));
	if (!fstat(a->data, &ours) && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
		return 0;
	r = folder_open(a, &o, e);
	if (r)
		return r;
	/* Rules from the socket are in force: the next start must find them there. */
	r = rulestore_save(o.data, &a->rules, e);
	if (r) {
		opened_close(&o);
		return r;
	}
	data_close(a);
	take(a, &o);
	log_notice("%s is another folder than before: counts go there now", path);
	return 0;
}

void data_close(struct agent *a)
{
	opened_close(&(struct opened){a->data, a->lock, a->audit});
	a->data = a->lock = a->audit = -1;
}
