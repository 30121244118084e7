#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Over a link that drops, doubles and reorders 5 % of the packets each, beacons in one segment are
# counted exactly, and split ones are counted or undecided, never twice.
#   BEACONS=N   in one segment (20000), half as many in two and in three
#   SEED=N      of the link and the cuts
. "${0%/*}/ground.sh"

BEACONS=${BEACONS:-20000}
SEED=${SEED:-$RANDOM}
SHARE=5
ROUGH_SERVER=203.0.113.1
ROUGH_CLIENT=203.0.113.2

rough_link_up() {
	local link=$GROUND_DIR/link
	mkfifo "$link"
	app "$ROOT/build/tests/e2e/rough_link" "/run/netns/$GROUND-c" "/run/netns/$GROUND-s" \
		$SHARE "$SEED" >"$link" &
	read -r _ <"$link" || die "no rough link"
	in_ns c ip addr add $ROUGH_CLIENT/24 dev rough0
	in_ns s ip addr add $ROUGH_SERVER/24 dev rough0
	in_ns c ip link set rough0 up
	in_ns s ip link set rough0 up
}

# send PARTS COUNT: send beacons and leave the rise of the totals in variables.
send() {
	local parts=$1 count=$2 before_counted before_undecided before_seen
	before_counted=$(outcome counted)
	before_undecided=$(outcome undecided)
	before_seen=$(stat blindcount_seen_total)
	answered=$(client timeout 300 "$ROOT/build/tests/e2e/beacons" $ROUGH_SERVER $PORT \
		"$count" "$parts" 200 "$SEED") || die "beacons were not answered"
	counted=$(($(outcome counted) - before_counted))
	undecided=$(($(outcome undecided) - before_undecided))
	seen=$(($(stat blindcount_seen_total) - before_seen))
}

echo "SEED=$SEED"
ground_up 1
nginx_up
agent_up --min-count 1
rough_link_up

send 1 "$BEACONS"
is "answered, one segment each" "$BEACONS" "$answered"
is "counted" "$BEACONS" "$counted"
is "undecided" 0 "$undecided"
total=$counted

# Where the end of a head comes before its begin, a few cuts can't be decided; and where it isn't
# even clear where the next request begins, that one is lost to sight.
count=$((BEACONS / 2))
for parts in 2 3; do
	send $parts $count
	is "answered, $parts segments each" "$count" "$answered"
	is "seen = counted + undecided" "$seen" $((counted + undecided))
	echo "       $counted counted, $undecided undecided, $((count - seen)) not seen"
	holds "none counted twice" [ "$seen" -le "$count" ]
	holds "at most 1 % undecided or not seen" [ $(((count - counted) * 100)) -le "$count" ]
	total=$((total + counted))
done
agent_down
is "clicks on disk" $total "$(exported '$4 == "click"')"
verdict
