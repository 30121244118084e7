// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The client's side of the control socket. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/client.h"
#include "control/control.h"

struct client {
	int fd;
	FILE *answers; /* owns fd */
	char *line;
	size_t size; /* of line */
};

static int connect_error(const char *path, int err, struct error *e)
{
	if (err == ENOENT || err == ECONNREFUSED)
		return error_set(e, err,
				 "no agent listens at %s: start one with 'blindcount run', or name "
				 "its folder with --run",
				 path);
	if (err == EACCES)
		return error_set(e, err,
				 "no permission to talk to the agent at %s: be root or in the "
				 "socket's group",
				 path);
	return error_set(e, err, "cannot connect to %s: %s", path, strerror(err));
}

static int connect_to(int fd, const char *run, struct error *e)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = sizeof(address.sun_path);

	if ((size_t)snprintf(address.sun_path, size, "%s/" CONTROL_SOCKET, run) >= size)
		return error_set(e, ENAMETOOLONG, "folder %.160s: the path is too long", run);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return connect_error(address.sun_path, errno, e);
	return 0;
}

int client_open(struct client **out, const char *run, struct error *e)
{
	struct client *client = calloc(1, sizeof(*client));
	int err = 0;

	if (!client)
		return error_set(e, ENOMEM, "out of memory");
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		err = error_set(e, errno, "cannot make a socket: %s", strerror(errno));
	else
		err = connect_to(client->fd, run, e);
	if (!err && !(client->answers = fdopen(client->fd, "r")))
		err = error_set(e, ENOMEM, "out of memory");
	if (err)
		client_close(client);
	else
		*out = client;
	return err;
}

int client_send(struct client *client, const char *line, size_t length, struct error *e)
{
	struct iovec parts[] = {{(void *)line, length}, {"\n", 1}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	while (parts[1].iov_len) {
		ssize_t n = sendmsg(client->fd, &message, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		/* An agent that has no room for us has said so before it hung up. */
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 0;
		if (n < 0)
			return error_set(e, errno, "cannot send to the agent: %s", strerror(errno));
		for (int i = 0; i < 2; i++) {
			size_t part = (size_t)n < parts[i].iov_len ? (size_t)n : parts[i].iov_len;

			parts[i].iov_base = (char *)parts[i].iov_base + part;
			parts[i].iov_len -= part;
			n -= part;
		}
	}
	return 0;
}

int client_next(struct client *client, const char **line, struct error *e)
{
	static const char error[] = "error: ";
	ssize_t n = getline(&client->line, &client->size, client->answers);

	if (n <= 0 || client->line[n - 1] != '\n')
		return error_set(e, EPIPE,
				 "the agent ended the connection: see its log, and try again");
	client->line[n - 1] = '\0';
	if (!strcmp(client->line, "ok"))
		return 0;
	if (!strncmp(client->line, error, strlen(error)))
		return error_set(e, EREMOTEIO, "%s", client->line + strlen(error));
	*line = client->line + (client->line[0] == ' ');
	return 1;
}

void client_close(struct client *client)
{
	if (!client)
		return;
	if (client->answers)
		fclose(client->answers);
	else if (client->fd >= 0)
		close(client->fd);
	free(client->line);
	free(client);
}
