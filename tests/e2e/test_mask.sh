#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# --mask-peer: nginx and Node.js see 0.0.0.0 or :: for every visitor; without it the addresses;
# connections that the app makes itself show their peer either way.
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"

VISITORS=3
OTHER_PORT=8090
export LC_ALL=C

# One request from each visitor of each family.
visit() {
	local n
	for n in $(seq $VISITORS); do
		client curl -s --interface "$(client4 "$n")" "http://$SERVER4:$PORT/hm"
		client curl -s --interface "$(client6 "$n")" "http://[$SERVER6]:$PORT/hm"
	done
}

# Lines in order, as one.
sorted() {
	sort | tr '\n' ' '
}

# The peers that nginx logs.
nginx_peers() {
	local log=$GROUND_DIR/nginx/peers.log
	rm -f "$log"
	nginx_up "access_log $log combined;"
	visit
	nginx_down
	awk '{ print $1 }' "$log" | sorted
}

# The peers that Node.js logs on a dual-stack socket; that of a connection of its own, to nginx,
# goes to a file.
node_peers() {
	local lines node peer
	PORT=$OTHER_PORT nginx_up
	exec {lines}< <(ground_exec app s node "$ROOT/tests/e2e/peers.js" $PORT $OTHER_PORT)
	node=$!
	read -r peer <&"$lines"
	[ "$peer" = ready ] || die "node did not start"
	visit
	for _ in $(seq $((2 * VISITORS))); do
		read -r peer <&"$lines"
		echo "$peer"
	done | sorted
	neighbour curl -s "http://127.0.0.1:$PORT/out" >"$GROUND_DIR/outgoing"
	kill "$node"
	nginx_down
}

# What the visitors' addresses are: to nginx, and on a dual-stack socket.
real_peers() {
	local mapped=${1:-} n
	for n in $(seq $VISITORS); do
		echo "$mapped$(client4 "$n")"
		client6 "$n"
	done | sorted
}

# The given words, once for each visitor.
masked_peers() {
	for _ in $(seq $VISITORS); do
		printf '%s\n' "$@"
	done | sorted
}

ground_up $VISITORS

agent_up
is "nginx, not masked" "$(real_peers)" "$(nginx_peers)"
is "Node.js, not masked" "$(real_peers ::ffff:)" "$(node_peers)"
agent_down

agent_up --mask-peer
is "nginx, masked" "$(masked_peers 0.0.0.0 ::)" "$(nginx_peers)"
is "Node.js, masked" "$(masked_peers :: ::)" "$(node_peers)"
is "Node.js, a connection of its own" "127.0.0.1:$OTHER_PORT" "$(cat "$GROUND_DIR/outgoing")"
agent_down USR1
is "nginx, masked while no agent runs" "$(masked_peers 0.0.0.0 ::)" "$(nginx_peers)"
agent_up --mask-peer
is "nginx, masked by a successor" "$(masked_peers 0.0.0.0 ::)" "$(nginx_peers)"
agent_down USR1
agent_up
is "nginx, a successor without --mask-peer" "$(real_peers)" "$(nginx_peers)"
agent_down USR1
agent_up --mask-peer
holds "the agent stops" agent_down
is "nginx, all stopped" "$(real_peers)" "$(nginx_peers)"

agent_up --mask-peer
is "nginx, masked again" "$(masked_peers 0.0.0.0 ::)" "$(nginx_peers)"
mv "$GROUND_DIR/data" "$GROUND_DIR/moved"
agent_down
is "status of an agent that can't write its counts" 1 $?
is "nginx, not masked then either" "$(real_peers)" "$(nginx_peers)"
verdict
