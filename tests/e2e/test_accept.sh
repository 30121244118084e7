#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Data that come to the listening socket: deferred accept, fast open, a queue that overflows, and
# segments of connections that were never opened.
. "${0%/*}/ground.sh"

FORGED=100

beacons() { client timeout 120 "$ROOT/build/tests/e2e/beacons" $SERVER4 $PORT "$@"; }

# Set one of IPv4's settings in both namespaces.
setting() {
	for ns in s c; do
		in_ns $ns sh -c 'echo "$2" >"/proc/sys/net/ipv4/$1"' sh "$1" "$2"
	done
}

# nginx, with words added to `listen`.
listen() {
	nginx_config | sed "s/listen $PORT;/listen $PORT $1;/" >"$GROUND_DIR/nginx/conf"
	app nginx -c "$GROUND_DIR/nginx/conf" || die "nginx did not start"
}

# All that was sent is counted: WHAT SENT ANSWERED.
counted_all() {
	is "answered, $1" "$2" "$3"
	is "counted" "$2" $(($(outcome counted) - before))
	is "undecided" 0 "$(outcome undecided)"
	is "seen = counted" "$(stat blindcount_seen_total)" "$(outcome counted)"
	before=$(outcome counted)
}

# Extended TCP counters of the server's namespace.
tcp_counter() {
	in_ns s awk -v name="$1" '$1 == "TcpExt:" && !header { split($0, names); header = 1; next }
		$1 == "TcpExt:" { for (i in names) if (names[i] == name) print $i }' /proc/net/netstat
}

ground_up 1
agent_up --min-count 1
before=0
clients=()

listen deferred
counted_all "deferred accept" 2000 "$(beacons 2000 1 20)"
nginx_down

setting tcp_fastopen 3
listen fastopen=256
counted_all "fast open" 1000 "$(beacons 1000 1 1 1 fastopen)"
holds "most of them came in a SYN" [ "$(tcp_counter TCPFastOpenPassive)" -gt 900 ]
nginx_down

# Its workers stand still while clients connect and send: answers come once they go on.
setting tcp_syncookies 0
listen "backlog=4"
nginx_pid=$(cat "$GROUND_DIR/nginx/pid")
workers=$(pgrep -P "$nginx_pid")
# shellcheck disable=SC2086 # one word each
kill -STOP $workers
for n in $(seq 20); do
	beacons 10 1 2 "$n" >>"$GROUND_DIR/answered" &
	clients+=($!)
done
until [ "$(tcp_counter ListenOverflows)" -gt 20 ]; do sleep 0.1; done
# shellcheck disable=SC2086
kill -CONT $workers
wait "${clients[@]}"
counted_all "overflowing queue" 200 "$(awk '{ sum += $1 } END { print sum }' "$GROUND_DIR/answered")"

client "$ROOT/build/tests/e2e/forge" $SERVER4 $PORT $FORGED || die "nothing was forged"
counted_all "after $FORGED forged segments" 20 "$(beacons 20 1 2)"
agent_down
is "forged beacons on disk" 0 "$(exported '$3 == "/forged"')"
verdict
