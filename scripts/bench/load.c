// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Sends heatmap beacons to a server as browsers do, 630 bytes with nine headers,
 * each on a page and a cell of its own choice, and says how many were sent and
 * answered, how long the answers took, and what the counting program cost.
 *
 * With a rate, requests are due at fixed times whether or not answers come, and
 * latency counts from when a request was due; else each connection sends again
 * as soon as it has been answered.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define PROCESSES_MAX 16
#define DEPTH_MAX 64
#define REQUEST_MAX 4096
#define BUCKETS 2048
#define SETTLE_NS 5000000000LL /* for answers that are still on their way */

#define HEADERS                                                                               \
	"Host: shop.example.org\r\n"                                                          \
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) " \
	"Chrome/126.0.0.0 Safari/537.36\r\n"                                                  \
	"Accept: */*\r\n"                                                                     \
	"Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"                                        \
	"Accept-Encoding: gzip, deflate, br, zstd\r\n"                                        \
	"Referer: https://shop.example.org/products/red-shoes\r\n"                            \
	"Origin: https://shop.example.org\r\n"                                                \
	"Connection: keep-alive\r\n"                                                          \
	"Cookie: theme=dark; session=ahov29gnu18fmt07elsz6dkry5cjqx4bipw3ahov29gnu18fmt07els" \
	"z6dkry5cjqx4bipw3ahov29gnu18fmt07elsz6dkry5cjqx4bipw3ahov29gnu18fmt07elsz6dkry5cjqx" \
	"4bipw3ahov29gnu18fm\r\n"                                                             \
	"\r\n"

struct settings {
	struct sockaddr_in to;
	unsigned int processes, connections, depth;
	unsigned int pages, cells; /* of each page */
	unsigned long requests; /* 0: as many as the time allows */
	double seconds, rate;
	const char *cgroup; /* whose counting program is watched, or NULL */
	char request[REQUEST_MAX]; /* what is sent instead of beacons, if any */
};

/* What a process has to tell; in memory that all of them share. */
struct tally {
	uint64_t sent, answered;
	uint64_t bucket[BUCKETS]; /* of latencies, see bucket_of() */
};

struct connection {
	int fd;
	unsigned int open; /* requests that are not answered yet */
	unsigned int matched; /* bytes of the CR LF CR LF that ends an answer */
	int64_t due;
};

struct worker {
	const struct settings *set;
	struct tally *tally;
	struct connection *connection;
	unsigned int connections, idle_count;
	unsigned int *idle; /* connections that have nothing to do */
	unsigned long number, limit; /* of requests */
	int epoll;
};

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Buckets of about 3 %: 32 for each doubling of the microseconds. */
static unsigned int bucket_of(int64_t ns)
{
	uint64_t us = ns < 0 ? 0 : (uint64_t)ns / 1000;
	unsigned int shift = 0, bucket;

	while (us >> shift >= 64)
		shift++;
	bucket = shift * 32 + (unsigned int)(us >> shift);
	return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double bucket_us(unsigned int bucket)
{
	unsigned int shift = bucket < 64 ? 0 : bucket / 32 - 1;

	return (double)((uint64_t)(bucket - shift * 32) << shift);
}

/* A page's name has no digits, lest redaction take it for an identifier. */
static size_t request_put(const struct settings *set, unsigned long n, char *out)
{
	unsigned long page = n % set->pages, cell = n / set->pages % set->cells;
	char name[8];

	if (*set->request)
		return strlen(strcpy(out, set->request));
	for (int i = 0; i < 4; i++, page /= 26)
		name[i] = (char)('a' + page % 26);
	name[4] = 0;
	return (size_t)sprintf(
		out, "GET /hm?p=/products/red-shoes-%s&x=%lu&y=%lu&w=1280&e=click HTTP/1.1\r\n%s",
		name, cell % 64 * 20, cell / 64 * 16, HEADERS);
}

static void send_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = send(fd, text, length, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			die("send");
		text += n;
		length -= (size_t)n;
	}
}

/* Send a connection's next requests; false when there are no more to send. */
static bool connection_send(struct worker *w, struct connection *c, int64_t due)
{
	static char text[DEPTH_MAX * REQUEST_MAX];
	size_t length = 0;

	for (; c->open < w->set->depth && w->tally->sent < w->limit; c->open++) {
		length += request_put(w->set, w->number++, text + length);
		w->tally->sent++;
	}
	if (!length)
		return false;
	c->due = due;
	send_all(c->fd, text, length);
	return true;
}

/* Take what has come; true when all requests have been answered. */
static bool connection_receive(struct worker *w, struct connection *c)
{
	static const char end[] = "\r\n\r\n";
	char text[16384];
	ssize_t n = recv(c->fd, text, sizeof(text), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0)
		die("the server ended a connection");
	for (ssize_t i = 0; i < n; i++) {
		c->matched = text[i] == end[c->matched] ? c->matched + 1 : text[i] == '\r';
		if (c->matched < 4)
			continue;
		c->matched = 0;
		if (!c->open)
			die("an answer too many");
		c->open--;
		w->tally->answered++;
		w->tally->bucket[bucket_of(now_ns() - c->due)]++;
	}
	return !c->open;
}

static void worker_connect(struct worker *w)
{
	int one = 1;

	for (unsigned int i = 0; i < w->connections; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 ||
		    connect(fd, (const struct sockaddr *)&w->set->to, sizeof(w->set->to)) ||
		    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
		    epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event))
			die("connect");
		w->connection[i].fd = fd;
		w->idle[w->idle_count++] = i;
	}
}

static unsigned int worker_open(const struct worker *w)
{
	return w->connections - w->idle_count;
}

/* Wait up to some milliseconds for answers, and make their connections idle. */
static void worker_receive(struct worker *w, int timeout)
{
	struct epoll_event events[256];
	int n = epoll_wait(w->epoll, events, 256, timeout);

	for (int i = 0; i < n; i++)
		if (connection_receive(w, &w->connection[events[i].data.u32]))
			w->idle[w->idle_count++] = events[i].data.u32;
}

static bool worker_send(struct worker *w, int64_t due)
{
	if (!connection_send(w, &w->connection[w->idle[w->idle_count - 1]], due))
		return false;
	w->idle_count--;
	return true;
}

static void worker_saturate(struct worker *w, int64_t end)
{
	bool more = true;

	while (more && now_ns() < end) {
		while (more && w->idle_count)
			more = worker_send(w, now_ns());
		worker_receive(w, 100);
	}
}

static void worker_pace(struct worker *w, int64_t start, int64_t end)
{
	double gap = 1e9 * w->set->processes / w->set->rate;
	int64_t due = start;

	for (unsigned long n = 1; due < end; n++) {
		while (now_ns() < due || !w->idle_count)
			worker_receive(w, due - now_ns() > 2000000 ? 1 : 0);
		if (!worker_send(w, due))
			return;
		due = start + (int64_t)((double)n * gap);
	}
}

static void worker_run(struct worker *w)
{
	int64_t start = now_ns(), end = start + (int64_t)(w->set->seconds * 1e9);

	if (w->set->rate > 0)
		worker_pace(w, start, end);
	else
		worker_saturate(w, end);
	end = now_ns() + SETTLE_NS;
	while (worker_open(w) && now_ns() < end)
		worker_receive(w, 100);
}

static void work(const struct settings *set, struct tally *tally, unsigned int which, int ready,
		 int go)
{
	struct worker w = {
		.set = set,
		.tally = tally,
		.connections = set->connections / set->processes,
		.number = which * 7919UL,
		.limit = set->requests ? set->requests / set->processes : ~0UL,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
	};
	cpu_set_t core;
	char c = 0;

	CPU_ZERO(&core);
	CPU_SET(which % (unsigned int)sysconf(_SC_NPROCESSORS_ONLN), &core);
	sched_setaffinity(0, sizeof(core), &core);
	w.connection = calloc(w.connections, sizeof(*w.connection));
	w.idle = calloc(w.connections, sizeof(*w.idle));
	if (w.epoll < 0 || !w.connection || !w.idle)
		die("no memory");
	worker_connect(&w);
	if (write(ready, &c, 1) != 1 || read(go, &c, 1) < 0)
		die("pipe");
	worker_run(&w);
	exit(0);
}

/* Time and runs of the programs on the watched cgroup. */
static void program_read(const struct settings *set, uint64_t *ns, uint64_t *runs)
{
	__u32 ids[8], count = 8;
	int cgroup = open(set->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ns = *runs = 0;
	if (cgroup < 0 || bpf_prog_query(cgroup, BPF_CGROUP_INET_INGRESS, 0, NULL, ids, &count))
		die(set->cgroup);
	for (__u32 i = 0; i < count; i++) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);
		int program = bpf_prog_get_fd_by_id(ids[i]);

		if (program < 0 || bpf_obj_get_info_by_fd(program, &info, &size))
			die("program");
		*ns += info.run_time_ns;
		*runs += info.run_cnt;
		close(program);
	}
	close(cgroup);
}

static double percentile(const struct tally *sum, double part)
{
	uint64_t below = 0;

	for (unsigned int i = 0; i < BUCKETS; i++) {
		below += sum->bucket[i];
		if ((double)below >= part * (double)sum->answered)
			return bucket_us(i);
	}
	return 0;
}

static void print(const struct tally *each, unsigned int processes, double seconds)
{
	static struct tally sum;

	for (unsigned int i = 0; i < processes; i++) {
		sum.sent += each[i].sent;
		sum.answered += each[i].answered;
		for (unsigned int b = 0; b < BUCKETS; b++)
			sum.bucket[b] += each[i].bucket[b];
	}
	printf("sent %lu\nanswered %lu\nseconds %.4f\nrate %.1f\n", sum.sent, sum.answered, seconds,
	       (double)sum.answered / seconds);
	printf("p50_us %.0f\np90_us %.0f\np99_us %.0f\np999_us %.0f\n", percentile(&sum, 0.5),
	       percentile(&sum, 0.9), percentile(&sum, 0.99), percentile(&sum, 0.999));
	if (sum.sent != sum.answered) {
		fprintf(stderr, "load: %lu of %lu requests were not answered\n",
			sum.sent - sum.answered, sum.sent);
		exit(1);
	}
}

static void run(const struct settings *set)
{
	size_t size = set->processes * sizeof(struct tally);
	struct tally *tally =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ready[2], go[2], status, stats = -1;
	uint64_t ns[2], runs[2];
	int64_t start;
	char c;

	if (tally == MAP_FAILED || pipe(ready) || pipe(go))
		die("no memory");
	for (unsigned int i = 0; i < set->processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			close(go[1]);
			work(set, &tally[i], i, ready[1], go[0]);
		}
	}
	close(ready[1]);
	for (unsigned int i = 0; i < set->processes; i++)
		if (read(ready[0], &c, 1) != 1)
			exit(1); /* a process has said why it ended */
	if (set->cgroup) {
		stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
		program_read(set, &ns[0], &runs[0]);
	}
	start = now_ns();
	close(go[1]);
	while (wait(&status) > 0)
		if (status)
			exit(1);
	print(tally, set->processes, (double)(now_ns() - start) / 1e9);
	if (!set->cgroup)
		return;
	program_read(set, &ns[1], &runs[1]);
	printf("program_ns %lu\nprogram_runs %lu\n", ns[1] - ns[0], runs[1] - runs[0]);
	close(stats);
}

static void request_read(struct settings *set, const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f || !fread(set->request, 1, sizeof(set->request) - 1, f))
		die(path);
	fclose(f);
}

static void usage(void)
{
	fputs("Usage: load [options] ADDRESS PORT\n"
	      "  -j PROCESSES    each on a core of its own (1)\n"
	      "  -c CONNECTIONS  of all processes together (16)\n"
	      "  -k DEPTH        requests sent at once on a connection (1)\n"
	      "  -d SECONDS      at most (2)\n"
	      "  -n REQUESTS     at most (no limit)\n"
	      "  -r RATE         requests a second (as fast as answers come)\n"
	      "  -P PAGES        (1)\n"
	      "  -C CELLS        of each page (1)\n"
	      "  -f FILE         a request to send instead of beacons\n"
	      "  -s CGROUP       whose counting program is watched\n",
	      stderr);
	exit(2);
}

static void parse(struct settings *set, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "j:c:k:d:n:r:P:C:f:s:")) != -1) {
		switch (option) {
		case 'j':
			set->processes = (unsigned int)atoi(optarg);
			break;
		case 'c':
			set->connections = (unsigned int)atoi(optarg);
			break;
		case 'k':
			set->depth = (unsigned int)atoi(optarg);
			break;
		case 'd':
			set->seconds = atof(optarg);
			break;
		case 'n':
			set->requests = strtoul(optarg, NULL, 10);
			break;
		case 'r':
			set->rate = atof(optarg);
			break;
		case 'P':
			set->pages = (unsigned int)atoi(optarg);
			break;
		case 'C':
			set->cells = (unsigned int)atoi(optarg);
			break;
		case 'f':
			request_read(set, optarg);
			break;
		case 's':
			set->cgroup = optarg;
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 2 || !set->processes || set->processes > PROCESSES_MAX ||
	    set->connections < set->processes || !set->depth || set->depth > DEPTH_MAX ||
	    !set->pages || !set->cells || inet_pton(AF_INET, argv[optind], &set->to.sin_addr) != 1)
		usage();
	set->to.sin_family = AF_INET;
	set->to.sin_port = htons((uint16_t)atoi(argv[optind + 1]));
}

int main(int argc, char **argv)
{
	struct settings set = {.processes = 1,
			       .connections = 16,
			       .depth = 1,
			       .seconds = 2,
			       .pages = 1,
			       .cells = 1};
	struct rlimit files;

	parse(&set, argc, argv);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	run(&set);
	return 0;
}
