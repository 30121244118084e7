/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A data folder for one test, made and removed as cmocka's setup and teardown. */
#ifndef TESTS_UNIT_DATA_FOLDER_H
#define TESTS_UNIT_DATA_FOLDER_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char data_path[64];
static int data_fd;

static int data_folder_make(void **state)
{
	(void)state;
	/* In memory where that can be had: the tests sync a lot. */
	snprintf(data_path, sizeof(data_path), "%s/blindcount-test.XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(data_path))
		return -1;
	data_fd = open(data_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return data_fd < 0 ? -1 : 0;
}

static int data_folder_remove_one(const char *path, const struct stat *st, int type,
				  struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int data_folder_remove(void **state)
{
	(void)state;
	close(data_fd);
	return nftw(data_path, data_folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline bool data_folder_has(const char *path)
{
	struct stat st;

	return !fstatat(data_fd, path, &st, AT_SYMLINK_NOFOLLOW);
}

#define DATA_FOLDER_TEST(name) \
	cmocka_unit_test_setup_teardown(name, data_folder_make, data_folder_remove)

#endif
