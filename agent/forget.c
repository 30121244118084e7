// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Forgetting a site or pages: in the kernel's generations and held rows by a
 * flush that drops them, in every day's file by writing it anew. What is to be
 * forgotten stands in DATA/forget until that is done, so that a successor goes
 * on after a crash. Pages are forgotten as they were counted until then; who
 * wants no more of them adds an exclusion first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "log.h"

#define NOTE "forget"
#define NOTE_NEW ".forget.tmp"

static int note_failed(int fd, struct error *e)
{
	int err = errno;

	if (fd >= 0)
		close(fd);
	return error_set(e, err, "cannot note what to forget: %s", strerror(err));
}

/* It names what is to be forgotten: no part of it may stay behind. */
static int note_give_up(int data, int fd, struct error *e)
{
	int err = errno;

	unlinkat(data, NOTE_NEW, 0);
	errno = err;
	return note_failed(fd, e);
}

static int note_write(int data, const char *site, const char *page, struct error *e)
{
	char text[BC_WORD_MAX + BC_NAME_MAX + 8];
	int n = snprintf(text, sizeof(text), "%s\n%s\n", site, page ? page : "");
	/* What a crash left is in the way; something else there, a pipe say, must not block. */
	int fd = -1;

	if (!unlinkat(data, NOTE_NEW, 0) || errno == ENOENT)
		fd = openat(data, NOTE_NEW, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0600);
	if (fd < 0)
		return note_failed(fd, e);
	errno = n < (int)sizeof(text) ? ENOSPC : ENAMETOOLONG; /* where write() sets none */
	if (n >= (int)sizeof(text) || write(fd, text, n) != n || fsync(fd) ||
	    renameat(data, NOTE_NEW, data, NOTE) || fsync(data))
		return note_give_up(data, fd, e);
	close(fd);
	return 0;
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

static int forget_now(struct agent *a, const char *site, const char *page, struct error *e)
{
	struct dayfile_forgotten forgotten = {};
	uint64_t rows = 0;
	int r = agent_flush_forgetting(a, site, page, &rows, e);

	if (!r)
		r = dayfile_forget(a->data, site, page, &forgotten, e);
	/* What rules named until lately is known by name until its number is released. */
	while (!r && a->flushes_since_rules <= 2)
		r = agent_flush(a, e);
	return r;
}

int agent_forget(struct agent *a, const char *site, const char *page, struct error *e)
{
	int r = note_write(a->data, site, page, e);

	if (!r)
		r = forget_now(a, site, page, e);
	if (!r)
		return note_remove(a->data, e);
	/* What could not be reached has been named; trying again would name it again. */
	note_remove(a->data, NULL);
	return r;
}

int agent_forget_resume(struct agent *a, struct error *e)
{
	char text[BC_WORD_MAX + BC_NAME_MAX + 8] = {}, *page, *end;
	int fd = openat(a->data, NOTE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), r;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? 0 : note_failed(fd, e);
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return note_failed(fd, e);
	close(fd);
	page = memchr(text, '\n', n);
	end = page ? strchr(page + 1, '\n') : NULL;
	if (!end)
		return error_set(e, EBADMSG,
				 "the file 'forget' in the data folder is damaged: "
				 "forget again what was to be forgotten, and remove it");
	*page++ = *end = '\0';
	log_notice("finishing what a predecessor was about to forget");
	r = forget_now(a, text, *page ? page : NULL, e);
	explicit_bzero(text, sizeof(text));
	return r ? r : note_remove(a->data, e);
}
