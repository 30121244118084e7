// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Visitors who keep coming while servers come and go: visitors ADDRESS PORT …
 * Beacons of page /restart, each for a cell of its own, until SIGTERM; then those
 * under way are finished. Prints a line for each attempt: `answered COLUMN ROW`,
 * `cut COLUMN ROW` (sent, perhaps, and never answered) or `refused` (not sent).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VISITORS_PER_PORT 4
#define PORTS_MAX 4
#define REQUESTS_PER_CONNECTION 10
#define COLUMNS 64
#define CELLS (COLUMNS * 4096)

static struct in_addr address;
static atomic_int next_cell;
static volatile sig_atomic_t ending;

static void end(int signal)
{
	(void)signal;
	ending = 1;
}

static void give_up(const char *what)
{
	fprintf(stderr, "visitors: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* One write a line, so that a reader can follow. */
static void tell(const char *what, int cell)
{
	char line[64];
	int n = cell < 0 ? sprintf(line, "%s\n", what)
			 : sprintf(line, "%s %d %d\n", what, cell % COLUMNS, cell / COLUMNS);

	if (write(STDOUT_FILENO, line, n) != n)
		give_up("write");
}

/* Returns a socket, or -1 if nobody listens. */
static int visit(int port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_addr = address, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		give_up("socket");
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	/* Reset: the server stopped before it accepted. */
	if (errno != ECONNREFUSED && errno != ECONNRESET)
		give_up("connect");
	close(fd);
	return -1;
}

/* Returns whether the answer has come whole; it has no body. */
static int is_answered(int fd)
{
	char answer[1024];
	size_t length = 0;
	ssize_t n;

	while ((n = recv(fd, answer + length, sizeof(answer) - 1 - length, 0)) > 0) {
		length += n;
		answer[length] = '\0';
		if (!strstr(answer, "\r\n\r\n"))
			continue;
		if (strncmp(answer, "HTTP/1.1 204 ", 13))
			give_up(answer);
		return 1;
	}
	return 0;
}

static int send_beacon(int fd, int cell)
{
	char text[256];
	int n = sprintf(text,
			"GET /hm?e=click&p=/restart&x=%d&y=%d&w=1024 HTTP/1.1\r\n"
			"Host: shop.example.org\r\n\r\n",
			cell % COLUMNS * 16, cell / COLUMNS * 16);
	int sent = send(fd, text, n, MSG_NOSIGNAL) == n && is_answered(fd);

	tell(sent ? "answered" : "cut", cell);
	return sent;
}

static void *keep_coming(void *port)
{
	while (!ending) {
		int fd = visit(*(int *)port);

		if (fd < 0)
			tell("refused", -1);
		for (int i = 0; fd >= 0 && i < REQUESTS_PER_CONNECTION && !ending; i++) {
			int cell = atomic_fetch_add(&next_cell, 1);

			if (cell >= CELLS) {
				errno = ERANGE;
				give_up("more requests than cells");
			}
			if (!send_beacon(fd, cell))
				break;
			usleep(2000);
		}
		if (fd >= 0)
			close(fd);
		else
			usleep(10000);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t visitors[PORTS_MAX * VISITORS_PER_PORT];
	int port[PORTS_MAX], n = 0;

	if (argc < 3 || argc > 2 + PORTS_MAX || inet_pton(AF_INET, argv[1], &address) != 1) {
		fprintf(stderr, "Usage: visitors ADDRESS PORT …\n");
		return 2;
	}
	signal(SIGTERM, end);
	for (int i = 2; i < argc; i++) {
		port[i - 2] = atoi(argv[i]);
		for (int j = 0; j < VISITORS_PER_PORT; j++)
			if (pthread_create(&visitors[n++], NULL, keep_coming, &port[i - 2]))
				give_up("pthread_create");
	}
	for (int i = 0; i < n; i++)
		pthread_join(visitors[i], NULL);
	return 0;
}
