#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Beacons byte by byte, with client and server on different processors and a server that is busy
# in its socket, so that TCP falls behind what the program sees: exact, and no gap.
#
# A processor waits for what another one has not brought yet, but only for some microseconds; a
# virtual one may stand still for as long as its host likes. Then a segment is taken for early: its
# request may end as undecided, and what follows on the connection unseen. What is lost so is sent
# again: in one of a few tries no processor stands still.
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

early() { stat 'blindcount_stream_total{event="early"}'; }

# send WHAT ADDRESS SIDE PARTS: pinned to the first processor.
send() {
	local before waited n
	for _ in {1..20}; do
		before=$(settled)
		waited=$(early)
		is "answered, $1" "$BEACONS" "$("$3" timeout 120 taskset -c 0 \
			"$ROOT/build/tests/e2e/beacons" "$2" $PORT "$BEACONS" "$4" 8)"
		SENT=$((SENT + BEACONS))
		n=$(($(settled) - before))
		holds "none twice" [ "$n" -le "$BEACONS" ]
		if [ "$n" -ge "$BEACONS" ] || [ "$(early)" = "$waited" ]; then
			break
		fi
		LOST=$((LOST + BEACONS - n))
		echo "       $n counted or undecided; once more, since a processor stood still"
	done
	is "counted or undecided" "$BEACONS" "$n"
}

SENT=0
LOST=0
ground_up 1
reader_up
agent_up
for parts in 0 1 5; do
	send "$parts parts, IPv4" $SERVER4 client $parts
	send "$parts parts, IPv6" $SERVER6 client $parts
	send "$parts parts, loopback" 127.0.0.1 neighbour $parts
done
is "seen" $((SENT - LOST)) "$(stat blindcount_seen_total)"
GAPS=$(stat 'blindcount_stream_total{event="gap"}')
holds "gaps: $GAPS" [ "$GAPS" -le "$UNDECIDED" ]
EARLY=$(early)
holds "undecided: at most one for each of $EARLY segments that came early" \
	[ "$(outcome undecided)" -le $((UNDECIDED + EARLY)) ]
agent_down
is "status of the agent" 0 $?
verdict
