#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The demo's figures are right, and it leaves nothing behind: at its end, on Ctrl-C, when killed.
. "${0%/*}/ground.sh"
set -m # so that background jobs can be interrupted

# What a ground of this process number would leave.
leftovers() {
	local name=$GROUND_PREFIX-$1
	find "$(cgroup2_mount)/$name" /run/netns/"$name"-* "/tmp/$name" -maxdepth 0 2>/dev/null
	grep "$name" /proc/mounts
	pgrep -f "$name"
}

# A shell that was started in the background passes on that it ignores SIGINT.
demo_begin() {
	: >"$log" # or what the last one said would be taken for this one's
	env --default-signal=INT "$ROOT/scripts/demo" --yes </dev/null >"$log" 2>&1 &
	DEMO=$!
}

# Interrupt the demo while it is sending.
demo_stop() {
	demo_begin
	while kill -0 $DEMO 2>/dev/null && ! grep -q '^Sending' "$log"; do sleep 0.05; done
	holds "the demo stands when SIG$1 comes" [ -d "/tmp/$GROUND_PREFIX-$DEMO" ]
	kill -"$1" -- -$DEMO
	wait $DEMO 2>/dev/null
	is "status after SIG$1" "$2" $?
	for _ in $(seq 100); do
		[ -z "$(leftovers $DEMO)" ] && break # after SIGKILL it is the reaper that sweeps
		sleep 0.05
	done
	is "left after SIG$1" "" "$(leftovers $DEMO)"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
demo_begin
wait $DEMO
is "status of the demo" 0 $?
is "left after the demo" "" "$(leftovers $DEMO)"
demo_stop INT 130
demo_stop TERM 143
demo_stop KILL 137
verdict || cat "$log"
verdict
