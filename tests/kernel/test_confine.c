// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What the confined agent cannot do, each tried unconfined as well so that the
 * refusal is confinement's work, and that it still can do all that it has to.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

#include "blindcount.skel.h"
#include "confine/confine.h"

#define NOBODY 65534
#define ENTRIES 64

/* What the agent would have open by the time it is confined. */
static struct {
	char folder[64], data[96], bpffs[96], pin[128], cgroup[384];
	int cgroup_fd;
	int counts, outer, inner[2], totals; /* hash, array of maps, its values, per-CPU array */
	int program[2], link;
	int listener;
	struct confine_result reached;
} world;

static void join_path(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s/%s", world.folder, name);
}

static int confine(void)
{
	const char *const writable[] = {world.data, world.bpffs, NULL}, *const readable[] = {NULL};
	const struct confine_plan plan = {
		.ids = {NOBODY, NOBODY, NOBODY}, .writable = writable, .readable = readable};
	struct error e = {.text = ""};
	int r = confine_enter(&plan, &world.reached, &e);

	if (r < 0)
		fprintf(stderr, "%s\n", e.text);
	return r;
}

/*
 * Run work() in a process of its own. Returns its result (0 to 199), or 1000
 * and the number of the signal that killed it.
 */
static int run_apart(bool confined, int (*work)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		_exit(confined && confine() < 0 ? 255 : work());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return 1000 + WTERMSIG(status);
	assert_int_not_equal(WEXITSTATUS(status), 255);
	return WEXITSTATUS(status);
}

/* Attempts: 0 if it worked, else errno. */

static int make_socket(int family, int type)
{
	return socket(family, type, 0) < 0 ? errno : 0;
}

static int raw_socket(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_TCP) < 0 ? errno : 0;
}

static int packet_socket(void)
{
	return make_socket(AF_PACKET, SOCK_RAW);
}

static int tcp_socket(void)
{
	return make_socket(AF_INET, SOCK_STREAM);
}

static int udp6_socket(void)
{
	return make_socket(AF_INET6, SOCK_DGRAM);
}

static int netlink_socket(void)
{
	return make_socket(AF_NETLINK, SOCK_RAW);
}

static int open_shadow(void)
{
	return open("/etc/shadow", O_RDONLY) < 0 ? errno : 0;
}

static int open_passwd(void)
{
	return open("/etc/passwd", O_RDONLY) < 0 ? errno : 0;
}

static int open_proc(void)
{
	return open("/proc/1/status", O_RDONLY) < 0 ? errno : 0;
}

static int open_own_memory(void)
{
	return open("/proc/self/mem", O_RDONLY) < 0 ? errno : 0;
}

static int write_elsewhere(void)
{
	return open("/tmp", O_TMPFILE | O_WRONLY, 0600) < 0 ? errno : 0;
}

static int load_program(void)
{
	const struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1},
					{.code = BPF_JMP | BPF_EXIT}};

	return bpf_prog_load(BPF_PROG_TYPE_CGROUP_SKB, "try", "GPL", code, 2, NULL) < 0 ? errno : 0;
}

static int open_map_by_id(void)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(world.counts, &info, &size) < 0)
		return 199;
	return bpf_map_get_fd_by_id(info.id) < 0 ? errno : 0;
}

static int create_map(void)
{
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "try", 4, 8, 1, NULL) < 0 ? errno : 0;
}

static int create_link(void)
{
	return bpf_link_create(world.program[0], world.cgroup_fd, BPF_CGROUP_INET_EGRESS, NULL) < 0
		       ? errno
		       : 0;
}

static int open_pin(void)
{
	return bpf_obj_get(world.pin) < 0 ? errno : 0;
}

static int be_traced(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? errno : 0;
}

static int read_parent_memory(void)
{
	return syscall(__NR_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) < 0 ? errno : 0;
}

static int execute(void)
{
	return execl("/bin/true", "true", NULL) < 0 ? errno : 0;
}

static int fork_again(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid < 0 ? errno : 0;
}

static int map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? errno
		       : 0;
}

static int signal_other(void)
{
	return kill(getppid(), 0) < 0 ? errno : 0;
}

static int signal_other_thread(void)
{
	return syscall(__NR_tgkill, getppid(), getppid(), 0) < 0 ? errno : 0;
}

static int become_root(void)
{
	return setuid(0) < 0 ? errno : 0;
}

static int set_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 ? errno : 0;
}

static int mount_something(void)
{
	return mount("none", world.data, "tmpfs", MS_REMOUNT, NULL) < 0 && errno != EINVAL ? errno
											   : 0;
}

static void test_refused(void **state)
{
	const int killed = 1000 + SIGSYS;
	const struct {
		const char *name;
		int (*attempt)(void);
		int want;
	} attempts[] = {
		{"raw socket", raw_socket, killed},
		{"packet socket", packet_socket, killed},
		{"TCP socket", tcp_socket, killed},
		{"UDP socket", udp6_socket, killed},
		{"netlink socket", netlink_socket, killed},
		{"open /etc/shadow", open_shadow, EACCES},
		{"open /etc/passwd", open_passwd, EACCES},
		{"open /proc/1/status", open_proc, EACCES},
		{"open /proc/self/mem", open_own_memory, EACCES},
		{"write elsewhere", write_elsewhere, EACCES},
		{"load a program", load_program, killed},
		{"open a map by id", open_map_by_id, killed},
		{"create a map", create_map, killed},
		{"create a link", create_link, killed},
		{"open a pin", open_pin, killed},
		{"be traced", be_traced, killed},
		{"read another's memory", read_parent_memory, killed},
		{"execute", execute, killed},
		{"fork", fork_again, killed},
		{"map code", map_code, killed},
		{"signal another", signal_other, killed},
		{"signal another's thread", signal_other_thread, killed},
		{"become root", become_root, killed},
		{"become dumpable", set_dumpable, killed},
		{"mount", mount_something, killed},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		int got = run_apart(false, attempts[i].attempt);

		if (got == ENOENT)
			continue; /* a root without that file */
		if (got)
			fail_msg("%s, unconfined: %d", attempts[i].name, got);
		got = run_apart(true, attempts[i].attempt);
		if (got != attempts[i].want)
			fail_msg("%s: %d, not %d", attempts[i].name, got, attempts[i].want);
	}
}

/* Steps of the agent's work: each failure has a number of its own. */
#define STEP(n, condition)                                                        \
	do {                                                                      \
		if (!(condition)) {                                               \
			fprintf(stderr, "%s: %s\n", #condition, strerror(errno)); \
			return n;                                                 \
		}                                                                 \
	} while (0)

static int keep_files(void)
{
	const struct timespec times[2] = {{.tv_sec = 86400}, {.tv_sec = 86400}};
	char folder[128], temporary[160], final[160], text[8];
	struct stat st;
	int fd, dir;
	gzFile f;

	snprintf(folder, sizeof(folder), "%s/date=2024-01-02", world.data);
	snprintf(temporary, sizeof(temporary), "%s/.new", folder);
	snprintf(final, sizeof(final), "%s/node.csv.gz", folder);
	STEP(1, mkdir(folder, 0750) == 0);
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	STEP(2, dir >= 0);
	fd = open(temporary, O_RDWR | O_CREAT | O_EXCL, 0640);
	STEP(3, fd >= 0);
	f = gzdopen(dup(fd), "w");
	STEP(4, gzputs(f, "count\n") == 6 && gzclose(f) == Z_OK);
	STEP(5, !futimens(fd, times) && !fchmod(fd, 0640) && !fsync(fd) && !close(fd));
	STEP(6, !rename(temporary, final) && !fsync(dir) && !stat(final, &st));
	STEP(7, st.st_mtime == 86400 && st.st_uid == NOBODY);
	f = gzopen(final, "r");
	STEP(8, f && gzgets(f, text, sizeof(text)) && !strcmp(text, "count\n") && !gzclose(f));
	STEP(9, !unlink(final) && !close(dir) && !rmdir(folder));
	return 0;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int wait_and_compute(void)
{
	const struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC), timer = timerfd_create(CLOCK_BOOTTIME, 0);
	time_t now = time(NULL);
	sigset_t set;
	char *memory;

	STEP(10, epoll >= 0 && timer >= 0 && !timerfd_settime(timer, 0, &soon, NULL));
	STEP(11, !epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event));
	STEP(12, epoll_wait(epoll, &event, 1, 10000) == 1);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	STEP(13, !sigprocmask(SIG_BLOCK, &set, NULL) && signalfd(-1, &set, SFD_CLOEXEC) >= 0);
	STEP(14, !nanosleep(&soon.it_value, NULL) && now > 0 && localtime(&now));
	STEP(15, syscall(__NR_getrandom, &now, sizeof(now), 0) == sizeof(now));
	memory = malloc(1 << 20);
	STEP(16, memory && (memory = realloc(memory, 64 << 20)));
	memset(memory, 7, 64 << 20);
	qsort(memory, 4 << 20, sizeof(int), compare);
	free(memory);
	STEP(17, !syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
	return 0;
}

static int serve(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), server;
	int datagrams = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct iovec part = {"READY=1", 7};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	snprintf(name.sun_path, sizeof(name.sun_path), "%s/control", world.folder);
	STEP(20, !connect(client, (struct sockaddr *)&name, sizeof(name)));
	server = accept4(world.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	STEP(21, server >= 0 && !getsockopt(server, SOL_SOCKET, SO_PEERCRED, &peer, &size));
	STEP(22, peer.uid == NOBODY && write(client, "x", 1) == 1 && !close(client));
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/notify", world.data);
	STEP(23, !bind(datagrams, (struct sockaddr *)&name, sizeof(name)));
	message.msg_name = &name;
	message.msg_namelen = sizeof(name);
	STEP(24, sendmsg(datagrams, &message, MSG_NOSIGNAL) == 7 && !unlink(name.sun_path));
	return 0;
}

static int use_maps(void)
{
	__u32 keys[ENTRIES], n = ENTRIES, key = 0, batch, size, id[2];
	__u64 values[ENTRIES], *totals = calloc(libbpf_num_possible_cpus(), 8);
	struct bpf_map_info info = {0};

	STEP(30, totals && !bpf_map_lookup_elem(world.totals, &key, totals));
	STEP(31, !bpf_map_lookup_batch(world.counts, NULL, &batch, keys, values, &n, NULL) ||
			 errno == ENOENT);
	STEP(32, n == ENTRIES);
	STEP(33, !bpf_map_delete_elem(world.counts, &keys[0]));
	STEP(34, !bpf_map_lookup_and_delete_elem(world.counts, &keys[1], values));
	n = ENTRIES - 2;
	STEP(35, !bpf_map_delete_batch(world.counts, keys + 2, &n, NULL) && n == ENTRIES - 2);
	STEP(36, bpf_map_get_next_key(world.counts, NULL, &key) < 0 && errno == ENOENT);
	STEP(37, !bpf_map_update_elem(world.counts, &keys[0], values, BPF_ANY));
	key = 0;
	for (int i = 0; i < 2; i++) {
		size = sizeof(info);
		STEP(38, !bpf_map_update_elem(world.outer, &key, &world.inner[i], BPF_ANY));
		STEP(39, !bpf_map_lookup_elem(world.outer, &key, &id[i]));
		STEP(40, !bpf_obj_get_info_by_fd(world.inner[i], &info, &size) && info.id == id[i]);
	}
	STEP(41, id[0] != id[1]);
	return 0;
}

static int replace_and_detach(void)
{
	STEP(50, !bpf_link_update(world.link, world.program[1], NULL));
	STEP(51, !bpf_link_detach(world.link));
	STEP(52, !unlink(world.pin));
	return 0;
}

static void test_allowed(void **state)
{
	(void)state;
	assert_int_equal(run_apart(true, keep_files), 0);
	assert_int_equal(run_apart(true, wait_and_compute), 0);
	assert_int_equal(run_apart(true, serve), 0);
	assert_int_equal(run_apart(true, use_maps), 0);
}

/* Last of all: it takes the link and its pin away. */
static void test_detach(void **state)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);

	(void)state;
	assert_int_equal(run_apart(true, replace_and_detach), 0);
	assert_int_equal(bpf_obj_get_info_by_fd(world.link, &info, &size), 0);
	assert_int_equal(info.cgroup.cgroup_id, 0);
	assert_int_equal(access(world.pin, F_OK), -1);
}

static int abort_self(void)
{
	abort();
}

static int wait_to_be_looked_at(void)
{
	char c;

	return write(STDOUT_FILENO, "x", 1) != 1 || read(STDIN_FILENO, &c, 1) != 1;
}

static void test_abort(void **state)
{
	(void)state;
	assert_int_equal(run_apart(true, abort_self), 1000 + SIGABRT);
}

static void expect_status(const char *status, const char *line)
{
	if (!strstr(status, line))
		fail_msg("no '%s' in %s", line, status);
}

/* Become nobody with the capabilities in `kept` alone. */
static int keep_only(uint64_t kept)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[2] = {{kept, kept, 0},
						       {kept >> 32, kept >> 32, 0}};

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(kept >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return -1;
	return syscall(__NR_capset, &header, data);
}

/* What a child shows in /proc/PID/status that has prepared itself and is confined then. */
static void read_status(int (*prepare)(void), char *status, size_t size)
{
	int to[2], from[2], fd;
	char path[64], c;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(to) | pipe(from), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		_exit(prepare() || confine() < 0 ? 255 : wait_to_be_looked_at());
	}
	close(from[1]);
	assert_int_equal(read(from[0], &c, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY);
	n = read(fd, status, size - 1);
	assert_true(n > 0);
	status[n] = '\0';
	assert_int_equal(write(to[1], "x", 1), 1);
	waitpid(pid, NULL, 0);
	close(fd);
	close(to[0]);
	close(to[1]);
	close(from[0]);
}

static int as_root(void)
{
	return 0;
}

/* Started as the agent's user, by a service manager that took all else away. */
static int as_nobody(void)
{
	return keep_only(0);
}

static int without_setpcap(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const uint64_t kept = 1ULL << CAP_SETUID | 1ULL << CAP_SETGID;
	const struct __user_cap_data_struct data[2] = {{kept, kept, 0}, {0}};

	return syscall(__NR_capset, &header, data);
}

/* Like a kernel before 5.19, where bpf() commands on open files ask for CAP_BPF too. */
static int on_old_kernel(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	const struct sock_fprog program = {.len = 4, .filter = code};

	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/* As the kernel shows it to others, however the agent was started. */
static void test_status(void **state)
{
	const struct {
		int (*prepare)(void);
		const char *kept; /* CapPrm and CapEff */
		bool bounding_empty;
	} starts[] = {
		{as_root, "0000000000000000", true},
		{as_nobody, "0000000000000000", true},
		{without_setpcap, "0000000000000000", false},
		{on_old_kernel, "0000008000000000", true}, /* CAP_BPF */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		char status[8192], line[64];

		read_status(starts[i].prepare, status, sizeof(status));
		expect_status(status, "\nUid:\t65534\t65534\t65534\t65534\n");
		expect_status(status, "\nGid:\t65534\t65534\t65534\t65534\n");
		expect_status(status, "\nGroups:\t \n");
		expect_status(status, "\nCapInh:\t0000000000000000\n");
		snprintf(line, sizeof(line), "\nCapPrm:\t%s\nCapEff:\t%s\n", starts[i].kept,
			 starts[i].kept);
		expect_status(status, line);
		if (starts[i].bounding_empty)
			expect_status(status, "\nCapBnd:\t0000000000000000\n");
		expect_status(status, "\nCapAmb:\t0000000000000000\n");
		expect_status(status, "\nNoNewPrivs:\t1\n");
		expect_status(status, "\nSeccomp:\t2\n");
	}
}

static int become_without_privileges(void)
{
	const char *const none[] = {NULL};
	const struct confine_plan plan = {.ids = {1, 1, 1}, .writable = none, .readable = none};
	struct confine_result result;
	struct error e = {.text = ""};

	if (keep_only(0))
		return 199;
	return confine_enter(&plan, &result, &e) < 0 && strstr(e.text, "CAP_SET") ? 0 : 1;
}

static void test_not_allowed_to_become(void **state)
{
	(void)state;
	assert_int_equal(run_apart(false, become_without_privileges), 0);
}

static int load_and_attach(void)
{
	struct blindcount_bpf *skel;
	int link;

	STEP(60, !keep_only(1ULL << CAP_BPF | 1ULL << CAP_NET_ADMIN | 1ULL << CAP_PERFMON));
	skel = blindcount_bpf__open_and_load();
	STEP(61, skel);
	link = bpf_link_create(bpf_program__fd(skel->progs.blindcount), world.cgroup_fd,
			       BPF_CGROUP_INET_INGRESS, NULL);
	STEP(62, link >= 0);
	blindcount_bpf__destroy(skel);
	return 0;
}

static void test_load_privileges(void **state)
{
	(void)state;
	assert_int_equal(run_apart(false, load_and_attach), 0);
}

static void test_find_user(void **state)
{
	struct confine_ids ids = {.uid = 7};
	struct error e = {.text = ""};

	(void)state;
	assert_int_equal(confine_find_user("no-such-user", NULL, &ids, &e), -ENOENT);
	assert_non_null(strstr(e.text, "useradd --system"));
	e.text[0] = '\0';
	assert_int_equal(confine_find_user("nobody", "no-such-group", &ids, &e), -ENOENT);
	assert_non_null(strstr(e.text, "groupadd --system"));
	assert_int_equal(ids.uid, 7);
	assert_int_equal(confine_find_user("nobody", NULL, &ids, NULL), 0);
	assert_int_equal(ids.uid, NOBODY);
	assert_int_equal(ids.socket_gid, ids.gid);
	assert_int_equal(confine_find_user("4242", "17", &ids, NULL), 0);
	assert_int_equal(ids.uid, 4242);
	assert_int_equal(ids.gid, 4242);
	assert_int_equal(ids.socket_gid, 17);
	assert_int_equal(confine_find_user("-1", NULL, &ids, NULL), -ENOENT);
	assert_int_equal(confine_find_user("4294967295", NULL, &ids, NULL), -ENOENT);
}

static void make_maps(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);

	world.counts = bpf_map_create(BPF_MAP_TYPE_HASH, "counts", 4, 8, 2 * ENTRIES, NULL);
	world.totals = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "totals", 4, 8, 1, NULL);
	for (int i = 0; i < 2; i++)
		world.inner[i] = bpf_map_create(BPF_MAP_TYPE_HASH, "inner", 4, 8, ENTRIES, NULL);
	options.inner_map_fd = world.inner[0];
	world.outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "outer", 4, 4, 1, &options);
	assert_true(world.counts >= 0 && world.totals >= 0 && world.inner[0] >= 0 &&
		    world.inner[1] >= 0 && world.outer >= 0);
	for (__u32 i = 0; i < ENTRIES; i++) {
		const __u64 value = i;

		assert_int_equal(bpf_map_update_elem(world.counts, &i, &value, BPF_ANY), 0);
	}
}

static void attach(void)
{
	const struct bpf_insn pass[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1},
					{.code = BPF_JMP | BPF_EXIT}};

	for (int i = 0; i < 2; i++) {
		world.program[i] =
			bpf_prog_load(BPF_PROG_TYPE_CGROUP_SKB, "pass", "GPL", pass, 2, NULL);
		assert_true(world.program[i] >= 0);
	}
	world.link =
		bpf_link_create(world.program[0], world.cgroup_fd, BPF_CGROUP_INET_INGRESS, NULL);
	assert_true(world.link >= 0);
	assert_int_equal(bpf_obj_pin(world.link, world.pin), 0);
}

static void make_cgroup(void)
{
	char line[512], at[256] = "";
	FILE *f = fopen("/proc/mounts", "r");

	assert_non_null(f);
	while (!at[0] && fgets(line, sizeof(line), f))
		if (strstr(line, " cgroup2 "))
			assert_int_equal(sscanf(line, "%*s %255s", at), 1);
	fclose(f);
	assert_true(at[0]);
	snprintf(world.cgroup, sizeof(world.cgroup), "%s/bctest%d", at, getpid());
	assert_int_equal(mkdir(world.cgroup, 0755), 0);
	world.cgroup_fd = open(world.cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(world.cgroup_fd >= 0);
}

static void listen_at(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	world.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(world.listener, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(world.listener, 1), 0);
	assert_int_equal(chmod(path, 0666), 0);
}

static int set_up(void **state)
{
	char control[96];

	(void)state;
	strcpy(world.folder, "/tmp/bc-confine-XXXXXX");
	assert_non_null(mkdtemp(world.folder));
	assert_int_equal(chmod(world.folder, 0755), 0);
	join_path(world.data, sizeof(world.data), "data");
	join_path(world.bpffs, sizeof(world.bpffs), "bpf");
	join_path(world.pin, sizeof(world.pin), "bpf/link");
	join_path(control, sizeof(control), "control");
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mkdir(world.data, 0750) | mkdir(world.bpffs, 0750), 0);
	assert_int_equal(mount("bpf", world.bpffs, "bpf", 0, NULL), 0);
	assert_int_equal(chown(world.data, NOBODY, NOBODY) | chown(world.bpffs, NOBODY, NOBODY), 0);
	listen_at(control);
	make_cgroup();
	make_maps();
	attach();
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	close(world.link);
	close(world.cgroup_fd);
	rmdir(world.cgroup);
	umount2(world.bpffs, MNT_DETACH);
	snprintf(command, sizeof(command), "rm -rf %s", world.folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find_user),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_not_allowed_to_become),
		cmocka_unit_test(test_load_privileges),
		cmocka_unit_test(test_detach),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
