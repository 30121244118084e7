// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The commands that talk to an agent (ctl and stats), whole, with a control socket
 * that another process serves. Checks stats' formats with promtool where it is.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "command/commands.h"
#include "control/control.h"
#include "unit/data_folder.h"
#include "report/metrics.h"
#include "rules/words.h"

static char run_path[80];
static pid_t server;
static int server_life; /* the server ends when this is closed */

static struct metrics some_stats(void)
{
	struct metrics stats = {.cells = 12,
				.cells_max = 131072,
				.flush_us = 1234567,
				.port_count = 2,
				.ports = {80, 8080},
				.landlock_abi = 6,
				.seccomp = true,
				.generation = 7,
				.map_bytes = 1ULL << 40,
				.started_at = 1,
				.pages = 3,
				.pages_max = 8192,
				.rules = {1, 2, 3}};

	for (int i = 0; i < BC_TOTALS; i++)
		stats.totals[i] = 100 + i;
	return stats;
}

static int say_stats(struct control_reply *reply)
{
	struct metrics stats = some_stats();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	metrics_write(out, &stats);
	fclose(out);
	control_text(reply, text, size);
	free(text);
	return 0;
}

/* Says each word of the line as words_split() reads it, but for `stats` and `fail`. */
static int handle(void *arg, const struct control_peer *peer, const char *line,
		  struct control_reply *reply, struct error *e)
{
	struct words words;
	int err = words_split(&words, line, strlen(line), e);

	(void)arg;
	(void)peer;
	if (err)
		return err;
	if (words.count == 1 && !strcmp(words.word[0], "stats"))
		return say_stats(reply);
	if (words.count == 1 && !strcmp(words.word[0], "fail"))
		return error_set(e, EINVAL, "'fail': expected better");
	if (words.count == 1 && !strcmp(words.word[0], "die"))
		_exit(0);
	for (unsigned int i = 0; i < words.count; i++)
		control_data(reply, "<%s>", words.word[i]);
	return 0;
}

static void serve(int ready, int life)
{
	struct control_options options = {
		.folder = run_path, .owner = -1, .group = -1, .handler = handle};
	struct pollfd fds[] = {{.events = POLLIN}, {.fd = life, .events = POLLIN}};
	struct control *control;

	if (control_open(&control, &options, NULL) || write(ready, "", 1) != 1)
		_exit(1);
	fds[0].fd = control_fd(control);
	while (poll(fds, 2, -1) > 0 && !fds[1].revents)
		control_dispatch(control);
	control_close(control);
	_exit(0);
}

static int server_start(void **state)
{
	int life[2], ready[2];
	char byte;

	if (data_folder_make(state) || pipe(life) || pipe(ready))
		return -1;
	snprintf(run_path, sizeof(run_path), "%s/run", data_path);
	server = fork();
	if (!server) {
		close(life[1]);
		serve(ready[1], life[0]);
	}
	close(life[0]);
	close(ready[1]);
	server_life = life[1];
	if (read(ready[0], &byte, 1) != 1)
		return -1;
	close(ready[0]);
	return 0;
}

static int server_stop(void **state)
{
	close(server_life);
	return waitpid(server, NULL, 0) == server ? data_folder_remove(state) : -1;
}

static void read_file(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	text[fread(text, 1, size - 1, f)] = '\0';
	fclose(f);
}

struct outcome {
	int status;
	char out[16384], err[4096];
};

/* Run a command in a process of its own, with `in` as its standard input. */
static void run(int (*command)(int, char **), char *const *args, const char *in, struct outcome *o)
{
	char out[96], err[96], *argv[16] = {(char *)"command"};
	int argc = 1, status, input[2];
	pid_t pid;

	snprintf(out, sizeof(out), "%s/out", data_path);
	snprintf(err, sizeof(err), "%s/err", data_path);
	while (*args)
		argv[argc++] = *args++;
	assert_int_equal(pipe(input), 0);
	assert_int_equal(write(input[1], in, strlen(in)), (ssize_t)strlen(in));
	close(input[1]);
	pid = fork();
	if (!pid) {
		dup2(input[0], 0);
		if (!freopen(out, "w", stdout) || !freopen(err, "w", stderr))
			_exit(99);
		status = command(argc, argv);
		fflush(NULL);
		_exit(status);
	}
	close(input[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	o->status = WEXITSTATUS(status);
	read_file(out, o->out, sizeof(o->out));
	read_file(err, o->err, sizeof(o->err));
}

static const struct {
	const char *words[6];
	const char *in;
	int status;
	const char *out, *err;
} cases[] = {
	{{"ping"}, "", 0, "<ping>\n", ""},
	{{"optout", "cookie", "a=b c"}, "", 0, "<optout>\n<cookie>\n<a=b c>\n", ""},
	{{"optout cookie x"}, "", 0, "<optout>\n<cookie>\n<x>\n", ""},
	{{"optout cookie \"x y\""}, "", 0, "<optout>\n<cookie>\n<x y>\n", ""},
	{{"a", ""}, "", 0, "<a>\n<>\n", ""},
	{{"a", "#b"}, "", 0, "<a>\n<#b>\n", ""},
	{{"forget", "--exclude", "--run"}, "", 0, "<forget>\n<--exclude>\n<--run>\n", ""},
	{{"--", "--exclude"}, "", 0, "<--exclude>\n", ""},
	{{"fail"}, "", 1, "", "blindcount ctl: 'fail': expected better\n"},
	{{"die"},
	 "",
	 1,
	 "",
	 "blindcount ctl: the agent ended the connection: see its log, and try again\n"},
	{{NULL}, "", 0, "", ""},
	{{NULL}, "one\n\n# none\ntwo", 0, "<one>\n<two>\n", ""},
	{{NULL},
	 "one\nfail\ntwo\n",
	 1,
	 "<one>\n<two>\n",
	 "blindcount ctl: line 2: 'fail': expected better\n"},
	{{"a\"b"},
	 "",
	 2,
	 "",
	 "blindcount ctl: words hold printable ASCII without quotes; see blindcount ctl --help\n"},
	{{"a\nflush"},
	 "",
	 2,
	 "",
	 "blindcount ctl: words hold printable ASCII without quotes; see blindcount ctl --help\n"},
	{{"a b\nflush"}, "", 2, "", "blindcount ctl: that is no line; see blindcount ctl --help\n"},
	{{"--rum"}, "", 2, "", "blindcount ctl: no option --rum; see blindcount ctl --help\n"},
	{{"--run"}, "", 2, "", "blindcount ctl: no value after --run; see blindcount ctl --help\n"},
};

static void test_ctl(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *args[10] = {(char *)"--run", run_path};
		struct outcome o;

		for (int n = 0; cases[i].words[n]; n++)
			args[2 + n] = (char *)cases[i].words[n];
		run(ctl_command, args, cases[i].in, &o);
		assert_string_equal(o.err, cases[i].err);
		assert_string_equal(o.out, cases[i].out);
		assert_int_equal(o.status, cases[i].status);
		if (!strcmp(cases[i].words[0] ? cases[i].words[0] : "", "die")) {
			server_stop(state);
			server_start(state);
		}
	}
}

static void test_no_agent(void **state)
{
	char path[128];
	char *ping[] = {(char *)"--run", path, (char *)"ping", NULL};
	struct outcome o;

	(void)state;
	snprintf(path, sizeof(path), "%s/none", data_path);
	run(ctl_command, ping, "", &o);
	assert_int_equal(o.status, 1);
	assert_non_null(strstr(o.err, "no agent listens at"));
	ping[2] = NULL;
	run(stats_command, ping, "", &o);
	assert_int_equal(o.status, 1);
	assert_non_null(strstr(o.err, "no agent listens at"));
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	run(stats_command, ping, "", &o);
	assert_int_equal(o.status, 1);
	assert_non_null(strstr(o.err, "the path is too long"));
}

static void test_stats(void **state)
{
	char *args[] = {(char *)"--run", run_path, NULL};
	const char *line;
	struct outcome o;

	(void)state;
	run(stats_command, args, "", &o);
	assert_string_equal(o.err, "");
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.out, "\nblindcount_requests_total{outcome=\"opted_out\"} 101\n"));
	assert_non_null(strstr(o.out, "\nblindcount_seen_total 107\n"));
	assert_non_null(strstr(o.out, "\nblindcount_stream_total{event=\"gap\"} 111\n"));
	assert_non_null(strstr(o.out, "\nblindcount_last_flush_seconds 1.234567\n"));
	assert_non_null(strstr(o.out, "\nblindcount_port{port=\"8080\"} 1\n"));
	line = strstr(o.out, "# EOF\n");
	assert_non_null(line);
	assert_string_equal(line, "# EOF\n");
}

static void test_textfile(void **state)
{
	char path[96], *args[] = {(char *)"--run", run_path, (char *)"--textfile", path, NULL};
	char text[16384];
	struct outcome o;
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/blindcount.prom", data_path);
	umask(077);
	run(stats_command, args, "", &o);
	umask(022);
	assert_string_equal(o.err, "");
	assert_string_equal(o.out, "");
	assert_int_equal(o.status, 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	read_file(path, text, sizeof(text));
	assert_non_null(strstr(text, "# TYPE blindcount_seen_total counter\n"
				     "# HELP blindcount_seen_total Requests whose head began.\n"
				     "blindcount_seen_total 107\n"));
	assert_non_null(strstr(text, "# TYPE blindcount_cells gauge\n"));
	assert_null(strstr(text, "# UNIT"));
	assert_null(strstr(text, "# EOF"));
}

/* Nothing is left of a file that could not be made whole; the old one stays. */
static void test_textfile_failure(void **state)
{
	char path[96], none[96], text[64];
	char *args[] = {(char *)"--run", none, (char *)"--textfile", path, NULL};
	struct outcome o;
	FILE *f;

	(void)state;
	snprintf(none, sizeof(none), "%s/none", data_path);
	snprintf(path, sizeof(path), "%s/f/blindcount.prom", data_path);
	run(stats_command, args, "", &o);
	assert_int_equal(o.status, 1);
	assert_non_null(strstr(o.err, "cannot make"));
	assert_int_equal(mkdirat(data_fd, "f", 0755), 0);
	f = fopen(path, "w");
	fputs("old", f);
	fclose(f);
	run(stats_command, args, "", &o);
	assert_int_equal(o.status, 1);
	read_file(path, text, sizeof(text));
	assert_string_equal(text, "old");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlinkat(data_fd, "f", AT_REMOVEDIR), 0);
}

static bool has_promtool(void)
{
	if (!system("command -v promtool >/dev/null 2>&1"))
		return true;
	print_message("no promtool (package prometheus): skipped\n");
	return false;
}

/* The older text format, which --textfile writes. */
static void test_promtool(void **state)
{
	struct metrics stats = some_stats();
	char *text = NULL, *line, *at;
	bool counter = false;
	size_t size;
	FILE *out;

	(void)state;
	if (!has_promtool())
		skip();
	out = open_memstream(&text, &size);
	assert_int_equal(metrics_write(out, &stats), 0);
	fclose(out);
	out = popen("promtool check metrics", "w");
	for (at = text; (line = strsep(&at, "\n"));)
		if (*line)
			metrics_textfile_line(out, line, &counter);
	assert_int_equal(pclose(out), 0);
	free(text);
}

/* Prometheus's OpenMetrics parser, which wants a time at each sample here. */
static void test_openmetrics(void **state)
{
	struct metrics stats = some_stats();
	char command[400], path[96];
	FILE *out;

	(void)state;
	if (!has_promtool())
		skip();
	snprintf(path, sizeof(path), "%s/metrics", data_path);
	out = fopen(path, "w");
	assert_int_equal(metrics_write(out, &stats), 0);
	fclose(out);
	snprintf(command, sizeof(command),
		 "cd %s && sed '/^#/!s/$/ 1700000000/' metrics >timed &&"
		 " promtool tsdb create-blocks-from openmetrics timed blocks >log 2>&1 ||"
		 " { cat log; false; }",
		 data_path);
	assert_int_equal(system(command), 0);
}

#define SERVER_TEST(name) cmocka_unit_test_setup_teardown(name, server_start, server_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER_TEST(test_ctl),
		SERVER_TEST(test_stats),
		SERVER_TEST(test_textfile),
		DATA_FOLDER_TEST(test_no_agent),
		DATA_FOLDER_TEST(test_textfile_failure),
		DATA_FOLDER_TEST(test_promtool),
		DATA_FOLDER_TEST(test_openmetrics),
	};

	return cmocka_run_group_tests_name("ctl", tests, NULL, NULL);
}
