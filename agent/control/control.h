/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The control socket: a Unix stream socket at which clients send lines and get
 * each one answered, in order. This file knows sockets and framing; what a line
 * means is its handler's matter.
 *
 * Framing. A client sends lines, each ended by a newline, as many at once as it
 * likes. The answer to a line is any number of data lines, then either `ok` or
 * `error: what and where`. So that no data line is taken for the end, one that
 * is `ok` or begins with `error` or a blank is sent with one blank in front,
 * which the client takes off (see client.h).
 *
 * Bounds. A line longer than WORDS_LINE_MAX gets an error and is dropped, as is
 * one that holds a NUL; a line without its newline is dropped when the client
 * goes. A client is not read from while it has an answer to take, and is
 * dropped if it takes nothing of it for CONTROL_STALL seconds. One line of each
 * client is answered in turn, so that none keeps the others from theirs.
 */
#ifndef AGENT_CONTROL_CONTROL_H
#define AGENT_CONTROL_CONTROL_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

#define CONTROL_SOCKET "control" /* its name in RUN */
#define CONTROL_CLIENTS 64 /* at once; others get an error */
#define CONTROL_RESERVED 4 /* of them for root */
#define CONTROL_STALL 10 /* seconds */
#define CONTROL_PENDING_MAX (16 * 1024 * 1024) /* bytes of answers waiting, of all clients */

/* Who is at the other end, as the kernel says (SO_PEERCRED: at its connect()). */
struct control_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* 0: in a PID namespace that we can't see */
};

/* The answer that is being made. */
struct control_reply;

/*
 * Answers one line, given without its newline. Returns 0 for `ok`, or negative
 * errno with a message for `error: `. It must not keep `peer` or `line`, both of
 * which are wiped afterwards. What it must not do is wait for a client.
 */
typedef int control_handler(void *arg, const struct control_peer *peer, const char *line,
			    struct control_reply *reply, struct error *e);

struct control_options {
	const char *folder; /* RUN */
	uid_t owner; /* of the socket, and of the folder if it is made; -1: as it comes */
	gid_t group;
	unsigned int stall_ms; /* 0: CONTROL_STALL */
	control_handler *handler;
	void *arg;
};

struct control;

/*
 * Make the socket RUN/control (0660), and the folder (0750) if it is missing.
 * The folder is locked, so a socket that is there is a dead agent's and is
 * replaced. Returns 0, or negative errno with a message; -EWOULDBLOCK if
 * another agent uses the folder.
 */
int control_open(struct control **out, const struct control_options *options, struct error *e);

/* A descriptor that is readable when control_dispatch() has something to do. */
int control_fd(const struct control *control);

/* Do what is ready, a bounded amount of it, without waiting. */
void control_dispatch(struct control *control);

/* Drop the clients and remove the socket. NULL is fine. */
void control_close(struct control *control);

/*
 * Add a data line, without its newline. If the answer outgrows its bound, it
 * becomes an error instead, whatever the handler returns: only a line that
 * changes nothing should have a long answer.
 */
void control_data(struct control_reply *reply, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Add a text of many lines, the last with or without its newline. */
void control_text(struct control_reply *reply, const char *text, size_t length);

#endif
