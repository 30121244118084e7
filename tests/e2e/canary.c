// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Sends requests from distinctive addresses, and searches dumps for these in every
 * form that a program might keep them in.
 *
 *   canary pick COUNT DUMP …       COUNT IPv4 and COUNT IPv6 addresses, twice: to be sent
 *                                  and not to be sent; of none a form stands in a dump
 *   canary send SERVER4 SERVER6 PORT PAGE <ADDRESSES
 *                                  requests from each, until standard input ends behind
 *                                  an empty line; prints how many there were
 *   canary maps FOLDER             the bytes of all maps of the program pinned there
 *   canary storage FOLDER PID …    what it keeps on the sockets of these processes
 *   canary memory PID              the bytes of a process's memory
 *   canary search ADDRESSES DUMP … what was found where; fails if there was anything
 *   canary find TEXT DUMP          the same search for a text; fails if it is not there
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FORM_MAX 80
#define BUCKETS 65536
#define ADDRESSES_MAX 400

struct address {
	int family;
	unsigned char bytes[16];
	char text[INET6_ADDRSTRLEN];
};

struct form {
	struct form *next; /* in its bucket */
	const struct address *of;
	const char *what;
	size_t length;
	char bytes[FORM_MAX];
};

struct search {
	struct form *bucket[BUCKETS]; /* by the first four bytes */
	uint64_t hits;
	bool quiet;
	bool *hit; /* by address, if wanted */
	const struct address *first;
};

static void die(const char *what)
{
	fprintf(stderr, "canary: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned int bucket_of(const char *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word * 2654435761U >> 16;
}

static void add(struct search *s, const struct address *a, const char *what, const void *bytes,
		size_t length)
{
	struct form *form = calloc(1, sizeof(*form));
	unsigned int b = bucket_of(bytes);

	if (!form || length < 4 || length > FORM_MAX)
		die("form");
	*form = (struct form){.next = s->bucket[b], .of = a, .what = what, .length = length};
	memcpy(form->bytes, bytes, length);
	s->bucket[b] = form;
}

/* A text in lower and in upper case. */
static void add_text(struct search *s, const struct address *a, const char *what, const char *text)
{
	char upper[FORM_MAX + 1] = "";
	size_t n = strlen(text);

	for (size_t i = 0; i < n && i < FORM_MAX; i++)
		upper[i] = toupper((unsigned char)text[i]);
	add(s, a, what, text, n);
	if (strcmp(upper, text) != 0)
		add(s, a, what, upper, n);
}

/* Each byte by a format, with something between them. */
static void add_bytewise(struct search *s, const struct address *a, const char *what,
			 const unsigned char *bytes, size_t n, bool decimal, const char *between)
{
	char text[FORM_MAX * 2] = "";
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		used += sprintf(text + used, decimal ? "%s%u" : "%s%02x", i ? between : "",
				bytes[i]);
	text[FORM_MAX - 1] = '\0';
	add_text(s, a, what, text);
}

/* All forms of some bytes in the order given. */
static void add_bytes(struct search *s, const struct address *a, const unsigned char *bytes,
		      size_t n)
{
	static const char *const between[] = {"", " ", ":", "-", "\\x", ", 0x"};
	static const char *const commas[] = {".", "-", ",", ", ", " "};
	unsigned __int128 number = 0;
	char text[24];

	add(s, a, "binary", bytes, n);
	for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++)
		add_bytewise(s, a, "hexadecimal", bytes, n, false, between[i]);
	for (size_t i = 0; i < sizeof(commas) / sizeof(commas[0]); i++)
		add_bytewise(s, a, "decimal bytes", bytes, n, true, commas[i]);
	for (size_t i = 0; i < n; i++)
		number = number << 8 | bytes[i];
	if (n <= 8) {
		snprintf(text, sizeof(text), "%" PRIu64, (uint64_t)number);
		if (strlen(text) > 6)
			add_text(s, a, "decimal number", text);
	}
}

/* In network order and reversed. */
static void add_orders(struct search *s, const struct address *a, const unsigned char *bytes,
		       size_t n)
{
	unsigned char reversed[16];

	for (size_t i = 0; i < n; i++)
		reversed[i] = bytes[n - 1 - i];
	add_bytes(s, a, bytes, n);
	add_bytes(s, a, reversed, n);
}

/* Groups of 16 bits as in IPv6 text, shortened or not; of IPv4 as in ::ffff:c633:6401. */
static void add_groups(struct search *s, const struct address *a, size_t n)
{
	static const char *const between[] = {":", "-", "%3A"};

	for (size_t b = 0; b < sizeof(between) / sizeof(between[0]); b++)
		for (int full = 0; full < 2; full++) {
			char text[FORM_MAX * 2] = "";
			size_t used = 0;

			for (size_t i = 0; i < n; i += 2)
				used += sprintf(text + used, full ? "%s%04x" : "%s%x",
						i ? between[b] : "",
						a->bytes[i] << 8 | a->bytes[i + 1]);
			add_text(s, a, "groups", text);
		}
}

static void add_address(struct search *s, const struct address *a)
{
	add_text(s, a, "text", a->text);
	if (a->family == AF_INET) {
		add_orders(s, a, a->bytes, 4);
		add_groups(s, a, 4);
		return;
	}
	add_groups(s, a, 16);
	add_orders(s, a, a->bytes, 16);
	add_orders(s, a, a->bytes + 8, 8);
	add_orders(s, a, a->bytes + 8, 4);
	add_orders(s, a, a->bytes + 12, 4);
}

static void look(struct search *s, const char *name, const char *bytes, size_t length)
{
	for (size_t i = 0; i + 4 <= length; i++)
		for (const struct form *f = s->bucket[bucket_of(bytes + i)]; f; f = f->next) {
			if (f->length > length - i || memcmp(f->bytes, bytes + i, f->length) != 0)
				continue;
			s->hits++;
			if (s->hit)
				s->hit[f->of - s->first] = true;
			if (!s->quiet)
				printf("%s: %s of %s at %zu\n", name, f->what, f->of->text, i);
		}
}

static void look_in_file(struct search *s, const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	char *bytes;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	if (!st.st_size) {
		fprintf(stderr, "canary: %s is empty\n", path);
		exit(1);
	}
	bytes = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		die(path);
	look(s, path, bytes, st.st_size);
	munmap(bytes, st.st_size);
	close(fd);
}

/* Addresses of no network that a test uses, whose bytes look like nothing else. */
static void invent(struct address *a, int family)
{
	static const unsigned char documentation[4] = {0x20, 0x01, 0x0d, 0xb8};

	a->family = family;
	for (int i = 0; i < 16; i++)
		a->bytes[i] = 16 + rand() % 224;
	if (family == AF_INET6)
		memcpy(a->bytes, documentation, sizeof(documentation));
	else
		a->bytes[0] = 128 + rand() % 64;
	inet_ntop(family, a->bytes, a->text, sizeof(a->text));
}

static int pick(int count, char *const *dumps)
{
	static struct address candidates[ADDRESSES_MAX];
	static bool hit[ADDRESSES_MAX];
	struct search *s = calloc(1, sizeof(*s));
	int wanted[2] = {2 * count, 2 * count};

	s->quiet = true;
	s->hit = hit;
	s->first = candidates;
	srand(1);
	for (int i = 0; i < ADDRESSES_MAX; i++) {
		invent(&candidates[i], i % 2 ? AF_INET6 : AF_INET);
		add_address(s, &candidates[i]);
	}
	for (; *dumps; dumps++)
		look_in_file(s, *dumps);
	for (int i = 0; i < ADDRESSES_MAX; i++)
		if (!hit[i] && wanted[i % 2]) {
			wanted[i % 2]--;
			printf("%s %s\n", wanted[i % 2] < count ? "never" : "sent",
			       candidates[i].text);
		}
	if (!wanted[0] && !wanted[1])
		return 0;
	fputs("canary: not enough addresses are free\n", stderr);
	return 1;
}

static int read_addresses(FILE *in, struct address *list)
{
	char line[INET6_ADDRSTRLEN + 2];
	int n = 0;

	while (n < ADDRESSES_MAX && fgets(line, sizeof(line), in) && line[0] != '\n') {
		struct address *a = &list[n++];

		line[strcspn(line, "\n")] = '\0';
		a->family = strchr(line, ':') ? AF_INET6 : AF_INET;
		strcpy(a->text, line);
		if (inet_pton(a->family, line, a->bytes) != 1)
			die(line);
	}
	return n;
}

static int search(const char *addresses, char *const *dumps)
{
	static struct address list[ADDRESSES_MAX];
	struct search *s = calloc(1, sizeof(*s));
	FILE *in = fopen(addresses, "r");
	int n = in ? read_addresses(in, list) : 0;

	if (!n)
		die(addresses);
	for (int i = 0; i < n; i++)
		add_address(s, &list[i]);
	for (; *dumps; dumps++)
		look_in_file(s, *dumps);
	return s->hits > 0;
}

static int find(const char *text, char *const *dumps)
{
	struct search *s = calloc(1, sizeof(*s));

	s->quiet = true;
	add(s, NULL, "text", text, strlen(text));
	for (; *dumps; dumps++)
		look_in_file(s, *dumps);
	return !s->hits;
}

struct peer {
	const struct address *address;
	const char *server[2]; /* IPv4, IPv6 */
	int port;
	const char *page;
	unsigned int requests;
	char hex[33], number[24];
};

static int connect_from(const struct peer *p)
{
	bool six = p->address->family == AF_INET6;
	struct sockaddr_in from4 = {.sin_family = AF_INET}, to4 = from4;
	struct sockaddr_in6 from6 = {.sin6_family = AF_INET6}, to6 = from6;
	int fd = socket(p->address->family, SOCK_STREAM, 0), on = 1;
	struct timeval patience = {.tv_sec = 20};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof(on));
	memcpy(&from4.sin_addr, p->address->bytes, 4);
	memcpy(&from6.sin6_addr, p->address->bytes, 16);
	inet_pton(AF_INET, p->server[0], &to4.sin_addr);
	inet_pton(AF_INET6, p->server[1], &to6.sin6_addr);
	to4.sin_port = to6.sin6_port = htons(p->port);
	if (bind(fd, six ? (struct sockaddr *)&from6 : (struct sockaddr *)&from4,
		 six ? sizeof(from6) : sizeof(from4)))
		die(p->address->text);
	if (connect(fd, six ? (struct sockaddr *)&to6 : (struct sockaddr *)&to4,
		    six ? sizeof(to6) : sizeof(to4)))
		die("connect");
	return fd;
}

static void send_all(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

		if (sent < 0)
			die("send");
		text += sent;
		n -= sent;
	}
}

/* Every answer here is a head without a body. */
static void await_answer(int fd)
{
	char text[4096];
	size_t used = 0;
	ssize_t n;

	do {
		n = recv(fd, text + used, sizeof(text) - 1 - used, 0);
		if (n <= 0)
			die("answer");
		used += n;
		text[used] = '\0';
	} while (!strstr(text, "\r\n\r\n"));
}

/* The headers of beacons.md and other places where an address may stand. */
static size_t put_headers(const struct peer *p, char *text)
{
	static const char *const names[] = {
		"X-Forwarded-For",
		"X-Real-IP",
		"X-Client-IP",
		"X-Cluster-Client-IP",
		"CF-Connecting-IP",
		"CF-Connecting-IPv6",
		"CF-Pseudo-IPv4",
		"True-Client-IP",
		"Fastly-Client-IP",
		"DO-Connecting-IP",
		"Fly-Client-IP",
		"X-Appengine-User-IP",
		"X-Original-Forwarded-For",
		"X-Azure-ClientIP",
		"X-NF-Client-Connection-IP",
		"User-Agent",
	};
	const char *a = p->address->text;
	size_t n = sprintf(text, "Host: shop.example.org\r\n");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		n += sprintf(text + n, "%s: %s\r\n", names[i], a);
	n += sprintf(text + n, "Forwarded: for=\"[%s]:4711\";by=%s\r\n", a, a);
	n += sprintf(text + n, "Cookie: ip=%s; hex=%s; number=%s\r\n", a, p->hex, p->number);
	return n + sprintf(text + n, "Referer: https://shop.example.org/?from=%s\r\n", a);
}

/* Send a request, in two pieces cut somewhere in it or whole, and wait for the answer. */
static void request(struct peer *p, int fd, const char *line, const char *more, const char *body)
{
	char text[8192];
	size_t n = sprintf(text, "%s HTTP/1.1\r\n", line), cut;

	n += put_headers(p, text + n);
	n += sprintf(text + n, "%s\r\n%s", more, body);
	cut = p->requests % 3 ? 0 : n * (1 + p->requests % 7) / 9;
	send_all(fd, text, cut);
	if (cut)
		usleep(1000); /* a segment of its own, where the kernel likes */
	send_all(fd, text + cut, n - cut);
	await_answer(fd);
	p->requests++;
}

static void proxied(struct peer *p)
{
	const char *a = p->address->text;
	char line[256];
	int fd = connect_from(p);
	bool six = p->address->family == AF_INET6;

	sprintf(line, "PROXY TCP%c %s %s 40404 80\r\nGET /hm?p=%s&x=1&y=1&w=800&ip=%s",
		six ? '6' : '4', a, a, p->page, a);
	request(p, fd, line, "", "");
	close(fd);
}

/* All requests of one address. The last head never ends; returns its connection. */
static int visit(struct peer *p)
{
	const char *a = p->address->text, *const texts[] = {a, p->hex, p->number};
	char line[512], body[256], more[64];
	int fd = connect_from(p);

	sprintf(line, "GET /hm?p=%s&x=1&y=1&w=800&ip=%s&cip=%s&uid=%s&n=%s", p->page, a, a, p->hex,
		p->number);
	request(p, fd, line, "", "");
	for (int i = 0; i < 3; i++) {
		sprintf(line, "GET /hm?p=/visitor/%s/cart&x=%d&y=1&w=800", texts[i], i);
		request(p, fd, line, "", "");
		sprintf(line, "GET /hm?x=1&y=1&w=800&p=https%%3A%%2F%%2Fs.example%%2F%s%%2Fb",
			texts[i]);
		request(p, fd, line, "", "");
		sprintf(line, "GET /visitor/%s?ip=%s", texts[i], texts[i]);
		request(p, fd, line, "", "");
	}
	sprintf(body, "{\"ip\":\"%s\",\"n\":%s}", a, p->number);
	sprintf(more, "Content-Length: %zu\r\n", strlen(body));
	sprintf(line, "POST /hm?p=%s&x=2&y=2&w=800", p->page);
	request(p, fd, line, more, body);
	request(p, fd, line, "DNT: 1\r\nContent-Length: 0\r\n", "");
	proxied(p);
	sprintf(line, "GET /hm?p=%s&ip=%s HTTP/1.1\r\nX-Forwarded-For: %s, %s", p->page, a, a, a);
	send_all(fd, line, strlen(line));
	return fd;
}

static int send_from_all(char *const *args)
{
	static struct address list[ADDRESSES_MAX];
	struct peer p = {.server = {args[0], args[1]}, .port = atoi(args[2]), .page = args[3]};
	int n = read_addresses(stdin, list);

	for (int i = 0; i < n; i++) {
		bool six = list[i].family == AF_INET6;
		uint64_t number = 0;

		p.address = &list[i];
		for (int j = 0; j < (six ? 16 : 4); j++) {
			sprintf(p.hex + 2 * j, "%02x", list[i].bytes[j]);
			number = number << 8 | list[i].bytes[j];
		}
		sprintf(p.number, "%" PRIu64, number);
		visit(&p); /* its connection stays open */
	}
	printf("%u\n", p.requests);
	fflush(stdout);
	while (getchar() != EOF)
		;
	return n ? 0 : 1;
}

static void write_out(const void *bytes, size_t n)
{
	if (fwrite(bytes, 1, n, stdout) != n)
		die("write");
}

/* Every key and value of a map. */
static void write_map(int fd)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	char *key, *value;
	const char *before = NULL;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		die("map");
	key = calloc(1, info.key_size);
	value = calloc(libbpf_num_possible_cpus(), info.value_size + 8);
	write_out(info.name, strlen(info.name));
	while (!bpf_map_get_next_key(fd, before, key)) {
		size_t n = (info.value_size + 7) / 8 * 8;

		if (info.type == BPF_MAP_TYPE_PERCPU_ARRAY)
			n *= libbpf_num_possible_cpus();
		if (!bpf_map_lookup_elem(fd, key, value)) {
			write_out(key, info.key_size);
			write_out(value, n);
		}
		before = key;
	}
	free(key);
	free(value);
}

static int open_pin(const char *folder, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return bpf_obj_get(path);
}

/* All that is pinned, and what else the program uses. */
static int maps(const char *folder)
{
	DIR *dir = opendir(folder);
	struct bpf_prog_info program = {0};
	__u32 ids[64], size = sizeof(program);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "prog") != 0 &&
		    strcmp(entry->d_name, "link") != 0)
			write_map(open_pin(folder, entry->d_name));
	program.nr_map_ids = 64;
	program.map_ids = (__u64)(unsigned long)ids;
	if (!dir || bpf_obj_get_info_by_fd(open_pin(folder, "prog"), &program, &size))
		die(folder);
	for (__u32 i = 0; i < program.nr_map_ids; i++)
		write_map(bpf_map_get_fd_by_id(ids[i]));
	return 0;
}

/* What is stored on the sockets of a process; returns on how many. */
static int write_storage(int map, pid_t pid, size_t value_size)
{
	char *value = calloc(1, value_size);
	int process = syscall(SYS_pidfd_open, pid, 0), found = 0;

	for (int i = 0; i < 1024; i++) {
		int fd = syscall(SYS_pidfd_getfd, process, i, 0);

		if (fd < 0)
			continue;
		if (!bpf_map_lookup_elem(map, &fd, value)) {
			write_out(value, value_size);
			found++;
		}
		close(fd);
	}
	close(process);
	free(value);
	return found;
}

static int storage(const char *folder, char *const *pids)
{
	int map = open_pin(folder, "connections"), found = 0;
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);

	if (map < 0 || bpf_obj_get_info_by_fd(map, &info, &size))
		die("connections");
	for (; *pids; pids++)
		found += write_storage(map, atoi(*pids), info.value_size);
	fprintf(stderr, "%d\n", found);
	return 0;
}

static int memory(const char *pid)
{
	char path[64], line[512], *bytes = malloc(1 << 20);
	unsigned long from, to;
	FILE *list;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	fd = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	list = fopen(path, "r");
	if (fd < 0 || !list)
		die(path);
	while (fgets(line, sizeof(line), list)) {
		if (sscanf(line, "%lx-%lx r", &from, &to) != 2 || strstr(line, "[vv"))
			continue;
		while (from < to) {
			size_t n = to - from < 1 << 20 ? to - from : 1 << 20;
			ssize_t got = pread(fd, bytes, n, from);

			if (got <= 0)
				break;
			write_out(bytes, got);
			from += got;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (!strcmp(what, "pick"))
		return pick(atoi(argv[2]), argv + 3);
	if (!strcmp(what, "send") && argc == 6)
		return send_from_all(argv + 2);
	if (!strcmp(what, "maps"))
		return maps(argv[2]);
	if (!strcmp(what, "storage"))
		return storage(argv[2], argv + 3);
	if (!strcmp(what, "memory"))
		return memory(argv[2]);
	if (!strcmp(what, "search"))
		return search(argv[2], argv + 3);
	if (!strcmp(what, "find"))
		return find(argv[2], argv + 3);
	fputs("canary: see the file's beginning for what it does\n", stderr);
	return 2;
}
