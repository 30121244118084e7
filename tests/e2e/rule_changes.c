// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Adds a rule and takes it back, again and again, with requests that it is about in
 * between: rule_changes RUN ADDRESS PORT ROUNDS. Each round has pages of its own,
 * named after when their requests are sent:
 *   /under/…     whole, after the rule was answered `ok`: must not be counted
 *   /astride/…   begun before the rule was sent, ended after its `ok`: must not either
 *   /after/…     after its removal was answered `ok`: must be counted
 * Prints how many there were of each.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/client.h"

#define CONNECTIONS 4

static const struct {
	const char *rule; /* %s: the round's name */
	const char *query;
	const char *headers;
} kinds[] = {
	{"optout cookie storm", "", "Cookie: a=b; storm=1\r\n"},
	{"optout header X-Storm=1", "", "X-Storm: 1\r\n"},
	{"optout query storm=1", "&storm=1", ""},
	{"exclude page (any) /*/%s", "", ""},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct app {
	const char *address;
	int port;
	struct client *agent;
	int astride; /* the connection of requests in two pieces */
	int connection[CONNECTIONS];
	unsigned long sent[3];
};

enum moment {
	UNDER,
	ASTRIDE,
	AFTER
};

static const char *const moments[] = {"under", "astride", "after"};

static void give_up(const char *what)
{
	fprintf(stderr, "rule_changes: %s\n", what);
	exit(1);
}

static void tell(struct app *app, const char *format, const char *rule, const char *name)
{
	char line[256];
	const char *data;
	struct error e = {""};
	size_t n = (size_t)snprintf(line, sizeof(line), "%s", format);
	int r;

	snprintf(line + n, sizeof(line) - n, rule, name);
	r = client_send(app->agent, line, strlen(line), &e);
	while (!r && (r = client_next(app->agent, &data, &e)) > 0)
		r = 0;
	if (r)
		give_up(e.text);
}

static int connect_to(const struct app *app)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)app->port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (inet_pton(AF_INET, app->address, &to.sin_addr) != 1 || fd < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		give_up("cannot connect");
	return fd;
}

static void send_all(int fd, const char *text, size_t length)
{
	if (send(fd, text, length, MSG_NOSIGNAL) != (ssize_t)length)
		give_up("cannot send");
}

/* Until the answer is there, so that the request's head has ended. */
static void await(int fd)
{
	char text[1024];
	size_t length = 0;
	ssize_t n;

	do {
		n = recv(fd, text + length, sizeof(text) - 1 - length, 0);
		if (n <= 0)
			give_up("no answer");
		length += (size_t)n;
		text[length] = '\0';
	} while (!strstr(text, "\r\n\r\n"));
}

static size_t request(char *text, size_t size, size_t kind, enum moment moment, const char *name)
{
	return (size_t)snprintf(text, size,
				"GET /hm?p=/%s/%s&x=1%s HTTP/1.1\r\n%sHost: shop\r\n\r\n",
				moments[moment], name, kinds[kind].query, kinds[kind].headers);
}

/* The same request on all connections, and on a new one. */
static void send_whole(struct app *app, size_t kind, enum moment moment, const char *name)
{
	char text[256];
	size_t length = request(text, sizeof(text), kind, moment, name);
	int fresh = connect_to(app);

	send_all(fresh, text, length);
	for (int i = 0; i < CONNECTIONS; i++)
		send_all(app->connection[i], text, length);
	for (int i = 0; i < CONNECTIONS; i++)
		await(app->connection[i]);
	await(fresh);
	close(fresh);
	app->sent[moment] += CONNECTIONS + 1;
}

static void round_of(struct app *app, unsigned int n)
{
	char text[256], name[8] = {(char)('b' + n / 400 % 20), (char)('b' + n / 20 % 20),
				   (char)('b' + n % 20)};
	size_t kind = n % KINDS, length = request(text, sizeof(text), kind, ASTRIDE, name);
	size_t cut = sizeof("GET ") + n * 7 % (length - sizeof("GET "));

	send_all(app->astride, text, cut);
	tell(app, "", kinds[kind].rule, name);
	send_all(app->astride, text + cut, length - cut);
	send_whole(app, kind, UNDER, name);
	await(app->astride);
	app->sent[ASTRIDE]++;
	tell(app, "remove ", kinds[kind].rule, name);
	send_whole(app, kind, AFTER, name);
}

int main(int argc, char **argv)
{
	struct app app = {0};
	struct error e = {""};

	if (argc != 5)
		give_up("expected RUN ADDRESS PORT ROUNDS");
	app.address = argv[2];
	app.port = atoi(argv[3]);
	if (client_open(&app.agent, argv[1], &e))
		give_up(e.text);
	app.astride = connect_to(&app);
	for (int i = 0; i < CONNECTIONS; i++)
		app.connection[i] = connect_to(&app);
	for (int n = 0; n < atoi(argv[4]); n++)
		round_of(&app, (unsigned int)n);
	printf("%lu %lu %lu\n", app.sent[UNDER], app.sent[ASTRIDE], app.sent[AFTER]);
	client_close(app.agent);
	return 0;
}
