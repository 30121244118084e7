#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The same connections from different senders leave the same bytes in all maps and on all
# sockets: TCP peers made by hand, the same segments, other addresses, ports, hop limits and
# address-bearing texts. Each twin finds a fresh agent. Other requests leave other bytes.
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"

TWINS=$ROOT/build/tests/e2e/twins
CONNECTIONS=${CONNECTIONS:-400}

# Rules under which requests end in each way: those of the generator.
rules() {
	cat <<-'END'
	beacon /matomo.php preset=matomo
	optout query optout=1
	page (any) /product/*
	page (any) /about
	exclude page (any) /private/*
	END
}

# A fresh app and agent, a twin of the connections, and a dump into the file $3.
play() {
	local seed=$1 twin=$2 to=$GROUND_DIR/$3 server name expected
	: >"$GROUND_DIR/server"
	ground_exec app s "$TWINS" serve >"$GROUND_DIR/server" &
	server=$!
	while ! grep -q ready "$GROUND_DIR/server"; do
		kill -0 "$server" || die "the app does not start"
		sleep 0.01
	done
	agent_up --rules "$GROUND_DIR/rules" --flush 3600
	ctl flush >/dev/null # the agent's first one may be under way
	"$TWINS" begin "$GROUND_DIR/bpf/blindcount/live" || ground_fail
	neighbour "$TWINS" send tun0 $SERVER4 $SERVER6 "$seed" "$twin" \
		"$CONNECTIONS" >"$to.ends" || ground_fail
	while read -r name expected; do
		is "$3: $name" "$expected" "$(outcome "$name")"
	done <"$to.ends"
	"$TWINS" dump "$GROUND_DIR/bpf/blindcount/live" "$server" >"$to.unsorted" ||
		ground_fail
	sort "$to.unsorted" >"$to"
	agent_down
	kill "$server"
	wait "$server" 2>/dev/null
}

ground_up 1
rules >"$GROUND_DIR/rules"
in_ns s ip tuntap add mode tun tun0 || die "no TUN device can be made"
in_ns s ip -batch - <<-END || die "the TUN device cannot be set up"
	link set tun0 up
	route add 10.0.0.0/8 dev tun0
	route add fd00::/8 dev tun0
END
play 1 0 one
play 1 1 other
play 2 0 different
is "sockets in the dump" "$CONNECTIONS" "$(grep -c '^connections ' "$GROUND_DIR/one")"
holds "twins leave the same bytes" cmp "$GROUND_DIR/one" "$GROUND_DIR/other"
holds "other requests leave others" sh -c '! cmp -s "$1" "$2"' sh "$GROUND_DIR/one" \
	"$GROUND_DIR/different"
verdict
