// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Notifications to the service manager. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon/notify.h"

/* "/path", or "@name" for an abstract socket. Returns the address's size or -errno. */
static int address_of(const char *name, struct sockaddr_un *address)
{
	size_t length = strlen(name);

	if ((*name != '/' && *name != '@') || length < 2)
		return -EAFNOSUPPORT; /* vsock, of a virtual machine's manager */
	if (length >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, name, length);
	if (*name == '@')
		address->sun_path[0] = '\0';
	return offsetof(struct sockaddr_un, sun_path) + length + (*name == '/');
}

static int send_state(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	int fd, size, err = 0;

	if (!name)
		return 0;
	size = address_of(name, &address);
	if (size < 0)
		return size;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* A manager that is busy must not hold us up. */
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
		   (struct sockaddr *)&address, size) < 0)
		err = -errno;
	close(fd);
	return err ? err : 1;
}

static int send_status(const char *state, const char *status)
{
	char text[512];

	snprintf(text, sizeof(text), "%s%s%s", state, status ? "STATUS=" : "",
		 status ? status : "");
	return send_state(text);
}

int notify_ready(const char *status)
{
	return send_status("READY=1\n", status);
}

int notify_status(const char *status)
{
	return send_status("", status);
}

int notify_stopping(const char *status)
{
	return send_status("STOPPING=1\n", status);
}

int notify_reloading(void)
{
	struct timespec now;
	char text[64];

	/* The time tells this reload's READY=1 from an earlier one's. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		 now.tv_sec * 1000000LL + now.tv_nsec / 1000);
	return send_state(text);
}
