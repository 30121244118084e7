// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The control socket. What clients send and get may name pages that are to be
 * forgotten, so no buffer is given back before it has been wiped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control/control.h"
#include "base/lock.h"
#include "rules/words.h"

#define LINES_MAX (4 * (WORDS_LINE_MAX + 1)) /* bytes of a client's lines read ahead */
#define TICK_MS 1000 /* stalled clients are looked for this often */
#define EVENTS 16 /* handled in one go, so that the caller's loop gets its turn */

/* Bytes still to be written. */
struct control_reply {
	char *text;
	size_t length, capacity;
	size_t limit; /* for `length` */
	int error;
};

struct client {
	int fd; /* -1: free */
	struct control_peer peer;
	bool ended; /* it sends no more */
	bool dropping; /* the rest of a line that was too long */
	unsigned int events; /* of epoll that we wait for */
	long long stalls_at; /* ms; it must have taken something by then */
	struct control_reply reply;
	size_t sent; /* of the reply */
	size_t length; /* of lines */
	char lines[LINES_MAX];
};

struct control {
	struct control_options options;
	struct sockaddr_un address;
	int folder, lock, listener, timer, epoll;
	bool listening; /* for clients; not while there are no descriptors */
	bool ticking; /* the timer is set */
	size_t pending; /* bytes that all clients have yet to take */
	struct client clients[CONTROL_CLIENTS];
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* --- answers --- */

static void reply_free(struct control_reply *reply)
{
	if (reply->text)
		explicit_bzero(reply->text, reply->capacity);
	free(reply->text);
	memset(reply, 0, sizeof(*reply));
}

/* Room for n more bytes; realloc() would leave a copy of the old ones behind. */
static int reply_reserve(struct control_reply *reply, size_t n)
{
	size_t capacity = reply->capacity ? reply->capacity : 256;
	struct control_reply larger = *reply;

	while (capacity - reply->length < n)
		capacity *= 2;
	if (capacity == reply->capacity)
		return 0;
	larger.text = malloc(capacity);
	if (!larger.text)
		return -ENOMEM;
	larger.capacity = capacity;
	if (reply->length)
		memcpy(larger.text, reply->text, reply->length);
	reply_free(reply);
	*reply = larger;
	return 0;
}

/* Add bytes; those of data lines only up to the limit. */
static int reply_add(struct control_reply *reply, const char *text, size_t n, bool limited)
{
	int err;

	if (limited && (reply->length > reply->limit || n > reply->limit - reply->length))
		return -ENOBUFS;
	err = reply_reserve(reply, n);
	if (err)
		return err;
	memcpy(reply->text + reply->length, text, n);
	reply->length += n;
	return 0;
}

static bool looks_like_end(const char *line, size_t length)
{
	return (length == 2 && !memcmp(line, "ok", 2)) ||
	       (length >= 5 && !memcmp(line, "error", 5)) || (length && *line == ' ');
}

void control_text(struct control_reply *reply, const char *text, size_t length)
{
	const char *end = text + length;

	while (text < end && !reply->error) {
		const char *newline = memchr(text, '\n', end - text);
		size_t n = (newline ? newline : end) - text;

		if (looks_like_end(text, n))
			reply->error = reply_add(reply, " ", 1, true);
		if (!reply->error)
			reply->error = reply_add(reply, text, n, true);
		if (!reply->error)
			reply->error = reply_add(reply, "\n", 1, true);
		text += n + 1;
	}
}

void control_data(struct control_reply *reply, const char *format, ...)
{
	char line[2 * WORDS_LINE_MAX];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(line))
		reply->error = reply->error ? reply->error : -ENOBUFS;
	else if (n)
		control_text(reply, line, n);
	else
		control_text(reply, "\n", 1);
	explicit_bzero(line, sizeof(line));
}

/* --- clients --- */

static bool has_line(const struct client *c)
{
	return memchr(c->lines, '\n', c->length) || c->length > WORDS_LINE_MAX + 1;
}

static bool is_writing(const struct client *c)
{
	return c->reply.length;
}

static void client_close(struct control *control, struct client *c)
{
	control->pending -= c->reply.length - c->sent;
	close(c->fd);
	reply_free(&c->reply);
	explicit_bzero(c, sizeof(*c));
	c->fd = -1;
}

static void timer_arm(struct control *control)
{
	unsigned int ms = TICK_MS;
	struct itimerspec at = {0};

	if (control->ticking)
		return;
	if (control->options.stall_ms < ms)
		ms = control->options.stall_ms;
	at.it_value.tv_sec = ms / 1000;
	at.it_value.tv_nsec = ms % 1000 * 1000000L;
	control->ticking = !timerfd_settime(control->timer, 0, &at, NULL);
}

static void client_took(struct control *control, struct client *c)
{
	c->stalls_at = now_ms() + control->options.stall_ms;
}

/*
 * Write what the client takes. Returns 0, also if it takes no more for now, or
 * has gone: the lines that it sent before still count.
 */
static int client_write(struct control *control, struct client *c)
{
	struct control_reply *reply = &c->reply;

	while (c->sent < reply->length) {
		ssize_t n = send(c->fd, reply->text + c->sent, reply->length - c->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			n = reply->length - c->sent;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		c->sent += n;
		control->pending -= n;
		client_took(control, c);
	}
	reply_free(reply);
	c->sent = 0;
	return 0;
}

/* End the answer: `ok`, or the error. */
static int reply_end(struct control_reply *reply, int result, const struct error *e)
{
	char line[sizeof(e->text) + 16];
	int n;

	if (!result)
		return reply_add(reply, "ok\n", 3, false);
	n = snprintf(line, sizeof(line), "error: %s", e->text[0] ? e->text : strerror(-result));
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	result = reply_add(reply, line, n, false);
	explicit_bzero(line, sizeof(line));
	return result;
}

static int answer(struct control *control, struct client *c, size_t length)
{
	struct error e = {""};
	int result;

	if (length > WORDS_LINE_MAX + 1)
		result = error_set(&e, EMSGSIZE, "line too long: expected at most %d bytes",
				   WORDS_LINE_MAX);
	else if (memchr(c->lines, '\0', length))
		result = error_set(&e, EINVAL, "control character 0x00: expected text");
	else
		result = control->options.handler(control->options.arg, &c->peer, c->lines,
						  &c->reply, &e);
	if (c->reply.error) {
		reply_free(&c->reply);
		e.text[0] = '\0';
		result = error_set(&e, ENOBUFS, "the answer is too long: try again later");
	}
	result = reply_end(&c->reply, result, &e);
	explicit_bzero(&e, sizeof(e));
	return result;
}

/* Take n bytes off the lines, and leave no copy of them. */
static void lines_drop(struct client *c, size_t n)
{
	memmove(c->lines, c->lines + n, c->length - n);
	explicit_bzero(c->lines + c->length - n, n);
	c->length -= n;
}

/* Drop the rest of a line that was too long. */
static void lines_drop_rest(struct client *c)
{
	char *newline = memchr(c->lines, '\n', c->length);

	lines_drop(c, newline ? (size_t)(newline - c->lines) + 1 : c->length);
	c->dropping = !newline;
}

/* Answer one line, if there is one. */
static int client_line(struct control *control, struct client *c)
{
	char *newline = memchr(c->lines, '\n', c->length);
	size_t length = newline ? (size_t)(newline - c->lines) : c->length;
	int err;

	if (!has_line(c))
		return 0;
	if (newline)
		*newline = '\0';
	if (control->pending < CONTROL_PENDING_MAX)
		c->reply.limit = CONTROL_PENDING_MAX - control->pending;
	err = answer(control, c, length);
	if (newline)
		*newline = '\n';
	if (length > WORDS_LINE_MAX + 1)
		lines_drop_rest(c);
	else
		lines_drop(c, length + 1);
	if (err) {
		reply_free(&c->reply); /* it was never among the pending ones */
		return err;
	}
	control->pending += c->reply.length;
	client_took(control, c);
	return client_write(control, c);
}

static int client_read(struct client *c)
{
	ssize_t n = recv(c->fd, c->lines + c->length, sizeof(c->lines) - c->length, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!n)
		c->ended = true;
	c->length += n;
	if (c->dropping)
		lines_drop_rest(c);
	return 0;
}

/*
 * Wait for room to write while there is something to say, also if it is the
 * answer to a line that has been read already; else for lines.
 */
static int client_wait(struct control *control, struct client *c)
{
	unsigned int events = is_writing(c) || has_line(c) ? EPOLLOUT : EPOLLIN;
	struct epoll_event event = {.events = events, .data.ptr = c};

	if (is_writing(c))
		timer_arm(control);
	if (events == EPOLLIN && c->ended)
		return -ECONNRESET; /* all is said */
	if (events == c->events)
		return 0;
	c->events = events;
	return epoll_ctl(control->epoll, EPOLL_CTL_MOD, c->fd, &event) ? -errno : 0;
}

static void client_dispatch(struct control *control, struct client *c)
{
	int err = 0;

	if (is_writing(c))
		err = client_write(control, c);
	else if (!has_line(c))
		err = client_read(c);
	if (!err && !is_writing(c))
		err = client_line(control, c);
	if (!err)
		err = client_wait(control, c);
	if (err)
		client_close(control, c);
}

/* --- the listening socket --- */

static void listener_wait(struct control *control, bool on)
{
	struct epoll_event event = {.events = on ? EPOLLIN : 0, .data.ptr = &control->listener};

	epoll_ctl(control->epoll, EPOLL_CTL_MOD, control->listener, &event);
	control->listening = on;
	if (!on)
		timer_arm(control);
}

static int peer_of(int fd, struct control_peer *peer)
{
	socklen_t size = sizeof(struct ucred);
	struct ucred cred;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size))
		return -errno;
	*peer = (struct control_peer){.uid = cred.uid, .gid = cred.gid, .pid = cred.pid};
	return 0;
}

/* A place for a client, or NULL: whoever fills them, root is not locked out. */
static struct client *client_free(struct control *control, const struct control_peer *peer)
{
	size_t places = peer->uid ? CONTROL_CLIENTS - CONTROL_RESERVED : CONTROL_CLIENTS;

	for (size_t i = 0; i < places; i++)
		if (control->clients[i].fd < 0)
			return &control->clients[i];
	return NULL;
}

static int client_open(struct control *control, struct client *c, int fd,
		       const struct control_peer *peer)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};

	if (epoll_ctl(control->epoll, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	c->fd = fd;
	c->events = EPOLLIN;
	c->peer = *peer;
	return 0;
}

static void accept_client(struct control *control)
{
	static const char full[] = "error: too many clients: try again later\n";
	int fd = accept4(control->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct control_peer peer;
	struct client *c;

	if (fd < 0) {
		/* Out of descriptors or memory: the socket would stay readable. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			listener_wait(control, false);
		return;
	}
	if (peer_of(fd, &peer)) {
		close(fd);
		return;
	}
	c = client_free(control, &peer);
	if (c && !client_open(control, c, fd, &peer))
		return;
	if (!c && send(fd, full, strlen(full), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		c = NULL; /* it is told so by the end of the connection, then */
	close(fd);
}

static void tick(struct control *control)
{
	long long now = now_ms();
	bool writing = false;
	uint64_t ticks;

	if (read(control->timer, &ticks, sizeof(ticks)) < 0)
		return;
	control->ticking = false;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *c = &control->clients[i];

		if (c->fd < 0 || !is_writing(c))
			continue;
		if (c->stalls_at <= now)
			client_close(control, c);
		else
			writing = true;
	}
	if (writing)
		timer_arm(control);
	if (!control->listening)
		listener_wait(control, true);
}

int control_fd(const struct control *control)
{
	return control->epoll;
}

void control_dispatch(struct control *control)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(control->epoll, events, EVENTS, 0);
	bool ticked = false, knocked = false;

	for (int i = 0; i < n; i++) {
		void *what = events[i].data.ptr;

		if (what == &control->timer)
			ticked = true;
		else if (what == &control->listener)
			knocked = true;
		else
			client_dispatch(control, what);
	}
	/* Last, so that no event above is taken for one of a client that came after it. */
	if (ticked)
		tick(control);
	if (knocked)
		accept_client(control);
}

/* --- opening and closing --- */

static int open_folder(struct control *control, struct error *e)
{
	const struct control_options *o = &control->options;
	bool made = !mkdir(o->folder, 0750);

	if (!made && errno != EEXIST)
		return error_set(e, errno, "cannot make folder %.160s: %s", o->folder,
				 strerror(errno));
	control->folder = open(o->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (control->folder < 0)
		return error_set(e, errno, "cannot open folder %.160s: %s", o->folder,
				 strerror(errno));
	/* The umask may have taken bits away. */
	if (made && (fchmod(control->folder, 0750) || fchown(control->folder, o->owner, o->group)))
		return error_set(e, errno, "cannot give away folder %.160s: %s", o->folder,
				 strerror(errno));
	control->lock = lock_folder(control->folder, o->folder, e);
	return control->lock < 0 ? control->lock : 0;
}

static int remove_dead(struct control *control, struct error *e)
{
	struct stat st;

	if (!fstatat(control->folder, CONTROL_SOCKET, &st, AT_SYMLINK_NOFOLLOW) &&
	    !S_ISSOCK(st.st_mode))
		return error_set(e, EEXIST, "%s is there and is no socket: remove it",
				 control->address.sun_path);
	if (unlinkat(control->folder, CONTROL_SOCKET, 0) && errno != ENOENT)
		return error_set(e, errno, "cannot remove the old socket %s: %s",
				 control->address.sun_path, strerror(errno));
	return 0;
}

/*
 * The mode comes from the umask: chmod() would follow what the folder's owner, who is not
 * who runs here, might put in the socket's place.
 */
static int bind_private(const struct control *control)
{
	mode_t before = umask(0777 & ~0660);
	int r = bind(control->listener, (struct sockaddr *)&control->address,
		     sizeof(control->address));

	umask(before);
	return r;
}

/* Nobody can connect before listen(), when owner and mode are right. */
static int open_listener(struct control *control, struct error *e)
{
	const char *path = control->address.sun_path;
	const struct control_options *o = &control->options;
	int err = remove_dead(control, e);

	if (err)
		return err;
	control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (control->listener < 0 || bind_private(control))
		return error_set(e, errno, "cannot make socket %s: %s", path, strerror(errno));
	if (fchownat(control->folder, CONTROL_SOCKET, o->owner, o->group, AT_SYMLINK_NOFOLLOW) ||
	    listen(control->listener, CONTROL_CLIENTS))
		err = error_set(e, errno, "cannot open socket %s: %s", path, strerror(errno));
	if (err)
		unlinkat(control->folder, CONTROL_SOCKET, 0);
	return err;
}

static int open_epoll(struct control *control, struct error *e)
{
	struct epoll_event listener = {.events = EPOLLIN, .data.ptr = &control->listener};
	struct epoll_event timer = {.events = EPOLLIN, .data.ptr = &control->timer};

	control->epoll = epoll_create1(EPOLL_CLOEXEC);
	control->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (control->epoll < 0 || control->timer < 0 ||
	    epoll_ctl(control->epoll, EPOLL_CTL_ADD, control->listener, &listener) ||
	    epoll_ctl(control->epoll, EPOLL_CTL_ADD, control->timer, &timer))
		return error_set(e, errno, "cannot wait for clients: %s", strerror(errno));
	control->listening = true;
	return 0;
}

int control_open(struct control **out, const struct control_options *options, struct error *e)
{
	struct control *control = calloc(1, sizeof(*control));
	char *path;
	int err;

	if (!control)
		return error_set(e, ENOMEM, "out of memory");
	control->options = *options;
	if (!options->stall_ms)
		control->options.stall_ms = CONTROL_STALL * 1000;
	control->folder = control->lock = control->listener = control->timer = control->epoll = -1;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		control->clients[i].fd = -1;
	control->address.sun_family = AF_UNIX;
	path = control->address.sun_path;
	if ((size_t)snprintf(path, sizeof(control->address.sun_path), "%s/" CONTROL_SOCKET,
			     options->folder) >= sizeof(control->address.sun_path)) {
		free(control);
		return error_set(e, ENAMETOOLONG,
				 "folder %.160s: expected a path of at most %zu bytes, for a "
				 "socket must fit in",
				 options->folder,
				 sizeof(control->address.sun_path) - sizeof("/" CONTROL_SOCKET));
	}
	err = open_folder(control, e);
	if (!err)
		err = open_listener(control, e);
	if (!err)
		err = open_epoll(control, e);
	if (err)
		control_close(control);
	else
		*out = control;
	return err;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void control_close(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i].fd >= 0)
			client_close(control, &control->clients[i]);
	/* Only what is ours: open_listener() failed before it had the lock, or has cleaned up. */
	if (control->epoll >= 0)
		unlinkat(control->folder, CONTROL_SOCKET, 0);
	close_if_open(control->epoll);
	close_if_open(control->timer);
	close_if_open(control->listener);
	close_if_open(control->lock);
	close_if_open(control->folder);
	free(control);
}
