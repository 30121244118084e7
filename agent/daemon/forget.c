// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Forgetting a site or pages: in the kernel's generations and held rows by a
 * flush that drops them, in every day's file by writing it anew. What is to be
 * forgotten stands in DATA/forget until that is done, so that a successor goes
 * on after a crash; what stands there is finished before anything else is
 * forgotten. Pages are forgotten as they were counted until then; who
 * wants no more of them adds an exclusion first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/agent.h"
#include "daemon/audit.h"
#include "base/log.h"
#include "base/atomic_file.h"

#define NOTE "forget"
#define NOTE_NEW ".forget.tmp"
#define NOTE_MAX (BC_WORD_MAX + BC_NAME_MAX + 8)

static int note_failed(int err, struct error *e)
{
	return error_set(e, err, "cannot note what to forget: %s", strerror(err));
}

/* It names what is to be forgotten: no part of it may stay behind. */
static int note_write(int data, const char *site, const char *page, struct error *e)
{
	char text[NOTE_MAX];
	int n = snprintf(text, sizeof(text), "%s\n%s\n", site, page ? page : "");
	int r = -ENAMETOOLONG;

	if (n < (int)sizeof(text))
		r = atomic_file_write(data, NOTE, NOTE_NEW, text, n, 0600);
	return r ? note_failed(-r, e) : 0;
}

static int note_remove(int data, struct error *e)
{
	if ((unlinkat(data, NOTE, 0) && errno != ENOENT) || fsync(data))
		return error_set(e, errno,
				 "all is forgotten, but the note of it stays: %s; remove the file "
				 "'forget' in the data folder, or the next start forgets it again",
				 strerror(errno));
	return 0;
}

/* What rules named until lately is known by name until its number is released. */
static int release_names(struct agent *a, struct error *e)
{
	int r = 0;

	while (!r && a->flushes_since_rules <= 2)
		r = flush_now(a, e);
	return r;
}

/* *done: all is gone but for what damaged files may hold, which trying again does not change. */
static int forget_now(struct agent *a, const char *site, const char *page,
		      struct forget_result *gone, bool *done, struct error *e)
{
	struct dayfile_forgotten files = {};
	struct error unreached = {};
	uint64_t rows = 0;
	int r = flush_forgetting(a, site, page, &rows, e), in_files;

	*done = false;
	if (r)
		return r;
	in_files = dayfile_forget(a->data, site, page, &files, &unreached);
	r = release_names(a, e);
	if (r)
		return r;
	*done = !in_files || (files.unreached && files.unreached == files.damaged);
	*gone = (struct forget_result){files.rows, files.files, rows};
	return in_files ? error_set(e, -in_files, "%s", unreached.text) : 0;
}

/* Forget what is noted. Who asked for it has been told of an error, or is gone. */
static int forget_noted(struct agent *a, const char *site, const char *page, struct error *e)
{
	struct forget_result gone;
	char what[AUDIT_WHAT_MAX];
	struct error unreached = {};
	bool done;
	int r;

	log_notice("finishing what was begun to be forgotten");
	r = forget_now(a, site, page, &gone, &done, &unreached);
	if (!done)
		return error_set(e, -r, "%s", unreached.text);
	if (r)
		log_error("%s", unreached.text);
	audit_forget(site, page, r ? ": finished later, not all was reached" : ": finished later",
		     what);
	audit_write(a->audit, getuid(), getgid(), what, NULL);
	return note_remove(a->data, e);
}

int forget_resume(struct agent *a, struct error *e)
{
	char text[NOTE_MAX] = {}, *page, *end;
	int fd = openat(a->data, NOTE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), r;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? 0 : note_failed(errno, e);
	n = read(fd, text, sizeof(text) - 1);
	r = errno;
	close(fd);
	if (n < 0)
		return note_failed(r, e);
	page = memchr(text, '\n', n);
	end = page ? strchr(page + 1, '\n') : NULL;
	if (!end)
		return error_set(e, EBADMSG,
				 "the file 'forget' in the data folder is damaged: remove it, and "
				 "forget again what was to be forgotten");
	*page++ = *end = '\0';
	r = forget_noted(a, text, *page ? page : NULL, e);
	explicit_bzero(text, sizeof(text));
	return r;
}

int forget(struct agent *a, const char *site, const char *page, struct forget_result *gone,
	   struct error *e)
{
	int r = forget_resume(a, e);
	bool done;

	/* Its note must not be lost to another. */
	if (r)
		return error_set(e, -r, "what was to be forgotten before can't be");
	r = note_write(a->data, site, page, e);
	if (!r)
		r = forget_now(a, site, page, gone, &done, e);
	if (!r)
		return note_remove(a->data, e);
	/* Who asked is told why, and asks again. */
	note_remove(a->data, NULL);
	return r;
}
