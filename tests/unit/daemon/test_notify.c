// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What a service manager's socket hears, at a path and at an abstract name. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/data_folder.h"
#include "daemon/notify.h"

static char heard[1024];

/* A manager's socket at a name as NOTIFY_SOCKET has it. */
static int manager_open(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	socklen_t size = offsetof(struct sockaddr_un, sun_path) + strlen(name);

	strcpy(address.sun_path, name);
	if (*name == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static const char *hear(int fd)
{
	ssize_t n = recv(fd, heard, sizeof(heard) - 1, MSG_DONTWAIT);

	assert_true(n >= 0);
	heard[n] = '\0';
	return heard;
}

static void test_messages(void **state)
{
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/notify", data_path);
	for (int abstract = 0; abstract < 2; abstract++) {
		int fd;
		long long us;

		if (abstract)
			path[0] = '@';
		fd = manager_open(path);
		assert_int_equal(notify_ready("counting"), 1);
		assert_string_equal(hear(fd), "READY=1\nSTATUS=counting");
		assert_int_equal(notify_ready(NULL), 1);
		assert_string_equal(hear(fd), "READY=1\n");
		assert_int_equal(notify_status("flushing"), 1);
		assert_string_equal(hear(fd), "STATUS=flushing");
		assert_int_equal(notify_stopping("writing counts"), 1);
		assert_string_equal(hear(fd), "STOPPING=1\nSTATUS=writing counts");
		assert_int_equal(notify_reloading(), 1);
		assert_int_equal(sscanf(hear(fd), "RELOADING=1\nMONOTONIC_USEC=%lld", &us), 1);
		assert_true(us > 0);
		close(fd);
	}
}

/* None, one that has gone, and names of other kinds: an error, and the agent goes on. */
static void test_no_manager(void **state)
{
	char path[200];

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_ready(NULL), 0);
	snprintf(path, sizeof(path), "%s/none", data_path);
	setenv("NOTIFY_SOCKET", path, 1);
	assert_int_equal(notify_ready(NULL), -ENOENT);
	setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
	assert_int_equal(notify_ready(NULL), -EAFNOSUPPORT);
	setenv("NOTIFY_SOCKET", "@", 1);
	assert_int_equal(notify_ready(NULL), -EAFNOSUPPORT);
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	setenv("NOTIFY_SOCKET", path, 1);
	assert_int_equal(notify_ready(NULL), -ENAMETOOLONG);
}

/* A manager that does not listen never makes the agent wait. */
static void test_busy_manager(void **state)
{
	char path[96];
	int fd, last = 1;

	(void)state;
	snprintf(path, sizeof(path), "%s/notify", data_path);
	fd = manager_open(path);
	for (int i = 0; i < 100000 && last == 1; i++)
		last = notify_status("again");
	assert_int_equal(last, -EAGAIN);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DATA_FOLDER_TEST(test_messages),
		DATA_FOLDER_TEST(test_no_manager),
		DATA_FOLDER_TEST(test_busy_manager),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
