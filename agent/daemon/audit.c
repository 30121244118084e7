// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The audit log: who changed what, without page names. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/audit.h"

static int end_last_line(int log)
{
	off_t length = lseek(log, 0, SEEK_END);
	char last;

	if (length < 0)
		return -errno;
	if (!length)
		return 0;
	if (pread(log, &last, 1, length - 1) != 1)
		return -EIO;
	return last == '\n' || write(log, "\n", 1) == 1 ? 0 : -EIO;
}

int audit_open(int data, struct error *e)
{
	int log = openat(data, "audit.log",
			 O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	struct stat st;
	int err = 0;

	if (log < 0)
		return error_set(e, errno, "cannot open audit.log in the data folder: %s",
				 strerror(errno));
	if (fstat(log, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else
		err = end_last_line(log);
	/* The name must be as durable as the lines. */
	if (!err && fsync(data))
		err = -errno;
	if (!err)
		return log;
	close(log);
	return error_set(e, -err, "audit.log in the data folder: %s", strerror(-err));
}

int audit_write(int log, uid_t uid, gid_t gid, const char *what, struct error *e)
{
	char line[AUDIT_WHAT_MAX + 64], when[32] = "";
	time_t now = time(NULL);
	struct tm tm;
	ssize_t n;
	int length;

	if (gmtime_r(&now, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	length = snprintf(line, sizeof(line), "%s uid=%u gid=%u %.*s\n", when, uid, gid,
			  AUDIT_WHAT_MAX, what);
	/* One write, so that what other processes append stands before or behind it. */
	n = write(log, line, (size_t)length);
	if (n == length && !fsync(log))
		return 0;
	n = n == length || n < 0 ? errno : ENOSPC;
	return error_set(e, (int)n, "cannot write audit.log: %s", strerror((int)n));
}

void audit_page(char text[AUDIT_PAGE])
{
	unsigned long long number = 0;

	/* Never blocks once the machine is up, and can't be cut short at this size. */
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = 0;
	snprintf(text, AUDIT_PAGE, "page-%016llx", number);
}

void audit_forget(const char *site, const char *page, const char *how, char what[AUDIT_WHAT_MAX])
{
	char number[AUDIT_PAGE] = "";

	if (page)
		audit_page(number);
	snprintf(what, AUDIT_WHAT_MAX, "forget %s %s%s%s%s", page ? "page" : "site", site,
		 page ? " " : "", number, how);
}

void audit_rule(const struct rule *rule, char text[RULE_TEXT_MAX])
{
	struct rule shown = *rule;

	if (rule->kind == RULE_PAGE || rule->kind == RULE_EXCLUDE_PAGE)
		audit_page(shown.value);
	rule_text(&shown, text);
}
