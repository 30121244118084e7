// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Rules that came by the control socket, kept in the data folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/atomic_file.h"
#include "rules/rulestore.h"

#define NAME "rules"
#define TEMPORARY ".rules.tmp"
#define CHECK "# crc32 %08lx\n"
#define CHECK_LENGTH 17
#define STORE_MAX ((size_t)RULES_MAX * RULE_TEXT_MAX)

static const char head[] = "# Rules from the control socket, written by blindcount.\n";

static void free_text(char *text, size_t length)
{
	if (text)
		explicit_bzero(text, length);
	free(text);
}

/* Reads the whole file into *text, which the caller frees. */
static int read_whole(int fd, char **text, size_t *length, struct error *e)
{
	struct stat st;
	size_t used = 0;
	ssize_t n = 1;
	char *buffer;

	if (fstat(fd, &st))
		return error_set(e, errno, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size > STORE_MAX)
		return error_set(e, EINVAL, "not a file that blindcount wrote");
	buffer = malloc((size_t)st.st_size + 1);
	if (!buffer)
		return error_set(e, ENOMEM, "no memory to read it");
	while (used < (size_t)st.st_size && n) {
		n = read(fd, buffer + used, (size_t)st.st_size - used);
		if (n < 0 && errno != EINTR) {
			int err = errno;

			free(buffer);
			return error_set(e, err, "%s", strerror(err));
		}
		used += n > 0 ? (size_t)n : 0;
	}
	*text = buffer;
	*length = used;
	return 0;
}

static int parse(const char *text, size_t length, struct rules *rules, struct error *e)
{
	char check[CHECK_LENGTH + 1];
	size_t body = length < CHECK_LENGTH ? 0 : length - CHECK_LENGTH;

	snprintf(check, sizeof(check), CHECK, crc32(0, (const Bytef *)text, (uInt)body));
	if (length < CHECK_LENGTH || memcmp(text + body, check, CHECK_LENGTH))
		return error_set(e, EINVAL,
				 "its checksum does not fit: it is damaged or was changed "
				 "by hand");
	for (const char *end = text + body; text < end;) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		struct rule rule;
		int err = rule_parse(&rule, text, (size_t)(stop - text), e);

		if (err > 0)
			err = rules_restore(rules, &rule, e);
		if (err < 0)
			return err;
		text = newline ? newline + 1 : end;
	}
	return 0;
}

int rulestore_load(int data, struct rules *rules, struct error *e)
{
	struct rules stored = {0};
	size_t length = 0;
	char *text = NULL;
	int fd = openat(data, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int err;

	if (fd < 0 && errno == ENOENT)
		return 0;
	err = fd < 0 ? error_set(e, errno, "%s", strerror(errno))
		     : read_whole(fd, &text, &length, e);
	if (!err)
		err = parse(text, length, &stored, e);
	if (!err)
		err = rules_append(rules, &stored, RULE_SOCKET, e);
	rules_free(&stored);
	free_text(text, length);
	if (fd >= 0)
		close(fd);
	if (err)
		error_set(e, -err,
			  "'rules' in the data folder, which holds rules from the control "
			  "socket (restore it; or give up what the kernel has by `blindcount "
			  "detach`, "
			  "remove it, and report the rules again)");
	return err;
}

bool rulestore_missing(int data)
{
	return faccessat(data, NAME, F_OK, AT_SYMLINK_NOFOLLOW) && errno == ENOENT;
}

/* The file's text, which the caller frees; NULL without memory. */
static char *format(const struct rules *rules, size_t *length)
{
	size_t size = sizeof(head) + CHECK_LENGTH;
	char *text, *end, line[RULE_TEXT_MAX];

	for (size_t i = 0; i < rules->count; i++)
		if (rules->list[i].origins & RULE_SOCKET) {
			rule_text(&rules->list[i], line);
			size += strlen(line) + 1;
		}
	text = malloc(size);
	if (!text)
		return NULL;
	end = stpcpy(text, head);
	for (size_t i = 0; i < rules->count; i++)
		if (rules->list[i].origins & RULE_SOCKET) {
			rule_text(&rules->list[i], line);
			end = stpcpy(stpcpy(end, line), "\n");
		}
	end += sprintf(end, CHECK, crc32(0, (const Bytef *)text, (uInt)(end - text)));
	*length = (size_t)(end - text);
	return text;
}

int rulestore_save(int data, const struct rules *rules, struct error *e)
{
	size_t length = 0;
	char *text = format(rules, &length);
	int err = text ? atomic_file_write(data, NAME, TEMPORARY, text, length, 0640) : -ENOMEM;

	free_text(text, length);
	return err ? error_set(e, -err, "cannot save the rule in the data folder: %s",
			       strerror(-err))
		   : 0;
}
