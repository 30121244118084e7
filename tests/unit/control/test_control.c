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

#include "control/control.h"
#include "unit/data_folder.h"
#include "unit/talker.h"
#include "rules/words.h"

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

/* Whole lines of the limit's length and above, and what no line may hold. */
static void test_line_limit(void **state)
{
	static const char too_long[] = "error: line too long: expected at most 1024 bytes\n";
	struct control *control = open_control(0);
	int fd = connect_client(control);
	char line[6000];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[WORDS_LINE_MAX] = '\n';
	say(fd, line, WORDS_LINE_MAX + 1);
	assert_string_equal(hear(control, fd, NULL), "ok\n");
	line[WORDS_LINE_MAX] = 'x';
	line[WORDS_LINE_MAX + 2] = '\n';
	say(fd, line, WORDS_LINE_MAX + 3);
	assert_string_equal(hear(control, fd, NULL), too_long);
	/* In many pieces, answered once and before its end, and the rest dropped. */
	line[WORDS_LINE_MAX + 2] = 'x';
	say(fd, line, sizeof(line));
	assert_string_equal(hear(control, fd, NULL), too_long);
	say(fd, line, sizeof(line));
	assert_string_equal(hear(control, fd, NULL), "");
	say(fd, "x\necho y\n", 9);
	assert_string_equal(hear(control, fd, NULL), "y\nok\n");
	assert_int_equal(lines_handled, 2);
	say(fd, "a\0b\nping\n", 9);
	assert_string_equal(hear(control, fd, NULL),
			    "error: control character 0x00: expected text\nok\n");
	assert_int_equal(lines_handled, 3);
	close(fd);
	control_close(control);
}

static void test_peer(void **state)
{
	struct control *control = open_control(0);
	int fd = connect_client(control);
	char expected[64];

	(void)state;
	snprintf(expected, sizeof(expected), "%u %u %d\nok\n", getuid(), getgid(), getpid());
	say(fd, "who\n", 4);
	assert_string_equal(hear(control, fd, NULL), expected);
	close(fd);
	control_close(control);
}

static void test_client_limit(void **state)
{
	struct control *control = open_control(0);
	int places = getuid() ? CONTROL_CLIENTS - CONTROL_RESERVED : CONTROL_CLIENTS;
	int fds[CONTROL_CLIENTS], one_more;
	bool ended;

	(void)state;
	for (int i = 0; i < places; i++)
		fds[i] = connect_client(control);
	one_more = connect_client(control);
	assert_string_equal(hear(control, one_more, &ended),
			    "error: too many clients: try again later\n");
	assert_true(ended);
	close(one_more);
	for (int i = 0; i < places; i++) {
		say(fds[i], "ping\n", 5);
		assert_string_equal(hear(control, fds[i], NULL), "ok\n");
	}
	close(fds[10]);
	settle(control);
	fds[10] = connect_client(control);
	say(fds[10], "ping\n", 5);
	assert_string_equal(hear(control, fds[10], NULL), "ok\n");
	for (int i = 0; i < places; i++)
		close(fds[i]);
	control_close(control);
}

/* However many of its group's members hang on, root is heard. */
static void test_root_is_heard(void **state)
{
	struct control *control;
	int fds[CONTROL_CLIENTS], one;
	char path[sizeof(run_path) + 16];
	bool ended;

	(void)state;
	if (getuid())
		skip();
	control = open_control(0);
	snprintf(path, sizeof(path), "%s/control", run_path);
	assert_int_equal(chmod(data_path, 0755) || chmod(run_path, 0755) || chmod(path, 0666), 0);
	assert_int_equal(seteuid(65534), 0);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		fds[i] = connect_client(control);
	assert_int_equal(seteuid(0), 0);
	assert_string_equal(hear(control, fds[CONTROL_CLIENTS - 1], &ended),
			    "error: too many clients: try again later\n");
	one = connect_client(control);
	say(one, "ping\n", 5);
	assert_string_equal(hear(control, one, NULL), "ok\n");
	close(one);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		close(fds[i]);
	control_close(control);
}

/* A client that has sent all takes its answers; one that has gone is heard to the end. */
static void test_disconnect(void **state)
{
	struct control *control = open_control(0);
	int fd = connect_client(control);
	bool ended;

	(void)state;
	say(fd, "echo a\necho b\nhalf", 18);
	shutdown(fd, SHUT_WR);
	assert_string_equal(hear(control, fd, &ended), "a\nok\nb\nok\n");
	assert_true(ended);
	close(fd);
	assert_int_equal(lines_handled, 2);
	fd = connect_client(control);
	say(fd, "one\ntwo\nmany 10\nthree\nhalf", 27);
	close(fd);
	settle(control);
	assert_int_equal(lines_handled, 6);
	control_close(control);
}

/* A client that does not take its answer is not read from, and the others are served. */
static void test_back_pressure(void **state)
{
	struct control *control = open_control(0);
	int slow = connect_client(control), quick = connect_client(control);
	char *end;

	(void)state;
	say(slow, "many 8192\necho last\n", 20);
	settle(control);
	assert_int_equal(lines_handled, 1);
	for (int i = 0; i < 100; i++) {
		say(quick, "ping\n", 5);
		assert_string_equal(hear(control, quick, NULL), "ok\n");
	}
	assert_int_equal(lines_handled, 101);
	end = strstr(hear(control, slow, NULL), "line 8191 ");
	assert_non_null(end);
	assert_string_equal(strchr(end, '\n'), "\nok\nlast\nok\n");
	assert_int_equal(lines_handled, 102);
	close(slow);
	close(quick);
	control_close(control);
}

static void test_stalled_client(void **state)
{
	struct control *control = open_control(1);
	int idle = connect_client(control), slow = connect_client(control);
	struct pollfd hangs_up = {.fd = slow, .events = POLLRDHUP};

	(void)state;
	say(slow, "many 8192\n", 10);
	while (!poll(&hangs_up, 1, 0)) {
		assert_true(is_readable(control_fd(control), -1));
		control_dispatch(control);
	}
	/* One that owes nothing may stay silent. */
	say(idle, "ping\n", 5);
	assert_string_equal(hear(control, idle, NULL), "ok\n");
	close(idle);
	close(slow);
	control_close(control);
}

static void test_long_answer(void **state)
{
	struct control *control = open_control(0);
	int fd = connect_client(control);

	(void)state;
	say(fd, "many 400000\nping\n", 17);
	assert_string_equal(hear(control, fd, NULL),
			    "error: the answer is too long: try again later\nok\n");
	close(fd);
	control_close(control);
}

static int try_open(const char *folder, struct error *e)
{
	struct control_options options = {.folder = folder, .owner = -1, .group = -1};
	struct control *control;
	int err;

	e->text[0] = '\0';
	err = control_open(&control, &options, e);
	if (!err)
		control_close(control);
	return err;
}

static void test_open(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct control *control;
	struct error e;
	struct stat st;
	int dead, fd;

	(void)state;
	umask(0);
	control = open_control(0);
	umask(022);
	assert_int_equal(fstatat(data_fd, "run", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(fstatat(data_fd, "run/control", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0660);
	assert_int_equal(try_open(run_path, &e), -EWOULDBLOCK);
	assert_non_null(strstr(e.text, "another agent uses folder"));
	fd = connect_client(control); /* ... and did not touch its socket */
	close(fd);
	control_close(control);
	assert_false(data_folder_has("run/control"));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", run_path);
	dead = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof(address)), 0);
	close(dead);
	assert_true(data_folder_has("run/control"));
	assert_int_equal(try_open(run_path, &e), 0);
	assert_int_equal(mkdirat(data_fd, "run/control", 0700), 0);
	assert_int_equal(try_open(run_path, &e), -EEXIST);
	assert_non_null(strstr(e.text, "is no socket: remove it"));
	assert_true(data_folder_has("run/control"));
}

static void test_open_bad_path(void **state)
{
	char path[200];
	struct error e;

	(void)state;
	snprintf(path, sizeof(path), "%s/a/b", data_path);
	assert_int_equal(try_open(path, &e), -ENOENT);
	assert_non_null(strstr(e.text, "cannot make folder"));
	snprintf(path, sizeof(path), "%s/%0100d", data_path, 1);
	assert_int_equal(try_open(path, &e), -ENAMETOOLONG);
	assert_non_null(strstr(e.text, "expected a path of at most 99 bytes"));
}

/* --- many clients that send anything --- */

#define CROWD 50

static void talker_end(struct control *control, struct talker *t)
{
	do {
		control_dispatch(control);
		talker_hear(t);
	} while (is_readable(control_fd(control), 0));
	assert_int_equal(t->answers, talker_expects(t));
	close(t->fd);
	memset(t, 0, sizeof(*t));
	t->fd = connect_client(control);
}

static void test_crowd(void **state)
{
	static const char *const texts[] = {"ping\n",	 "echo ok\necho error\n",
					    "many 30\n", "who\n",
					    "fail x\n",	 "\n",
					    "echo half", "many 2000\n"};
	struct control *control = open_control(0);
	struct talker crowd[CROWD] = {0};

	(void)state;
	for (int i = 0; i < CROWD; i++)
		crowd[i].fd = connect_client(control);
	for (int round = 0; round < 20000; round++) {
		struct talker *t = &crowd[random_number() % CROWD];

		talker_say(t, texts, sizeof(texts) / sizeof(texts[0]));
		if (random_number() % 2)
			control_dispatch(control);
		if (random_number() % 4)
			talker_hear(&crowd[random_number() % CROWD]);
		if (!(random_number() % 100)) {
			talker_end(control, t);
		} else if (!(random_number() % 100)) { /* gone without a word */
			close(t->fd);
			memset(t, 0, sizeof(*t));
			settle(control);
			t->fd = connect_client(control);
		}
	}
	for (int i = 0; i < CROWD; i++)
		talker_end(control, &crowd[i]);
	for (int i = 0; i < CROWD; i++)
		close(crowd[i].fd);
	control_close(control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DATA_FOLDER_TEST(test_talks),	       DATA_FOLDER_TEST(test_talks_bytewise),
		DATA_FOLDER_TEST(test_line_limit),     DATA_FOLDER_TEST(test_peer),
		DATA_FOLDER_TEST(test_root_is_heard),  DATA_FOLDER_TEST(test_client_limit),
		DATA_FOLDER_TEST(test_disconnect),     DATA_FOLDER_TEST(test_back_pressure),
		DATA_FOLDER_TEST(test_stalled_client), DATA_FOLDER_TEST(test_long_answer),
		DATA_FOLDER_TEST(test_open),	       DATA_FOLDER_TEST(test_open_bad_path),
		DATA_FOLDER_TEST(test_crowd),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
