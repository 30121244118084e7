// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A link between two network namespaces that loses, doubles and overtakes packets:
 * rough_link NAMESPACE NAMESPACE PERCENT SEED. Makes a TUN device `rough0` in each,
 * prints "ready" and forwards until it is ended; that many percent of the packets
 * (such as 0.1) are dropped, as many sent twice, as many held back while up to four
 * others pass.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PACKET_MAX 2048
#define HELD_MAX 64
#define HELD_MS 3 /* at most */

struct suppressed {
	int to;
	int others; /* packets that may still pass */
	ssize_t length;
	char packet[PACKET_MAX];
};

static struct suppressed suppressed[HELD_MAX];
static double percent;

static void give_up(const char *what)
{
	fprintf(stderr, "rough_link: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Its device stays in the namespace that this process leaves again. */
static int device(const char *namespace)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "rough0"};
	int ns = open(namespace, O_RDONLY | O_CLOEXEC), fd;

	if (ns < 0 || setns(ns, CLONE_NEWNET))
		give_up(namespace);
	close(ns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		give_up("/dev/net/tun");
	return fd;
}

static bool happens(void)
{
	return rand() < percent / 100 * RAND_MAX;
}

static void pass(int to, const char *packet, ssize_t length)
{
	/* A full queue loses packets, too. */
	if (write(to, packet, length) < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EIO)
		give_up("write");
}

static bool hold(int to, const char *packet, ssize_t length)
{
	for (int i = 0; i < HELD_MAX; i++)
		if (!suppressed[i].length) {
			suppressed[i].to = to;
			suppressed[i].others = 1 + rand() % 4;
			suppressed[i].length = length;
			memcpy(suppressed[i].packet, packet, length);
			return true;
		}
	return false;
}

/* Another packet has passed, or (to < 0) nothing came for a while. Returns what is still held. */
static int release(int to)
{
	int left = 0;

	for (int i = 0; i < HELD_MAX; i++) {
		struct suppressed *h = &suppressed[i];

		if (!h->length)
			continue;
		if (to < 0 || (h->to == to && !--h->others)) {
			pass(h->to, h->packet, h->length);
			h->length = 0;
		} else {
			left++;
		}
	}
	return left;
}

static void forward(int from, int to)
{
	char packet[PACKET_MAX];
	ssize_t length = read(from, packet, sizeof(packet));

	if (length < 0 && errno != EAGAIN)
		give_up("read");
	if (length <= 0 || happens())
		return;
	if (happens() && hold(to, packet, length))
		return;
	pass(to, packet, length);
	if (happens())
		pass(to, packet, length);
	release(to);
}

int main(int argc, char **argv)
{
	struct pollfd end[2];
	int left = 0;

	if (argc != 5) {
		fputs("Usage: rough_link NAMESPACE NAMESPACE PERCENT SEED\n", stderr);
		return 2;
	}
	percent = strtod(argv[3], NULL);
	srand(strtoul(argv[4], NULL, 0));
	for (int i = 0; i < 2; i++)
		end[i] = (struct pollfd){.fd = device(argv[1 + i]), .events = POLLIN};
	puts("ready");
	fflush(stdout);
	for (;;) {
		int n = poll(end, 2, left ? HELD_MS : -1);

		if (n < 0 && errno != EINTR)
			give_up("poll");
		left = release(n ? 0 : -1);
		for (int i = 0; i < 2; i++)
			if (end[i].revents & POLLIN)
				forward(end[i].fd, end[!i].fd);
	}
}
