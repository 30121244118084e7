// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * An HTTP server that reads one byte at a time, so that it is nearly always in its
 * socket and TCP falls behind: byte_reader PORT. Answers each head with 204.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 64

static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";

static struct pollfd ends[1 + CONNECTIONS];
static unsigned int newest[1 + CONNECTIONS]; /* the last four bytes */

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static int listener(int port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_STREAM, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, CONNECTIONS))
		give_up("byte_reader");
	return fd;
}

static void receive(int i)
{
	unsigned char c;

	if (recv(ends[i].fd, &c, 1, 0) <= 0) {
		close(ends[i].fd);
		ends[i].fd = -1;
		return;
	}
	newest[i] = newest[i] << 8 | c;
	if (newest[i] == 0x0d0a0d0a &&
	    send(ends[i].fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) < 0)
		give_up("send");
}

static void accept_one(void)
{
	for (int i = 1; i <= CONNECTIONS; i++)
		if (ends[i].fd < 0) {
			ends[i].fd = accept(ends[0].fd, NULL, NULL);
			newest[i] = 0;
			return;
		}
}

int main(int argc, char **argv)
{
	for (int i = 0; i <= CONNECTIONS; i++)
		ends[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	ends[0].fd = listener(argc > 1 ? atoi(argv[1]) : 0);
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
}
