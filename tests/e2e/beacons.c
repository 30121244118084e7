// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Sends beacons as browsers write them and waits for each answer:
 * beacons ADDRESS PORT COUNT PARTS CONNECTIONS [SEED [fastopen]]. Each beacon is
 * written in so many parts, cut at random bytes; 0: byte by byte. A connection
 * carries one beacon after the other; with `fastopen` it carries one, in its SYN.
 * Prints how many were answered with 204.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
	int fd;
	bool waits; /* for an answer */
	char answer[1024];
	size_t length;
};

static struct {
	struct sockaddr_storage to;
	socklen_t to_length;
	int epoll;
	int left; /* to be sent */
	int open; /* sent and not answered */
	int answered;
	int parts;
	bool fast_open;
} run;

static const char *const heads[] = {
	"Host: shop.example.org\r\n"
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
	"Accept: image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5\r\n"
	"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\n"
	"Connection: keep-alive\r\nReferer: http://shop.example.org/products/red-shoes?c=1\r\n"
	"Cookie: theme=dark; session=pz8k2hd0s8f7h2k3j4h5g6; lang=en\r\nPriority: u=5, i\r\n",
	"Host: shop.example.org\r\nConnection: keep-alive\r\nsec-ch-ua-platform: \"Linux\"\r\n"
	"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
	"Gecko) Chrome/126.0.0.0 Safari/537.36\r\n"
	"sec-ch-ua: \"Not/A)Brand\";v=\"8\", \"Chromium\";v=\"126\"\r\nsec-ch-ua-mobile: ?0\r\n"
	"Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8\r\n"
	"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n"
	"Referer: http://shop.example.org/checkout/basket\r\nAccept-Encoding: gzip, deflate\r\n"
	"Accept-Language: de-DE,de;q=0.9\r\nCookie: _id=4711; cart=9f8e7d6c5b4a\r\n",
};

static void give_up(const char *what)
{
	fprintf(stderr, "beacons: %s: %s\n", what, strerror(errno));
	exit(1);
}

static size_t beacon(char *text)
{
	return sprintf(text, "GET /hm?p=/rough/page-%c&x=%d&y=%d&w=1280&e=click HTTP/1.1\r\n%s\r\n",
		       'a' + rand() % 4, rand() % 1280, rand() % 800, heads[rand() % 2]);
}

static void put(struct connection *c, const char *text, size_t length)
{
	ssize_t n = run.fast_open ? sendto(c->fd, text, length, MSG_FASTOPEN,
					   (struct sockaddr *)&run.to, run.to_length)
				  : send(c->fd, text, length, 0);

	if (n != (ssize_t)length)
		give_up("send");
}

static void send_beacon(struct connection *c)
{
	char text[2048];
	size_t length = beacon(text), at = 0;

	/* Each cut at any byte that leaves one for each part behind it. */
	for (int part = 1; part < run.parts; part++) {
		size_t n = 1 + rand() % (length - at - (run.parts - part));

		put(c, text + at, n);
		at += n;
	}
	for (; !run.parts && at < length - 1; at++)
		put(c, text + at, 1);
	put(c, text + at, length - at);
	c->length = 0;
	c->waits = true;
	run.left--;
	run.open++;
}

static void open_connection(struct connection *c)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
	int one = 1;

	c->fd = socket(run.to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		give_up("socket");
	if (!run.fast_open && connect(c->fd, (struct sockaddr *)&run.to, run.to_length))
		give_up("connect");
	send_beacon(c);
	if (epoll_ctl(run.epoll, EPOLL_CTL_ADD, c->fd, &event))
		give_up("epoll");
}

static void hear(struct connection *c)
{
	ssize_t n = recv(c->fd, c->answer + c->length, sizeof(c->answer) - 1 - c->length, 0);

	if (n <= 0)
		give_up("an answer did not come");
	c->length += n;
	c->answer[c->length] = '\0';
	if (!strstr(c->answer, "\r\n\r\n"))
		return;
	run.answered += !strncmp(c->answer, "HTTP/1.1 204 ", 13);
	run.open--;
	c->waits = false;
	if (run.fast_open || !run.left)
		close(c->fd);
	if (!run.left)
		return;
	if (run.fast_open)
		open_connection(c);
	else
		send_beacon(c);
}

static void address(const char *text, int port)
{
	struct sockaddr_in *to4 = (struct sockaddr_in *)&run.to;
	struct sockaddr_in6 *to6 = (struct sockaddr_in6 *)&run.to;

	to4->sin_port = htons(port); /* in the same place */
	if (inet_pton(AF_INET, text, &to4->sin_addr) == 1) {
		run.to.ss_family = AF_INET;
		run.to_length = sizeof(*to4);
	} else if (inet_pton(AF_INET6, text, &to6->sin6_addr) == 1) {
		run.to.ss_family = AF_INET6;
		run.to_length = sizeof(*to6);
	} else {
		give_up(text);
	}
}

int main(int argc, char **argv)
{
	int connections = argc > 5 ? atoi(argv[5]) : 0;
	struct connection *all = calloc(connections + 1, sizeof(*all));

	if (connections < 1 || !all) {
		fputs("Usage: beacons ADDRESS PORT COUNT PARTS CONNECTIONS [SEED [fastopen]]\n",
		      stderr);
		return 2;
	}
	address(argv[1], atoi(argv[2]));
	run.left = atoi(argv[3]);
	run.parts = atoi(argv[4]);
	srand(argc > 6 ? strtoul(argv[6], NULL, 0) : 1);
	run.fast_open = argc > 7;
	run.epoll = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < connections && run.left; i++)
		open_connection(&all[i]);
	while (run.open) {
		struct epoll_event events[64];
		int n = epoll_wait(run.epoll, events, 64, -1);

		if (n < 0 && errno != EINTR)
			give_up("epoll");
		for (int i = 0; i < n; i++)
			hear(events[i].data.ptr);
	}
	printf("%d\n", run.answered);
	return 0;
}
