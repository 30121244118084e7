// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The control socket with real sockets in a folder of its own. Server and clients
 * share one thread: the clients never wait, the server is dispatched whenever its
 * descriptor is readable, so nothing depends on time.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "control.h"
#include "data_folder.h"
#include "words.h"

static char run_path[80];
static unsigned int lines_handled;

/* `echo TEXT`, `many N`, `fail TEXT`, `who`; anything else is just ok. */
static int handle(void *arg, const struct control_peer *peer, const char *line,
		  struct control_reply *reply, struct error *e)
{
	(void)arg;
	lines_handled++;
	if (!strncmp(line, "echo ", 5))
		control_data(reply, "%s", line + 5);
	else if (!strncmp(line, "fail ", 5))
		return error_set(e, EINVAL, "%s", line + 5);
	else if (!strcmp(line, "fail"))
		return -ENOENT;
	else if (!strcmp(line, "who"))
		control_data(reply, "%u %u %d", peer->uid, peer->gid, peer->pid);
	else if (!strncmp(line, "many ", 5))
		for (int i = 0, n = atoi(line + 5); i < n; i++)
			control_data(reply, "line %d ..........................................",
				     i);
	return 0;
}

static struct control *open_control(unsigned int stall_ms)
{
	struct control_options options = {.folder = run_path,
					  .owner = -1,
					  .group = -1,
					  .stall_ms = stall_ms,
					  .handler = handle};
	struct control *control = NULL;
	struct error e = {""};

	snprintf(run_path, sizeof(run_path), "%s/run", data_path);
	assert_int_equal(control_open(&control, &options, &e), 0);
	assert_string_equal(e.text, "");
	lines_handled = 0;
	return control;
}

static bool is_readable(int fd, int wait_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, wait_ms) == 1;
}

/* Do all that can be done without anything from outside. */
static void settle(struct control *control)
{
	while (is_readable(control_fd(control), 0))
		control_dispatch(control);
}

static int connect_client(struct control *control)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", run_path);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	settle(control);
	return fd;
}

static void say(int fd, const char *text, size_t length)
{
	assert_int_equal(send(fd, text, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* Everything that is there for the client now; *ended: and that was all. */
static char *hear(struct control *control, int fd, bool *ended)
{
	static char text[1 << 20];
	size_t length = 0;
	ssize_t n;

	settle(control);
	while ((n = recv(fd, text + length, sizeof(text) - 1 - length, MSG_DONTWAIT)) > 0) {
		length += n;
		assert_true(length < sizeof(text) - 1);
		settle(control);
	}
	if (ended)
		*ended = !n || errno != EAGAIN;
	else
		assert_int_equal(errno, EAGAIN);
	text[length] = '\0';
	return text;
}

/* What is sent in one piece, and what comes back. */
static const struct {
	const char *sent, *heard;
} talks[] = {
	{"ping\n", "ok\n"},
	{"ping", ""},
	{"\n", "ok\n"},
	{"\n\n\n", "ok\nok\nok\n"},
	{"ping\r\n", "ok\n"},
	{"echo a\necho b\necho c", "a\nok\nb\nok\n"},
	{"fail bad word\nping\n", "error: bad word\nok\n"},
	{"fail\n", "error: No such file or directory\n"},
	{"fail \x1b[31m\x7f\n", "error: ?[31m?\n"},
	{"echo ok\n", " ok\nok\n"},
	{"echo okay\n", "okay\nok\n"},
	{"echo error: not one\n", " error: not one\nok\n"},
	{"echo errors\n", " errors\nok\n"},
	{"echo  blank\n", "  blank\nok\n"},
	{"echo \n", "\nok\n"},
	{"many 2\n", "line 0 ..........................................\n"
		     "line 1 ..........................................\nok\n"},
};

static void test_talks(void **state)
{
	struct control *control = open_control(0);

	(void)state;
	for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
		int fd = connect_client(control);

		say(fd, talks[i].sent, strlen(talks[i].sent));
		assert_string_equal(hear(control, fd, NULL), talks[i].heard);
		close(fd);
	}
	control_close(control);
}

/* The same, a byte at a time, through one connection. */
static void test_talks_bytewise(void **state)
{
	struct control *control = open_control(0);
	int fd = connect_client(control);

	(void)state;
	for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
		const char *sent = talks[i].sent;
		char heard[4096] = "";

		if (!strchr(sent, '\n') || strchr(sent, '\n')[1])
			continue;
		for (const char *c = sent; *c; c++) {
			say(fd, c, 1);
			strcat(heard, hear(control, fd, NULL));
		}
		assert_string_equal(heard, talks[i].heard);
	}
	close(fd);
	control_close(control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DATA_FOLDER_TEST(test_talks),
		DATA_FOLDER_TEST(test_talks_bytewise),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
