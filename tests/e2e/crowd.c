// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * 50 clients that send random bytes, half lines and lines with a meaning to an agent's
 * socket: crowd RUN ROUNDS. Prints how many whole lines they sent; the status is 0
 * if each was answered once.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit/talker.h"

#define CROWD 50

static const char *const texts[] = {
	"ping\n",
	"ping\nping\nping\nping\n",
	"rules\n",
	"stats\noptions\n",
	"optout cookie crowd\nremove optout cookie crowd\n",
	"page (any) /crowd\nforget --exclude page (any) /crowd/*\n",
	"forget page (any)\n",
	"remove\n",
	"site \"\n",
	"optout cookie half",
	"\n",
};

static unsigned long sent;

static void give_up(const char *what)
{
	fprintf(stderr, "crowd: %s\n", what);
	exit(1);
}

static void talker_connect(struct talker *t, const char *run)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	memset(t, 0, sizeof(*t));
	snprintf(to.sun_path, sizeof(to.sun_path), "%s/control", run);
	t->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (t->fd < 0 || connect(t->fd, (struct sockaddr *)&to, sizeof(to)))
		give_up("cannot connect");
}

/* Wait for all answers that are due. */
static void talker_end(struct talker *t)
{
	struct pollfd answers = {.fd = t->fd, .events = POLLIN};

	while (t->answers < talker_expects(t)) {
		if (poll(&answers, 1, -1) < 0 || !talker_hear(t))
			give_up("a line was not answered");
	}
	talker_hear(t);
	if (t->answers != talker_expects(t))
		give_up("a line was answered twice");
	sent += t->lines;
	close(t->fd);
}

int main(int argc, char **argv)
{
	static struct talker crowd[CROWD];
	int rounds = argc == 3 ? atoi(argv[2]) : 0;

	if (rounds < 1)
		give_up("expected RUN ROUNDS");
	for (int i = 0; i < CROWD; i++)
		talker_connect(&crowd[i], argv[1]);
	for (int n = 0; n < rounds; n++) {
		struct talker *t = &crowd[random_number() % CROWD];

		talker_say(t, texts, sizeof(texts) / sizeof(texts[0]));
		if (random_number() % 4 && !talker_hear(&crowd[random_number() % CROWD]))
			give_up("a client was dropped");
		if (!(random_number() % 50)) {
			talker_end(t);
			talker_connect(t, argv[1]);
		} else if (!(random_number() % 50)) { /* gone without a word */
			close(t->fd);
			talker_connect(t, argv[1]);
		}
	}
	for (int i = 0; i < CROWD; i++)
		talker_end(&crowd[i]);
	printf("%lu\n", sent);
	return 0;
}
