// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Both ends of MPTCP connections.
 *
 * mptcp serve PORT: answers each head with 204, in one process. A line to standard output for each
 *   head, once it has ended: "out PATH" when it holds an opt-out, else "in PATH".
 * mptcp pieces ADDRESS PORT [tcp]: one connection. Each line of standard input is sent as a piece
 *   ("\r" and "\n" in it are CR and LF); "?N": wait until N answers have come; "+": wait until there
 *   is a second subflow. After each line one is printed: the bytes that each subflow has sent.
 * mptcp load ADDRESS PORT CONNECTIONS REQUESTS [tcp | two]: so many connections, each of which
 *   writes so many requests one behind the other, every tenth with an opt-out to /leak, the others
 *   to /load; with "two", most of them once there is a second subflow.
 *   Prints how many were answered with 204, and how many bytes went by other subflows than the first.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/mptcp.h>
#include <linux/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef SOL_MPTCP
#define SOL_MPTCP 284
#endif
#ifndef TCP_NODELAY
#define TCP_NODELAY 1
#endif
#define CONNECTIONS 256
#define HEAD_MAX 8192
#define SUBFLOWS_MAX 8
#define CUT 50 /* bytes of a head that are sent later than the others */

static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";

static void give_up(const char *what)
{
	fprintf(stderr, "mptcp: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A connection of the server. */
struct reader {
	char head[HEAD_MAX];
	size_t length;
};

static struct pollfd ends[1 + CONNECTIONS];
static struct reader readers[1 + CONNECTIONS];

static bool opted_out(const char *head)
{
	return strstr(head, "\nDNT: 1") || strstr(head, "\nSec-GPC: 1") ||
	       strstr(head, "blindcount_optout=1");
}

/* Take one head out of what was read; false: there is none. */
static bool take_head(struct reader *r)
{
	char *end = memmem(r->head, r->length, "\r\n\r\n", 4);
	char path[256] = "";
	size_t length;

	if (!end)
		return false;
	*end = '\0';
	sscanf(r->head, "%*s %255[^& ]", path);
	printf("%s %s\n", opted_out(r->head) ? "out" : "in", path);
	length = end + 4 - r->head;
	memmove(r->head, r->head + length, r->length - length);
	r->length -= length;
	return true;
}

/* All at once: thousands of small segments on two subflows fill up the client's buffer. */
static void reply(int fd, int count)
{
	static char text[HEAD_MAX * sizeof(answer)];
	size_t length = 0;

	while (count--) {
		memcpy(text + length, answer, sizeof(answer) - 1);
		length += sizeof(answer) - 1;
	}
	if (length && send(fd, text, length, MSG_NOSIGNAL) != (ssize_t)length)
		give_up("send");
}

static void receive(int i)
{
	struct reader *r = &readers[i];
	ssize_t n = recv(ends[i].fd, r->head + r->length, HEAD_MAX - r->length, 0);
	int heads = 0;

	if (n <= 0) {
		close(ends[i].fd);
		ends[i].fd = -1;
		return;
	}
	r->length += n;
	while (take_head(r))
		heads++;
	reply(ends[i].fd, heads);
	if (r->length == HEAD_MAX)
		give_up("a head without an end");
	fflush(stdout);
}

static void accept_one(void)
{
	for (int i = 1; i <= CONNECTIONS; i++)
		if (ends[i].fd < 0) {
			ends[i].fd = accept(ends[0].fd, NULL, NULL);
			readers[i].length = 0;
			return;
		}
	give_up("too many connections");
}

static int serve(int port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, CONNECTIONS))
		give_up("serve");
	for (int i = 0; i <= CONNECTIONS; i++)
		ends[i] = (struct pollfd){.fd = i ? -1 : fd, .events = POLLIN};
	puts("ready");
	fflush(stdout);
	while (poll(ends, 1 + CONNECTIONS, -1) > 0) {
		if (ends[0].revents)
			accept_one();
		for (int i = 1; i <= CONNECTIONS; i++)
			if (ends[i].revents)
				receive(i);
	}
	give_up("poll");
	return 1;
}

static int connected(const char *address, const char *port, bool tcp)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM, tcp ? IPPROTO_TCP : IPPROTO_MPTCP), one = 1;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 || fd < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		give_up("connect");
	return fd;
}

static int subflows(int fd)
{
	struct mptcp_info info = {};
	socklen_t length = sizeof(info);

	/* Not an MPTCP socket, or one that has fallen back. */
	if (getsockopt(fd, SOL_MPTCP, MPTCP_INFO, &info, &length))
		return 1;
	return 1 + info.mptcpi_subflows;
}

/* How many bytes each subflow has sent; returns how many there are. */
static unsigned int sent(int fd, unsigned long long bytes[SUBFLOWS_MAX])
{
	struct {
		struct mptcp_subflow_data data;
		struct tcp_info info[SUBFLOWS_MAX];
	} got = {.data = {.size_subflow_data = sizeof(got.data), .size_user = sizeof(got.info[0])}};
	socklen_t length = sizeof(got);
	unsigned int n;

	if (getsockopt(fd, SOL_MPTCP, MPTCP_TCPINFO, &got, &length))
		return 0;
	n = got.data.num_subflows < SUBFLOWS_MAX ? got.data.num_subflows : SUBFLOWS_MAX;
	for (unsigned int i = 0; i < n; i++)
		bytes[i] = got.info[i].tcpi_bytes_sent;
	return n;
}

static void print_sent(int fd)
{
	unsigned long long bytes[SUBFLOWS_MAX];
	unsigned int n = sent(fd, bytes);

	for (unsigned int i = 0; i < n; i++)
		printf("%llu ", bytes[i]);
	puts("");
	fflush(stdout);
}

/* Count the answers that come, until there are so many. */
static void await_answers(int fd, int *count, int wanted)
{
	static char text[HEAD_MAX];
	static size_t length;
	char *end;

	while (*count < wanted) {
		ssize_t n = recv(fd, text + length, sizeof(text) - length, 0);

		if (n <= 0)
			give_up("an answer did not come");
		length += n;
		while ((end = memmem(text, length, "\r\n\r\n", 4))) {
			*count += !strncmp(text, "HTTP/1.1 204 ", 13);
			length -= end + 4 - text;
			memmove(text, end + 4, length);
		}
	}
}

static size_t unescape(char *line)
{
	char *to = line;

	for (const char *from = line; *from && *from != '\n'; from++) {
		if (*from == '\\' && (from[1] == 'r' || from[1] == 'n'))
			*to++ = *++from == 'r' ? '\r' : '\n';
		else
			*to++ = *from;
	}
	return to - line;
}

static int pieces(int fd)
{
	char line[HEAD_MAX];
	int answers = 0;

	while (fgets(line, sizeof(line), stdin)) {
		if (line[0] == '?') {
			await_answers(fd, &answers, atoi(line + 1));
		} else if (line[0] == '+') {
			while (subflows(fd) < 2)
				usleep(1000);
		} else {
			size_t n = unescape(line);

			if (send(fd, line, n, 0) != (ssize_t)n)
				give_up("send");
		}
		print_sent(fd);
	}
	return 0;
}

/* Much at a time, whose end is amid a head. */
static void write_requests(int fd, int requests, int seed, bool two)
{
	static char text[1 << 16];
	size_t length = 0, part;

	for (int i = 0; i < requests; i++) {
		length += snprintf(text + length, sizeof(text) - length,
				   "GET /hm?p=/%s&x=%d&y=%d&w=1280 HTTP/1.1\r\nHost: shop\r\n"
				   "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n%s\r\n",
				   i % 10 ? "load" : "leak", (i * 37 + seed) % 1280, i % 4000,
				   i % 10 ? "" : "DNT: 1\r\n");
		if (i < requests - 1 && length < sizeof(text) - 512)
			continue;
		part = i < requests - 1 ? length - CUT : length;
		if (send(fd, text, part, 0) != (ssize_t)part)
			give_up("send");
		length -= part;
		memmove(text, text + part, length);
		while (two && subflows(fd) < 2)
			usleep(1000);
	}
}

/* One process writes a connection's requests, another one reads its answers. */
static int load(const char *const *to, int connections, int requests, bool tcp, bool two)
{
	unsigned long long others = 0;
	int all = 0;

	for (int i = 0; i < connections; i++) {
		unsigned long long bytes[SUBFLOWS_MAX];
		int fd = connected(to[0], to[1], tcp), answers = 0;
		pid_t writer = fork();

		if (!writer) {
			write_requests(fd, requests, i, two);
			_exit(0);
		}
		if (writer < 0)
			give_up("fork");
		await_answers(fd, &answers, requests);
		all += answers;
		for (unsigned int n = sent(fd, bytes); n > 1; n--)
			others += bytes[n - 1];
		close(fd);
	}
	printf("%d %llu\n", all, others);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	signal(SIGCHLD, SIG_IGN);
	if (!strcmp(verb, "serve") && argc == 3)
		return serve(atoi(argv[2]));
	if (!strcmp(verb, "pieces") && argc >= 4)
		return pieces(connected(argv[2], argv[3], argc > 4));
	if (!strcmp(verb, "load") && argc >= 6)
		return load((const char *const *)argv + 2, atoi(argv[4]), atoi(argv[5]),
			    argc > 6 && !strcmp(argv[6], "tcp"),
			    argc > 6 && !strcmp(argv[6], "two"));
	fputs("Usage: mptcp serve PORT | pieces ADDRESS PORT [tcp] |\n"
	      "       load ADDRESS PORT CONNECTIONS REQUESTS [tcp | two]\n",
	      stderr);
	return 2;
}
