#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Over a link that drops, doubles and reorders 0.1, 1 and 5 % of the packets each, beacons in one
# segment are counted exactly, and split ones are counted or undecided, never twice; how many of
# these are is told.
#   BEACONS=N   in one segment (20000), half as many in two and in three
#   SEED=N      of the link and the cuts
. "${0%/*}/ground.sh"

BEACONS=${BEACONS:-20000}
SEED=${SEED:-$RANDOM}
LINK_PID=
ROUGH_SERVER=203.0.113.1
ROUGH_CLIENT=203.0.113.2

# rough_link_up PERCENT: in the place of the one before.
rough_link_up() {
	local link=$GROUND_DIR/link ns
	rm -f "$link"
	mkfifo "$link"
	ground_exec app s "$ROOT/build/tests/e2e/rough_link" "/run/netns/$GROUND-c" "/run/netns/$GROUND-s" \
		"$1" "$SEED" >"$link" &
	LINK_PID=$!
	read -r _ <"$link" || die "no rough link"
	in_ns c ip addr add $ROUGH_CLIENT/24 dev rough0
	in_ns s ip addr add $ROUGH_SERVER/24 dev rough0
	# What a full queue loses would come on top.
	for ns in c s; do
		in_ns $ns ip link set rough0 txqueuelen 10000 up
	done
}

# Its devices go with it.
rough_link_down() {
	kill "$LINK_PID"
	wait "$LINK_PID" 2>/dev/null
}

# send PARTS COUNT: send beacons and leave the rise of the totals in variables.
send() {
	local parts=$1 count=$2 before_counted before_undecided before_seen before_gap
	before_counted=$(outcome counted)
	before_undecided=$(outcome undecided)
	before_seen=$(stat blindcount_seen_total)
	before_gap=$(stat 'blindcount_stream_total{event="gap"}')
	answered=$(client timeout 300 "$ROOT/build/tests/e2e/beacons" $ROUGH_SERVER $PORT \
		"$count" "$parts" 200 "$SEED") || die "beacons were not answered"
	counted=$(($(outcome counted) - before_counted))
	undecided=$(($(outcome undecided) - before_undecided))
	seen=$(($(stat blindcount_seen_total) - before_seen))
	gap=$(($(stat 'blindcount_stream_total{event="gap"}') - before_gap))
}

percent() { awk -v part="$1" -v all="$2" 'BEGIN { printf "%.2f %%", 100 * part / all }'; }

# rough SHARE LIMIT: at most LIMIT percent of the split ones may not be counted.
rough() {
	local count=$((BEACONS / 2)) parts
	rough_link_up "$1"
	send 1 "$BEACONS"
	is "$1 %: answered, one segment each" "$BEACONS" "$answered"
	is "counted" "$BEACONS" "$counted"
	is "undecided, gaps" "0, 0" "$undecided, $gap"
	total=$((total + counted))
	# A head whose end comes before its begin can't be decided. Where the next one's first line
	# is split, too, the connection is not joined at that, but at the one after it.
	for parts in 2 3; do
		send $parts $count
		is "answered, $parts segments each" "$count" "$answered"
		is "seen = counted + undecided" "$seen" $((counted + undecided))
		echo "       $(percent $counted $count) counted, $(percent $undecided $count)" \
			"undecided, $(percent $((count - seen)) $count) not seen, $gap gaps"
		holds "none counted twice" [ "$seen" -le "$count" ]
		holds "at most $2 % not counted" [ $(((count - counted) * 100)) -le $((count * $2)) ]
		total=$((total + counted))
	done
	rough_link_down
}

echo "SEED=$SEED"
ground_up 1
nginx_up
agent_up --min-count 1
total=0
rough 0.1 1
rough 1 6
rough 5 25
agent_down
is "clicks on disk" $total "$(exported '$4 == "click"')"
verdict
