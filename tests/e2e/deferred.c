// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Connections that wait for a server which accepts them only once they have sent something, and only
 * when it is told to.
 *
 * deferred serve PORT: for each line "N" of standard input, accepts N connections, reads a head from
 *   each, answers it with 204, and prints how many heads there were.
 * deferred send ADDRESS PORT COUNT HOW: that many connections send a beacon each: "whole"; with a
 *   "fin" in the same segment; the "method" in two segments; the head in "parts"; then "reset" them.
 *   Prints "sent" once TCP has all, and then how many were answered with 204.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 16384
#define HEAD_MAX 1024

static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";

struct reader {
	int fd;
	bool answered;
	size_t length;
	char head[HEAD_MAX];
};

static struct {
	int epoll;
	struct reader listener;
	struct reader input; /* standard input */
	int accepts; /* so many more */
	int waited_for; /* accepted, and nothing came of them yet */
	int heads;
} server;

static void give_up(const char *what)
{
	fprintf(stderr, "deferred: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void watch(struct reader *r, int operation)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = r};

	if (epoll_ctl(server.epoll, operation, r->fd, &event))
		give_up("epoll");
}

static void accept_one(void)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r || (r->fd = accept(server.listener.fd, NULL, NULL)) < 0)
		give_up("accept");
	watch(r, EPOLL_CTL_ADD);
	server.waited_for++;
	if (!--server.accepts)
		watch(&server.listener, EPOLL_CTL_DEL);
}

static void receive(struct reader *r)
{
	ssize_t n = recv(r->fd, r->head + r->length, HEAD_MAX - r->length, 0);

	if (n <= 0) {
		server.waited_for -= !r->answered;
		close(r->fd);
		free(r);
		return;
	}
	r->length += n;
	if (r->answered || !memmem(r->head, r->length, "\r\n\r\n", 4))
		return;
	r->answered = true;
	server.waited_for--;
	server.heads++;
	if (send(r->fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) < 0 && errno != EPIPE &&
	    errno != ECONNRESET)
		give_up("send");
}

static void read_command(void)
{
	char line[32];

	/* One line at a time is written; none are left in a buffer. */
	if (!fgets(line, sizeof(line), stdin))
		exit(0);
	server.accepts = atoi(line);
	server.heads = 0;
	watch(&server.listener, EPOLL_CTL_ADD);
}

static void serve(int port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int one = 1, seconds = 30, fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool busy = false;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)) ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, BACKLOG))
		give_up("serve");
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	server.listener.fd = fd;
	server.input.fd = STDIN_FILENO;
	watch(&server.input, EPOLL_CTL_ADD);
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct epoll_event event;

		if (epoll_wait(server.epoll, &event, 1, -1) < 1)
			give_up("epoll");
		if (event.data.ptr == &server.input)
			read_command();
		else if (event.data.ptr == &server.listener)
			accept_one();
		else
			receive(event.data.ptr);
		if (event.data.ptr == &server.input)
			busy = true;
		if (busy && !server.accepts && !server.waited_for) {
			printf("%d\n", server.heads);
			fflush(stdout);
			busy = false;
		}
	}
}

static void address(const char *text, int port, struct sockaddr_in6 *to)
{
	char mapped[64];

	snprintf(mapped, sizeof(mapped), "%s%s", strchr(text, ':') ? "" : "::ffff:", text);
	*to = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
	if (inet_pton(AF_INET6, mapped, &to->sin6_addr) != 1)
		give_up(text);
}

/* Wait until the other side has acknowledged all. */
static void settle(int fd)
{
	int unacknowledged;

	while (!ioctl(fd, SIOCOUTQ, &unacknowledged) && unacknowledged)
		usleep(100);
}

static void put(int fd, const char *text, size_t length, int flags)
{
	if (send(fd, text, length, flags) != (ssize_t)length)
		give_up("send");
}

static int open_one(const struct sockaddr_in6 *to, int i, const char *how)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0), one = 1;
	char text[256];
	size_t n, at = 0;

	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		give_up("connect");
	n = snprintf(text, sizeof(text),
		     "GET /hm?p=/%s&x=%d&y=%d&w=1280 HTTP/1.1\r\nHost: shop.example.org\r\n"
		     "User-Agent: Mozilla/5.0\r\n\r\n",
		     how, i % 1280, i % 4000);
	if (!strcmp(how, "fin")) {
		put(fd, text, n, MSG_MORE);
		if (shutdown(fd, SHUT_WR))
			give_up("shutdown");
		return fd;
	}
	if (!strcmp(how, "method") || !strcmp(how, "parts")) {
		at = !strcmp(how, "method") ? 1 + (size_t)i % 3 : 4 + (size_t)i % (n - 5);
		put(fd, text, at, 0);
		settle(fd);
	}
	put(fd, text + at, n - at, 0);
	return fd;
}

static bool answered(int fd)
{
	char text[256];
	size_t length = 0;
	ssize_t n;

	while ((n = recv(fd, text + length, sizeof(text) - length, 0)) > 0) {
		length += n;
		if (memmem(text, length, "\r\n\r\n", 4))
			return !strncmp(text, "HTTP/1.1 204 ", 13);
	}
	return false;
}

static int send_all(const char *to_text, int port, int count, const char *how)
{
	const struct linger now = {.l_onoff = 1};
	bool reset = !strcmp(how, "reset");
	int *fd = calloc(count, sizeof(*fd)), n = 0;
	struct sockaddr_in6 to;

	address(to_text, port, &to);
	for (int i = 0; i < count; i++)
		fd[i] = open_one(&to, i, how);
	for (int i = 0; i < count; i++) {
		settle(fd[i]);
		if (reset &&
		    (setsockopt(fd[i], SOL_SOCKET, SO_LINGER, &now, sizeof(now)) || close(fd[i])))
			give_up("reset");
	}
	puts("sent");
	fflush(stdout);
	for (int i = 0; !reset && i < count; i++) {
		n += answered(fd[i]);
		close(fd[i]);
	}
	printf("%d\n", n);
	free(fd);
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit files;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	setvbuf(stdin, NULL, _IONBF, 0);
	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve(atoi(argv[2]));
	if (argc == 6 && !strcmp(argv[1], "send"))
		return send_all(argv[2], atoi(argv[3]), atoi(argv[4]), argv[5]);
	fputs("Usage: deferred serve PORT | send ADDRESS PORT COUNT HOW\n", stderr);
	return 2;
}
