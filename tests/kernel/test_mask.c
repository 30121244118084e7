// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What accept() and getpeername() tell under --mask-peer, in a network
 * namespace and a cgroup of the test's own.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "bpf/mask.h"

#define BEACON_PORT 8080
#define OTHER_PORT 8081

static struct {
	char bpffs[64], cgroup[2][320], home[320]; /* home: where the test was */
	int cgroup_fd[2];
} world;

/* Print an address and port as "[address]:port". */
static void print_name(char text[80], const struct sockaddr_storage *name)
{
	const struct sockaddr_in *in4 = (const void *)name;
	const struct sockaddr_in6 *in6 = (const void *)name;
	char address[INET6_ADDRSTRLEN];

	if (name->ss_family == AF_INET)
		inet_ntop(AF_INET, &in4->sin_addr, address, sizeof(address));
	else
		inet_ntop(AF_INET6, &in6->sin6_addr, address, sizeof(address));
	snprintf(text, 80, "[%s]:%d", address, ntohs(in4->sin_port));
}

static socklen_t make_name(struct sockaddr_storage *name, const char *address, int port)
{
	struct sockaddr_in *in4 = (void *)name;
	struct sockaddr_in6 *in6 = (void *)name;

	memset(name, 0, sizeof(*name));
	if (inet_pton(AF_INET, address, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		return sizeof(*in4);
	}
	assert_int_equal(inet_pton(AF_INET6, address, &in6->sin6_addr), 1);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	return sizeof(*in6);
}

static int make_socket(int type, int protocol, const char *address, int port)
{
	struct sockaddr_storage name;
	socklen_t size = make_name(&name, address, port);
	int on = 1, fd = socket(name.ss_family, type | SOCK_CLOEXEC, protocol);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, size), 0);
	return fd;
}

static void connect_to(int fd, const char *address, int port)
{
	struct sockaddr_storage name;
	socklen_t size = make_name(&name, address, port);

	assert_int_equal(connect(fd, (struct sockaddr *)&name, size), 0);
}

static void peer_of(int fd, char text[80])
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);

	assert_int_equal(getpeername(fd, (struct sockaddr *)&name, &size), 0);
	print_name(text, &name);
}

/*
 * Listen on `at`, connect from `client` to `to`. The accepted side's peer by
 * accept() goes to `accepted`, by getpeername() to `server`; the connecting
 * side's to `outgoing`.
 */
static void meet(int protocol, const char *at, int port, const char *client, const char *to,
		 char accepted[80], char server[80], char outgoing[80])
{
	int listener = make_socket(SOCK_STREAM, protocol, at, port), fd, peer;
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);

	assert_int_equal(listen(listener, 1), 0);
	peer = make_socket(SOCK_STREAM, 0, client, 40000);
	connect_to(peer, to, port);
	fd = accept4(listener, (struct sockaddr *)&name, &size, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	print_name(accepted, &name);
	peer_of(fd, server);
	peer_of(peer, outgoing);
	/* The client closes first, so that its port is what waits. */
	close(peer);
	close(fd);
	close(listener);
}

static void expect_peer(int protocol, const char *at, int port, const char *client, const char *to,
			const char *want)
{
	char accepted[80], server[80], outgoing[80], real[80];

	meet(protocol, at, port, client, to, accepted, server, outgoing);
	if (strcmp(accepted, want) || strcmp(server, want))
		fail_msg("on %s port %d from %s: %s and %s, not %s", at, port, client, accepted,
			 server, want);
	snprintf(real, sizeof(real), "[%s]:%d", to, port);
	assert_string_equal(outgoing, real);
}

static void expect_masked(int port)
{
	expect_peer(0, "0.0.0.0", port, "127.0.0.2", "127.0.0.1", "[0.0.0.0]:0");
	expect_peer(0, "::", port, "::1", "::1", "[::]:0");
	/* an IPv4 client of a dual-stack listener */
	expect_peer(0, "::", port, "127.0.0.2", "127.0.0.1", "[::]:0");
}

static void expect_real(int port)
{
	expect_peer(0, "0.0.0.0", port, "127.0.0.2", "127.0.0.1", "[127.0.0.2]:40000");
	expect_peer(0, "::", port, "::1", "::1", "[::1]:40000");
	expect_peer(0, "::", port, "127.0.0.2", "127.0.0.1", "[::ffff:127.0.0.2]:40000");
}

static void enter(const char *cgroup)
{
	char path[384];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, "0", 1), 1);
	close(fd);
}

static void attach(int cgroup, int port, struct mask *mask)
{
	const __u16 ports[] = {9, port};
	struct error e = {.text = ""};

	if (mask_attach(world.cgroup_fd[cgroup], ports, 2, world.bpffs, mask, &e) < 0)
		fail_msg("%s", e.text);
}

static __u32 link_id(int fd)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	return info.id;
}

static void close_links(struct mask *mask)
{
	close(mask->link[0]);
	close(mask->link[1]);
}

static void test_masked(void **state)
{
	struct mask mask;

	(void)state;
	expect_real(BEACON_PORT);
	attach(0, BEACON_PORT, &mask);
	expect_masked(BEACON_PORT);
	expect_real(OTHER_PORT);
	assert_int_equal(mask_detach(&mask, world.bpffs, NULL), 0);
	expect_real(BEACON_PORT);
}

/* A listener that offers multipath TCP, as Go's do by default, with a client that does too. */
static void test_multipath(void **state)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	int listener, client, fd;
	struct mask mask;
	char text[80];

	(void)state;
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
	if (client < 0) {
		print_message("no multipath TCP in this kernel\n");
		skip();
	}
	attach(0, BEACON_PORT, &mask);
	listener = make_socket(SOCK_STREAM, IPPROTO_MPTCP, "0.0.0.0", BEACON_PORT);
	assert_int_equal(listen(listener, 1), 0);
	connect_to(client, "127.0.0.1", BEACON_PORT);
	fd = accept(listener, (struct sockaddr *)&name, &size);
	assert_true(fd >= 0);
	print_name(text, &name);
	assert_string_equal(text, "[0.0.0.0]:0");
	peer_of(fd, text);
	assert_string_equal(text, "[0.0.0.0]:0");
	peer_of(client, text);
	assert_string_equal(text, "[127.0.0.1]:8080");
	close(client);
	close(fd);
	close(listener);
	assert_int_equal(mask_detach(&mask, world.bpffs, NULL), 0);
}

static void test_udp_untouched(void **state)
{
	struct mask mask;
	char text[80];
	int fd;

	(void)state;
	attach(0, BEACON_PORT, &mask);
	fd = make_socket(SOCK_DGRAM, 0, "127.0.0.1", BEACON_PORT);
	connect_to(fd, "127.0.0.1", 5353);
	peer_of(fd, text);
	assert_string_equal(text, "[127.0.0.1]:5353");
	close(fd);
	fd = make_socket(SOCK_DGRAM, 0, "::1", BEACON_PORT);
	connect_to(fd, "::1", 5353);
	peer_of(fd, text);
	assert_string_equal(text, "[::1]:5353");
	close(fd);
	assert_int_equal(mask_detach(&mask, world.bpffs, NULL), 0);
}

/* A successor takes the links over; they hold while nobody has them open. */
static void test_taken_over(void **state)
{
	struct mask mask;
	__u32 id;

	(void)state;
	attach(0, BEACON_PORT, &mask);
	id = link_id(mask.link[0]);
	close_links(&mask);
	expect_masked(BEACON_PORT);
	attach(0, OTHER_PORT, &mask);
	assert_int_equal(link_id(mask.link[0]), id);
	expect_masked(OTHER_PORT);
	expect_real(BEACON_PORT);
	close_links(&mask);
	/* Another cgroup: the links move. */
	attach(1, OTHER_PORT, &mask);
	assert_int_not_equal(link_id(mask.link[0]), id);
	expect_real(OTHER_PORT);
	enter(world.cgroup[1]);
	expect_masked(OTHER_PORT);
	close_links(&mask);
	/* And go by their pins alone. */
	mask = (struct mask){.link = {-1, -1}};
	assert_int_equal(mask_detach(&mask, world.bpffs, NULL), 0);
	expect_real(OTHER_PORT);
	enter(world.cgroup[0]);
	assert_int_equal(mask_detach(&mask, world.bpffs, NULL), 0);
}

static void test_refused(void **state)
{
	const __u16 ports[17] = {1};
	struct mask mask = {.link = {-7, -7}};
	struct error e = {.text = ""};

	(void)state;
	assert_int_equal(mask_attach(world.cgroup_fd[0], ports, 17, world.bpffs, &mask, &e),
			 -EINVAL);
	assert_int_equal(mask_attach(world.cgroup_fd[0], ports, 0, world.bpffs, &mask, NULL),
			 -EINVAL);
	assert_true(mask_attach(world.cgroup_fd[0], ports, 1, "/nowhere", &mask, &e) < 0);
	assert_non_null(strstr(e.text, "/nowhere/mask4"));
	assert_int_equal(mask.link[0], -7);
}

static void make_cgroups(void)
{
	char line[512], at[256] = "", own[256] = "/";
	FILE *f = fopen("/proc/mounts", "r");

	assert_non_null(f);
	while (!at[0] && fgets(line, sizeof(line), f))
		if (strstr(line, " cgroup2 "))
			assert_int_equal(sscanf(line, "%*s %255s", at), 1);
	fclose(f);
	f = fopen("/proc/self/cgroup", "r");
	while (fgets(line, sizeof(line), f))
		sscanf(line, "0::%255s", own);
	fclose(f);
	snprintf(world.home, sizeof(world.home), "%s%s", at, own);
	for (int i = 0; i < 2; i++) {
		snprintf(world.cgroup[i], sizeof(world.cgroup[i]), "%s/bctest%d-%d", at, getpid(),
			 i);
		assert_int_equal(mkdir(world.cgroup[i], 0755), 0);
		world.cgroup_fd[i] = open(world.cgroup[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(world.cgroup_fd[i] >= 0);
	}
}

static int set_up(void **state)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	(void)state;
	make_cgroups();
	assert_int_equal(unshare(CLONE_NEWNS | CLONE_NEWNET), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	strcpy(world.bpffs, "/tmp/bc-mask-XXXXXX");
	assert_non_null(mkdtemp(world.bpffs));
	assert_int_equal(mount("bpf", world.bpffs, "bpf", 0, NULL), 0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &loopback), 0);
	close(fd);
	enter(world.cgroup[0]);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	enter(world.home);
	for (int i = 0; i < 2; i++) {
		close(world.cgroup_fd[i]);
		rmdir(world.cgroup[i]);
	}
	umount2(world.bpffs, MNT_DETACH);
	return rmdir(world.bpffs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_masked),	      cmocka_unit_test(test_multipath),
		cmocka_unit_test(test_udp_untouched), cmocka_unit_test(test_taken_over),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
