// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Connections that live for one beacon each, one after the other: short_lives ADDRESS PORT COUNT
 * (IPv4). All the while another process, on the last processor, sends empty segments on the same
 * connection, as if an acknowledgement came together with each of its packets, also with the FIN.
 * Prints how many beacons were answered with 204.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "e2e/checksum.h"

static void give_up(const char *what)
{
	fprintf(stderr, "short_lives: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		give_up("processor");
}

/* Its numbers are none that TCP expects: it answers some of them, and does nothing else. */
static void send_empty(int fd, struct sockaddr_in ends[2], in_port_t from)
{
	struct tcphdr tcp = {
		.source = from, .dest = ends[1].sin_port, .doff = 5, .ack = 1, .window = 1};

	tcp.check = checksum(ends, &tcp, sizeof(tcp));
	sendto(fd, &tcp, sizeof(tcp), 0, (struct sockaddr *)&ends[1], sizeof(ends[1]));
}

static void send_empties(struct sockaddr_in *to, const _Atomic in_port_t *from)
{
	struct sockaddr_in ends[2] = {{.sin_family = AF_INET}, *to};
	socklen_t length = sizeof(ends[0]);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_TCP);

	stay_on(get_nprocs() - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)to, sizeof(*to)) ||
	    getsockname(fd, (struct sockaddr *)&ends[0], &length))
		give_up("raw socket");
	while (getppid() != 1) {
		in_port_t port = *from;

		if (port)
			send_empty(fd, ends, port);
	}
	exit(0);
}

/* Is the beacon answered? */
static bool live(struct sockaddr_in *to, int i, _Atomic in_port_t *port)
{
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[512];
	int n = sprintf(text, "GET /hm?p=/short&x=%d&y=%d&w=1280 HTTP/1.1\r\nHost: a\r\n\r\n",
			i % 1280, i % 4000);
	bool answered;

	if (fd < 0 || connect(fd, (struct sockaddr *)to, sizeof(*to)) ||
	    getsockname(fd, (struct sockaddr *)&from, &length) || send(fd, text, n, 0) != n)
		give_up("send");
	n = recv(fd, text, sizeof(text), 0);
	answered = n > 12 && !memcmp(text, "HTTP/1.1 204 ", 13);
	*port = from.sin_port;
	shutdown(fd, SHUT_WR);
	while (recv(fd, text, sizeof(text), 0) > 0)
		;
	*port = 0;
	close(fd);
	return answered;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	int count = argc == 4 ? atoi(argv[3]) : 0, answered = 0;
	_Atomic in_port_t *port = mmap(NULL, sizeof(*port), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t other;

	if (count < 1 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || port == MAP_FAILED) {
		fputs("Usage: short_lives ADDRESS PORT COUNT\n", stderr);
		return 2;
	}
	to.sin_port = htons(atoi(argv[2]));
	other = fork();
	if (!other)
		send_empties(&to, port);
	if (other < 0)
		give_up("fork");
	stay_on(0);
	for (int i = 0; i < count; i++)
		answered += live(&to, i, port);
	kill(other, SIGTERM);
	printf("%d\n", answered);
	return 0;
}
