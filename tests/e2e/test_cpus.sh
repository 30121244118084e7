#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Beacons byte by byte, with client and server on different processors and a server that is busy
# in its socket, so that TCP falls behind what the program sees: exact, and no gap.
. "${0%/*}/ground.sh"

BEACONS=${BEACONS:-400}
UNDECIDED=${UNDECIDED:-0} # at most: an emulated processor may stand still amid a segment
LAST_CPU=$(($(nproc) - 1))

reader_up() {
	mkfifo "$GROUND_DIR/reader"
	app taskset -c $LAST_CPU "$ROOT/build/tests/e2e/byte_reader" $PORT >"$GROUND_DIR/reader" &
	read -r _ <"$GROUND_DIR/reader" || die "no server"
}

settled() { echo $(($(outcome counted) + $(outcome undecided))); }

# send WHAT ADDRESS SIDE PARTS: pinned to the first processor.
send() {
	local before
	before=$(settled)
	is "answered, $1" "$BEACONS" "$("$3" timeout 120 taskset -c 0 \
		"$ROOT/build/tests/e2e/beacons" "$2" $PORT "$BEACONS" "$4" 8)"
	is "counted or undecided" "$BEACONS" $(($(settled) - before))
}

ground_up 1
reader_up
agent_up
for parts in 0 1 5; do
	send "$parts parts, IPv4" $SERVER4 client $parts
	send "$parts parts, IPv6" $SERVER6 client $parts
	send "$parts parts, loopback" 127.0.0.1 neighbour $parts
done
is "seen" $((9 * BEACONS)) "$(stat blindcount_seen_total)"
is "gaps" 0 "$(stat 'blindcount_stream_total{event="gap"}')"
holds "undecided: at most $UNDECIDED" [ "$(outcome undecided)" -le "$UNDECIDED" ]
echo "       $(stat 'blindcount_stream_total{event="early"}') segments came early"
agent_down
is "status of the agent" 0 $?
verdict
