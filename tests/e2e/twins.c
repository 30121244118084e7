// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The twins of agent/verify/twins/traffic.h as real connections: TCP peers made by hand behind a TUN
 * device, whose addresses, ports and hop limits differ between twins and whose
 * segments do not.
 *
 *   twins serve                       the app: accepts connections, reads, answers nothing
 *   twins begin FOLDER                gives the generation at hand a number, and its table of
 *                                     cells a seed, that are the same for all agents (they
 *                                     begin with random ones)
 *   twins send TUN SERVER4 SERVER6 SEED TWIN COUNT
 *                                     COUNT connections to it, left open; prints how many
 *                                     requests end in each way
 *   twins dump FOLDER PID             all maps of the program pinned there, and what it keeps on
 *                                     the sockets of a process, a line for each entry
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/loader.h"
#include "verify/twins/traffic.h"

#define SYN 0x02
#define ACK 0x10
#define PATIENCE 5000 /* ms to wait for an answer */

static void die(const char *what)
{
	fprintf(stderr, "twins: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int serve(void)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(TRAFFIC_PORT)};
	struct rlimit files = {4096, 4096};
	int listener = socket(AF_INET6, SOCK_STREAM, 0), epoll = epoll_create1(0), on = 1;
	struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
	char bytes[65536];

	setrlimit(RLIMIT_NOFILE, &files);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&name, sizeof(name)) || listen(listener, 1024))
		die("listen");
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	puts("ready");
	fflush(stdout);
	while (epoll_wait(epoll, &event, 1, -1) == 1) {
		int fd = event.data.fd;

		if (fd == listener) {
			event.data.fd = accept(listener, NULL, NULL);
			epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
		} else if (read(fd, bytes, sizeof(bytes)) <= 0) {
			close(fd);
		}
	}
	return 0;
}

struct peer {
	int tun;
	bool ipv6;
	unsigned char address[16], server[16];
	__u16 port;
	__u8 hops;
	__u32 ack; /* next byte that the peer expects */
	__u32 acked; /* what the server has acknowledged */
};

static __u32 sum(__u32 so_far, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		so_far += i % 2 ? bytes[i] : bytes[i] << 8;
	return so_far;
}

static __u16 folded(__u32 so_far)
{
	while (so_far >> 16)
		so_far = (so_far & 0xffff) + (so_far >> 16);
	return htons(~so_far);
}

static void send_segment(const struct peer *p, __u32 seq, __u8 flags, const void *payload, size_t n)
{
	size_t address = p->ipv6 ? 16 : 4, header = p->ipv6 ? 40 : 20, length = 20 + n;
	unsigned char packet[60 + TRAFFIC_SEGMENT_MAX] = {0};
	struct iphdr *ip4 = (struct iphdr *)packet;
	struct ipv6hdr *ip6 = (struct ipv6hdr *)packet;
	struct tcphdr *tcp = (struct tcphdr *)(packet + header);

	tcp->source = htons(p->port);
	tcp->dest = htons(TRAFFIC_PORT);
	tcp->seq = htonl(seq);
	tcp->ack_seq = htonl(flags & ACK ? p->ack : 0);
	tcp->doff = 5;
	tcp->window = htons(65535);
	((__u8 *)tcp)[13] = flags;
	memcpy(tcp + 1, payload, n);
	tcp->check =
		folded(sum(sum(sum(IPPROTO_TCP + length, p->address, address), p->server, address),
			   tcp, length));
	if (p->ipv6) {
		*ip6 = (struct ipv6hdr){.version = 6,
					.payload_len = htons(length),
					.nexthdr = IPPROTO_TCP,
					.hop_limit = p->hops};
		memcpy(&ip6->saddr, p->address, 16);
		memcpy(&ip6->daddr, p->server, 16);
	} else {
		*ip4 = (struct iphdr){.version = 4,
				      .ihl = 5,
				      .tot_len = htons(header + length),
				      .ttl = p->hops,
				      .protocol = IPPROTO_TCP};
		memcpy(&ip4->saddr, p->address, 4);
		memcpy(&ip4->daddr, p->server, 4);
		ip4->check = folded(sum(0, ip4, sizeof(*ip4)));
	}
	if (write(p->tun, packet, header + length) < 0)
		die("write to the TUN device");
}

/* Read one packet, and take note of what the server says to this peer. */
static void receive(struct peer *p)
{
	struct pollfd wait = {.fd = p->tun, .events = POLLIN};
	unsigned char packet[65536];
	size_t header = p->ipv6 ? 40 : 20;
	const struct tcphdr *tcp = (const struct tcphdr *)(packet + header);
	ssize_t n;

	if (poll(&wait, 1, PATIENCE) != 1) {
		fputs("twins: the server does not answer\n", stderr);
		exit(1);
	}
	n = read(p->tun, packet, sizeof(packet));
	if (n < (ssize_t)(header + sizeof(*tcp)) || packet[0] >> 4 != (p->ipv6 ? 6 : 4) ||
	    packet[p->ipv6 ? 6 : 9] != IPPROTO_TCP || tcp->dest != htons(p->port))
		return;
	if (tcp->rst) {
		fputs("twins: the server refuses\n", stderr);
		exit(1);
	}
	if (tcp->syn)
		p->ack = ntohl(tcp->seq) + 1;
	p->acked = ntohl(tcp->ack_seq);
}

/* Wait until the server has acknowledged all up to here. */
static void await(struct peer *p, __u32 end)
{
	while ((__s32)(p->acked - end) < 0)
		receive(p);
}

/* Of a generated packet: its sequence number and payload. */
static const unsigned char *payload_of(const struct traffic_packet *p, __u32 *seq, size_t *n)
{
	const unsigned char *ip = p->frame + ETH_HLEN;
	const struct tcphdr *tcp = (const void *)(ip + (ip[0] >> 4 == 6 ? 40 : (ip[0] & 15) * 4));
	const unsigned char *payload = (const unsigned char *)tcp + tcp->doff * 4;

	*seq = ntohl(tcp->seq);
	*n = p->frame + p->length - payload;
	return payload;
}

/* Play one connection. Its first byte has the same number in all twins. */
static void play(struct peer *p, const struct traffic *t)
{
	bool deferred = t->packet[0].listening;
	__u32 first, seq, end;
	size_t n;

	payload_of(&t->packet[0], &first, &n);
	if (!deferred) /* an early segment may come first */
		first = t->packet[0].rcv_nxt;
	p->acked = first - 1;
	end = first;
	send_segment(p, first - 1, SYN, NULL, 0);
	await(p, first);
	if (!deferred)
		send_segment(p, first, ACK, NULL, 0);
	for (int i = 0; i < t->packets; i++) {
		const unsigned char *payload = payload_of(&t->packet[i], &seq, &n);

		if (i && deferred)
			await(p, end);
		send_segment(p, seq, ACK, payload, n);
		if ((__s32)(seq + n - end) > 0)
			end = seq + n;
	}
	await(p, end);
}

static int open_tun(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		die(name);
	return fd;
}

/* Who a twin is: addresses in 10.0.0.0/8 and fd00::/8, which lead to the TUN device. */
static void disguise(struct peer *p)
{
	for (int i = 0; i < 16; i++)
		p->address[i] = 1 + rand() % 254;
	p->address[0] = p->ipv6 ? 0xfd : 10;
	p->port = 1024 + rand() % 64000;
	p->hops = 1 + rand() % 255;
}

static int send_all(char **args)
{
	static struct traffic t;
	static const char *const names[BC_OUTCOMES] = {"counted", "opted_out", "excluded",
						       "ignored", "undecided", "malformed",
						       "oversize"};
	__u64 seed = strtoull(args[3], NULL, 10), ends[BC_OUTCOMES] = {0};
	int twin = atoi(args[4]), left = atoi(args[5]);
	struct peer p = {.tun = open_tun(args[0])};
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one)) /* per-CPU values are to be comparable */
		die("processor 0");
	srand(seed * 16 + twin); /* never the same: old connections may linger */
	for (__u32 i = 0; left; i++) {
		traffic_make(seed, i, twin, &t);
		if (t.packet[0].odd)
			continue;
		left--;
		p.ipv6 = t.packet[0].frame[ETH_HLEN] >> 4 == 6;
		inet_pton(p.ipv6 ? AF_INET6 : AF_INET, args[p.ipv6 ? 2 : 1], p.server);
		disguise(&p);
		play(&p, &t);
		for (int j = 0; j < BC_OUTCOMES; j++)
			ends[j] += t.ends[j];
	}
	for (int j = 0; j < BC_OUTCOMES; j++)
		printf("%s %llu\n", names[j], ends[j]);
	return 0;
}

static void print_entry(const char *map, const void *key, size_t key_size, const void *value,
			size_t value_size)
{
	const unsigned char *k = key, *v = value;

	printf("%s ", map);
	for (size_t i = 0; i < key_size; i++)
		printf("%02x", k[i]);
	putchar(' ');
	for (size_t i = 0; i < value_size; i++)
		printf("%02x", v[i]);
	putchar('\n');
}

/* Maps of maps hold numbers that differ from one agent to the next. */
static void print_map(int fd)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	char *key, *value, *before = NULL;
	size_t n;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		die("map");
	n = info.value_size;
	if (info.type == BPF_MAP_TYPE_PERCPU_ARRAY)
		n = (n + 7) / 8 * 8 * libbpf_num_possible_cpus();
	key = calloc(1, info.key_size);
	value = calloc(1, n);
	while (info.type != BPF_MAP_TYPE_ARRAY_OF_MAPS && !bpf_map_get_next_key(fd, before, key)) {
		if (!bpf_map_lookup_elem(fd, key, value))
			print_entry(info.name, key, info.key_size, value, n);
		before = key;
	}
	free(key);
	free(value);
}

static void print_sockets(int map, pid_t pid)
{
	int process = syscall(SYS_pidfd_open, pid, 0);
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	char *value;

	if (map < 0 || process < 0 || bpf_obj_get_info_by_fd(map, &info, &size))
		die("sockets");
	value = calloc(1, info.value_size);
	for (int i = 0; i < 4096; i++) {
		int fd = syscall(SYS_pidfd_getfd, process, i, 0);

		if (fd >= 0 && !bpf_map_lookup_elem(map, &fd, value))
			print_entry(info.name, &i, sizeof(i), value, info.value_size);
		if (fd >= 0)
			close(fd);
	}
	free(value);
}

static int open_pin(const char *folder, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return bpf_obj_get(path);
}

static int begin(const char *folder)
{
	int map = open_pin(folder, map_set_name(MAP_RECORD));
	struct bc_record record;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(map, &zero, &record))
		die(folder);
	record.slot[record.current & 1].number = 1;
	record.seed = 1;
	if (bpf_map_update_elem(map, &zero, &record, BPF_ANY))
		die(folder);
	return 0;
}

/* What is pinned, and what else the program uses; maps may come twice. */
static int dump(const char *folder, pid_t pid)
{
	struct bpf_prog_info program = {0};
	__u32 ids[64], size = sizeof(program);

	program.nr_map_ids = 64;
	program.map_ids = (__u64)(unsigned long)ids;
	if (bpf_obj_get_info_by_fd(open_pin(folder, "prog"), &program, &size))
		die(folder);
	for (int i = 0; i < MAP_IDS; i++)
		if (i == MAP_CONNECTIONS)
			print_sockets(open_pin(folder, map_set_name(i)), pid);
		else
			print_map(open_pin(folder, map_set_name(i)));
	for (__u32 i = 0; i < program.nr_map_ids; i++)
		print_map(bpf_map_get_fd_by_id(ids[i]));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "serve"))
		return serve();
	if (argc == 3 && !strcmp(argv[1], "begin"))
		return begin(argv[2]);
	if (argc == 8 && !strcmp(argv[1], "send"))
		return send_all(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "dump"))
		return dump(argv[2], atoi(argv[3]));
	fputs("twins: see the file's beginning for what it does\n", stderr);
	return 2;
}
