/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The client's side of the control socket (see control.h). It waits for answers. */
#ifndef AGENT_CONTROL_CLIENT_H
#define AGENT_CONTROL_CLIENT_H

#include <stddef.h>

#include "base/error.h"

#define CLIENT_RUN "/run/blindcount" /* where RUN is, unless someone says otherwise */

struct client;

/*
 * Connect to the agent whose folder is `run`. Returns 0, or negative errno with
 * a message that says what to do if no agent listens there.
 */
int client_open(struct client **out, const char *run, struct error *e);

/* Send a line, given without its newline, which it must not hold. */
int client_send(struct client *client, const char *line, size_t length, struct error *e);

/*
 * The next line of the answer. Returns 1 with a data line, which stays good until
 * the next call; 0 at `ok`; -EREMOTEIO with the agent's message at `error: `; or
 * another negative errno with a message if the connection failed.
 */
int client_next(struct client *client, const char **line, struct error *e);

/* NULL is fine. */
void client_close(struct client *client);

#endif
