#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# kill -9 of the agent at random moments under load, with a successor each time; then hand-overs.
# The counts on disk are what the app received.
#   KILLS=N  (40)
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"
. "${BASH_SOURCE[0]%/*}/durable/load.sh"

KILLS=${KILLS:-40}

# Kills hit the start, the flushes (one a second), and what is between them.
kills() {
	local began started=0 start n
	began=${EPOCHREALTIME/./}
	agent_up --flush 1
	start=$(((${EPOCHREALTIME/./} - began) / 1000))
	for i in $(seq "$KILLS"); do
		# Each third within the time that a start takes, which is short.
		n=$((RANDOM % (i % 3 ? start + 2500 : start)))
		sleep "$(printf '%d.%03d' $((n / 1000)) $((n % 1000)))"
		[ -S "$GROUND_DIR/run/control" ] && ctl ping >/dev/null 2>&1 &&
			started=$((started + 1))
		kill -KILL "$AGENT_PID"
		wait "$AGENT_PID"
		(ground_exec agent s "$BLINDCOUNT" run --port $PORT \
			--cgroup "$GROUND_CGROUP/app" --data "$GROUND_DIR/data" \
			--run "$GROUND_DIR/run" --bpffs "$GROUND_DIR/bpf/blindcount" --node demo \
			--user nobody --flush 1) 2>>"$GROUND_DIR/agent.log" &
		AGENT_PID=$!
	done 2>/dev/null
	echo "       $started of $KILLS kills hit an agent that had started"
	holds "kills hit starting and running agents" \
		[ "$started" -gt 0 -a "$started" -lt "$KILLS" ]
	kill -KILL "$AGENT_PID"
	wait "$AGENT_PID" 2>/dev/null
}

hand_overs() {
	for _ in 1 2 3; do
		agent_up --flush 1
		agent_down USR1
		is "status after the hand-over" 0 $?
	done
	agent_up --flush 1
}

ground_up 1
nginx_up
agent_up
agent_down USR1
load_begin
kills
hand_overs
load_end
nginx_down
settle "after $KILLS kills"
verdict
