#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Deferred accept, as Apache listens by default: what a connection's first segment holds comes to the
# listening socket, and the connection may wait there for long. All that the app reads is counted, or
# told.
#   WAITING=N  connections that wait at a time (8000)
. "${0%/*}/ground.sh"

WAITING=${WAITING:-8000}
DEFERRED=$ROOT/build/tests/e2e/deferred

server_up() {
	coproc SERVER { app "$DEFERRED" serve $PORT; }
	read -r _ <&"${SERVER[0]}" || die "no server"
}

# wait_and_accept HOW COUNT [COMMAND …]: they send, all wait while the command runs, then they are
# accepted. HEADS and ANSWERED are what the server read and what the client got.
wait_and_accept() {
	local how=$1 count=$2
	shift 2
	rm -f "$GROUND_DIR/client"
	mkfifo "$GROUND_DIR/client"
	client timeout 200 "$DEFERRED" send "$TO" $PORT "$count" "$how" >"$GROUND_DIR/client" &
	exec 8<"$GROUND_DIR/client"
	read -r _ <&8 || die "the client gave up"
	"$@"
	echo "$count" >&"${SERVER[1]}"
	read -r HEADS <&"${SERVER[0]}" || die "the server gave up"
	read -r ANSWERED <&8 || die "the client gave up"
	exec 8<&-
}

# told HOW COUNT [COMMAND …]: each of them is counted, or at least undecided. COUNTED says how many.
told() {
	local counted undecided seen
	counted=$(outcome counted)
	undecided=$(outcome undecided)
	seen=$(stat blindcount_seen_total)
	wait_and_accept "$@"
	counted=$(($(outcome counted) - counted))
	undecided=$(($(outcome undecided) - undecided))
	is "heads that were read, $1" "$2" "$HEADS"
	is "seen" "$2" $(($(stat blindcount_seen_total) - seen))
	is "counted or undecided" "$2" $((counted + undecided))
	COUNTED=$counted
}

# all HOW COUNT [COMMAND …]: each of them is counted.
all() {
	told "$@"
	is "answered" "$2" "$ANSWERED"
	is "counted" "$2" "$COUNTED"
}

flush() { ctl flush >/dev/null || die "the agent did not flush"; }

ground_up 1
in_ns s sh -c 'for f in core/somaxconn ipv4/tcp_max_syn_backlog; do echo 16384 >/proc/sys/net/$f; done'
agent_up --min-count 1
server_up
for TO in $SERVER4 $SERVER6; do
	all whole 60
	all fin 60
	all method 65
	# Of a head that goes on behind its first segment no page's name is kept until then.
	told parts 130
	all whole 60 flush
done
TO=$SERVER4
all whole "$WAITING"
all fin "$WAITING" flush

# The client is gone before its connection is accepted; what it sent is read all the same.
told reset 60
is "seen = outcomes" "$(stat blindcount_seen_total)" "$(outcomes)"
agent_down
is "status of the agent" 0 $?
verdict
