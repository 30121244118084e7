// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Sends segments of connections that were never opened: forge ADDRESS PORT COUNT
 * (IPv4). Each holds a whole beacon, from a source port and at a sequence number of
 * its own.
 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "e2e/checksum.h"

static const char beacon[] = "GET /hm?p=/forged&x=1&y=1 HTTP/1.1\r\nHost: forged\r\n\r\n";

struct segment {
	struct tcphdr tcp;
	char payload[sizeof(beacon) - 1];
};

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	struct sockaddr_in ends[2] = {{.sin_family = AF_INET}, {.sin_family = AF_INET}};
	socklen_t length = sizeof(ends[0]);
	int fd, count = argc == 4 ? atoi(argv[3]) : 0;

	if (count < 1 || inet_pton(AF_INET, argv[1], &ends[1].sin_addr) != 1) {
		fputs("Usage: forge ADDRESS PORT COUNT\n", stderr);
		return 2;
	}
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_TCP);
	if (fd < 0 || connect(fd, (struct sockaddr *)&ends[1], sizeof(ends[1])) ||
	    getsockname(fd, (struct sockaddr *)&ends[0], &length))
		give_up("forge");
	for (int i = 0; i < count; i++) {
		struct segment s = {.tcp = {.source = htons(20000 + i),
					    .dest = htons(atoi(argv[2])),
					    .seq = htonl(1000003u * i),
					    .ack_seq = htonl(7919u * i),
					    .doff = 5,
					    .ack = 1,
					    .psh = 1,
					    .window = htons(1000)}};

		memcpy(s.payload, beacon, sizeof(s.payload));
		s.tcp.check = checksum(ends, &s, sizeof(s));
		if (send(fd, &s, sizeof(s), 0) != sizeof(s))
			give_up("forge");
	}
	return 0;
}
