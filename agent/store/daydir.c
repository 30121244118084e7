// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Opens and lists the folders that hold the days' files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/daydir.h"

#define COUNTS "counts"
#define DAY_PREFIX "date="
#define FOLDER_NAME (sizeof(DAY_PREFIX) - 1 + DAY_TEXT)
#define SUFFIX ".csv.gz"
#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static bool alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool node_valid(const char *node, size_t length)
{
	if (!length || length > DAYDIR_NODE_MAX || !alphanumeric(*node))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!alphanumeric(node[i]) && !strchr("._-", node[i]))
			return false;
	return true;
}

bool daydir_node_valid(const char *node)
{
	return node_valid(node, strnlen(node, DAYDIR_NODE_MAX + 1));
}

void daydir_file_name(const char *node, char name[DAYDIR_NAME])
{
	snprintf(name, DAYDIR_NAME, "%.*s" SUFFIX, DAYDIR_NODE_MAX, node);
}

void daydir_path(__u32 day, const char *name, char path[DAYDIR_PATH])
{
	char date[DAY_TEXT];

	day_format(day, date);
	snprintf(path, DAYDIR_PATH, COUNTS "/" DAY_PREFIX "%s/%.*s", date, DAYDIR_NAME, name);
}

/* A folder just made is lost in a power cut unless the one above it is synced too. */
static int open_folder(int parent, const char *name, bool create, struct error *e)
{
	int fd, err;

	if (create && mkdirat(parent, name, 0750) && errno != EEXIST)
		return error_set(e, errno, "cannot make folder %s: %s", name, strerror(errno));
	if (create && fsync(parent))
		return error_set(e, errno, "cannot sync the folder above %s: %s", name,
				 strerror(errno));
	fd = openat(parent, name, OPEN_FOLDER);
	if (fd >= 0)
		return fd;
	err = errno;
	if (err == ENOENT && !create)
		return -ENOENT;
	if (err == ELOOP || err == ENOTDIR)
		return error_set(e, err, "%s is not a folder (links are not followed)", name);
	return error_set(e, err, "cannot open folder %s: %s", name, strerror(err));
}

int daydir_open_counts(int data, bool create, struct error *e)
{
	return open_folder(data, COUNTS, create, e);
}

static void folder_name(__u32 day, char name[FOLDER_NAME])
{
	memcpy(name, DAY_PREFIX, sizeof(DAY_PREFIX));
	day_format(day, name + sizeof(DAY_PREFIX) - 1);
}

int daydir_open(int counts, __u32 day, bool create, struct error *e)
{
	char name[FOLDER_NAME];

	folder_name(day, name);
	return open_folder(counts, name, create, e);
}

int daydir_remove(int counts, __u32 day, struct error *e)
{
	char name[FOLDER_NAME];

	folder_name(day, name);
	if (!unlinkat(counts, name, AT_REMOVEDIR) || errno == ENOTEMPTY || errno == EEXIST)
		return 0;
	return error_set(e, errno, "cannot delete folder %s: %s", name, strerror(errno));
}

/* Calls take() with each name in the folder, until it returns an error. */
static int each_name(int folder, int (*take)(void *arg, const char *name), void *arg,
		     struct error *e)
{
	/* A descriptor of its own: the place in a folder is shared by duplicates. */
	int fd = openat(folder, ".", OPEN_FOLDER), ret = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		ret = error_set(e, errno, "cannot list a folder of counts: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return ret;
	}
	while (!ret && (errno = 0, entry = readdir(dir)))
		ret = take(arg, entry->d_name);
	if (!ret && errno)
		ret = error_set(e, errno, "cannot list a folder of counts: %s", strerror(errno));
	closedir(dir);
	return ret;
}

/* Room for one more item in an array whose size doubles. */
static void *grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1) || (count && count < 8))
		return array;
	return reallocarray(array, count < 8 ? 8 : count * 2, size);
}

struct day_list {
	__u32 *day;
	size_t count;
};

static int take_day(void *arg, const char *name)
{
	struct day_list *list = arg;
	size_t prefix = sizeof(DAY_PREFIX) - 1;
	__u32 *grown, day;

	if (strlen(name) != prefix + DAY_TEXT - 1 || memcmp(name, DAY_PREFIX, prefix))
		return 0;
	day = day_parse(name + prefix);
	if (!day)
		return 0;
	grown = grow(list->day, list->count, sizeof(*list->day));
	if (!grown)
		return -ENOMEM;
	list->day = grown;
	list->day[list->count++] = day;
	return 0;
}

static int compare_days(const void *a, const void *b)
{
	const __u32 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int daydir_days(int counts, __u32 **days, size_t *count, struct error *e)
{
	struct day_list list = {NULL, 0};
	int ret = each_name(counts, take_day, &list, e);

	if (ret) {
		free(list.day);
		return ret;
	}
	if (list.count)
		qsort(list.day, list.count, sizeof(*list.day), compare_days);
	*days = list.day;
	*count = list.count;
	return 0;
}

/* Is the name a valid node's, followed by the suffix? */
static bool node_and(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);

	return length > tail && !strcmp(name + length - tail, suffix) &&
	       node_valid(name, length - tail);
}

static bool node_and_number(const char *name, const char *suffix)
{
	size_t digits = 0, length = strlen(name), tail = strlen(suffix);

	while (digits < length && name[length - digits - 1] >= '0' &&
	       name[length - digits - 1] <= '9')
		digits++;
	return digits && length - digits > tail &&
	       !memcmp(name + length - digits - tail, suffix, tail) &&
	       node_valid(name, length - digits - tail);
}

static bool classify(const char *name, enum daydir_kind *kind)
{
	if (*name == '.') {
		*kind = DAYDIR_TEMPORARY;
		return node_and(name + 1, SUFFIX ".tmp");
	}
	if (node_and(name, SUFFIX)) {
		*kind = DAYDIR_COUNTS;
		return true;
	}
	*kind = DAYDIR_DAMAGED;
	return node_and_number(name, SUFFIX ".damaged-");
}

static int take_file(void *arg, const char *name)
{
	struct daydir_list *list = arg;
	struct daydir_entry *grown;
	enum daydir_kind kind;

	if (strlen(name) >= DAYDIR_NAME || !classify(name, &kind))
		return 0;
	grown = grow(list->entry, list->count, sizeof(*list->entry));
	if (!grown)
		return -ENOMEM;
	list->entry = grown;
	grown += list->count++;
	grown->kind = kind;
	strcpy(grown->name, name);
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	const struct daydir_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int daydir_list(int folder, struct daydir_list *list, struct error *e)
{
	struct daydir_list found = {NULL, 0};
	int ret = each_name(folder, take_file, &found, e);

	if (ret) {
		free(found.entry);
		return ret;
	}
	if (found.count)
		qsort(found.entry, found.count, sizeof(*found.entry), compare_entries);
	*list = found;
	return 0;
}
