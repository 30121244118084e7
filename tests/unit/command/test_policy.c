// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* `blindcount policy` with an agent that answers at a control socket. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "command/commands.h"
#include "control/control.h"
#include "report/notice.h"

static char folder[] = "/tmp/test_policy.XXXXXX";
static char output[] = "/tmp/test_policy_out.XXXXXX";

static int handler(void *arg, const struct control_peer *peer, const char *line,
		   struct control_reply *reply, struct error *e)
{
	static const char rules[] = "optout header Sec-GPC=1  # built-in\n"
				    "# page a /x  # socket (not in force)\n"
				    "site s\n";
	static const char options[] = "min-count 7\nport 80\nretain 30\nflush 60\n";
	const char *odd = arg;

	(void)peer;
	if (odd) {
		control_data(reply, "%s", odd);
		return 0;
	}
	if (!strcmp(line, "rules"))
		control_text(reply, rules, sizeof(rules) - 1);
	else if (!strcmp(line, "options"))
		control_text(reply, options, sizeof(options) - 1);
	else
		return error_set(e, EINVAL, "no verb");
	return 0;
}

static void serve(const char *odd, int ready)
{
	struct control_options options = {
		.folder = folder,
		.owner = (uid_t)-1,
		.group = (gid_t)-1,
		.handler = handler,
		.arg = (void *)odd,
	};
	struct control *control;
	struct pollfd fd = {.events = POLLIN};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (control_open(&control, &options, NULL) || write(ready, "", 1) != 1)
		_exit(1);
	fd.fd = control_fd(control);
	for (;;)
		if (poll(&fd, 1, -1) > 0)
			control_dispatch(control);
}

/* Starts an agent that answers as above, or all with one line. Returns its pid. */
static pid_t start(const char *odd)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		serve(odd, ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Runs the command with these words; what it prints is in `text`. */
static int run(char *text, size_t size, char *a, char *b, char *c)
{
	char *argv[] = {"policy", "--run", folder, a, b, c, NULL};
	int argc = c ? 6 : b ? 5 : a ? 4 : 3, status, saved = dup(STDOUT_FILENO);
	int errors = dup(STDERR_FILENO);
	ssize_t n;
	FILE *in;

	fflush(stdout);
	in = fopen(output, "w+");
	assert_non_null(in);
	dup2(fileno(in), STDOUT_FILENO);
	dup2(fileno(in), STDERR_FILENO);
	optind = 0;
	status = policy_command(argc, argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	close(saved);
	close(errors);
	n = pread(fileno(in), text, size - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	fclose(in);
	return status;
}

static void test_formats(void **state)
{
	char text[16384];
	pid_t agent = start(NULL);

	(void)state;
	assert_int_equal(run(text, sizeof(text), NULL, NULL, NULL), EXIT_SUCCESS);
	assert_non_null(strstr(text, "  - Sec-GPC with the value \"1\"\n"));
	assert_null(strstr(text, "/x"));
	assert_int_equal(run(text, sizeof(text), "--format", "html", NULL), EXIT_SUCCESS);
	assert_memory_equal(text, "<section ", 9);
	assert_int_equal(run(text, sizeof(text), "--format", "json", NULL), EXIT_SUCCESS);
	assert_non_null(strstr(text, "{\"min_count\":7,\"retain_days\":30,\"flush_seconds\":60,"));
	assert_int_equal(run(text, sizeof(text), "--gpc", NULL, NULL), EXIT_SUCCESS);
	assert_memory_equal(text, "{\"gpc\": true, \"lastUpdate\": \"20", 31);
	stop(agent);
}

static void test_usage(void **state)
{
	char text[4096];

	(void)state;
	assert_int_equal(run(text, sizeof(text), "--help", NULL, NULL), EXIT_SUCCESS);
	assert_int_equal(run(text, sizeof(text), "--format", "xml", NULL), EXIT_USAGE);
	assert_string_equal(text, "blindcount policy: --format is text, html or json; see "
				  "blindcount policy --help\n");
	assert_int_equal(run(text, sizeof(text), "--format", NULL, NULL), EXIT_USAGE);
	assert_int_equal(run(text, sizeof(text), "--no", NULL, NULL), EXIT_USAGE);
	assert_int_equal(run(text, sizeof(text), "x", NULL, NULL), EXIT_USAGE);
}

static void test_failures(void **state)
{
	char text[4096];
	pid_t agent;

	(void)state;
	assert_int_equal(run(text, sizeof(text), NULL, NULL, NULL), EXIT_FAILURE);
	agent = start("not a rule");
	assert_int_equal(run(text, sizeof(text), NULL, NULL, NULL), EXIT_FAILURE);
	assert_string_equal(text, "blindcount policy: 'not': expected site, pages, page, beacon, "
				  "optout, require or exclude\n");
	stop(agent);
}

static int make_folder(void **state)
{
	int fd = mkstemp(output);

	(void)state;
	close(fd);
	return fd < 0 || !mkdtemp(folder) ? -1 : 0;
}

static int remove_folder(void **state)
{
	char command[64];

	(void)state;
	unlink(output);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests_name("policy command", tests, make_folder, remove_folder);
}
