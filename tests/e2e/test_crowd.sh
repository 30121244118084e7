#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# 50 clients of the control socket send anything, while beacons come and counts are flushed each
# second: every line is answered once, nothing stalls, nothing leaks.
. "${0%/*}/ground.sh"

ROUNDS=${ROUNDS:-1500}

crowd() { "$ROOT/build/tests/e2e/crowd" "$GROUND_DIR/run" "$1"; }


# Kilobytes of the agent's own memory, and its open files.
memory() { awk '/^RssAnon/ { print $2 }' "/proc/$AGENT_PID/status"; }
files() { find "/proc/$AGENT_PID/fd" -type l | wc -l; }

beacons() {
	while [ -e "$GROUND_DIR/run/control" ]; do
		client curl -s "http://$SERVER4:$PORT/hm?p=/page&x=[1-500]&y=1&w=1280"
	done
}

ground_up 1
nginx_up

# A build with sanitizers. At its end it would look for leaks, which seccomp forbids.
export ASAN_OPTIONS=detect_leaks=0
BLINDCOUNT=$ROOT/build/san/blindcount agent_up --flush 1
beacons 2>/dev/null &
lines=$(crowd "$ROUNDS")
holds "with sanitizers: each of $lines lines was answered once" [ "${lines:-0}" -gt "$ROUNDS" ]
holds "flushes went on" [ "$(stat blindcount_flushes_total)" -gt 1 ]
agent_down
is "with sanitizers: status of the agent" 0 $?
is "with sanitizers: errors" 0 "$(grep -c -e ERROR: -e 'runtime error' "$GROUND_DIR/agent.log")"
wait

# Leaks are looked for by the memory it takes, which the first round lets grow to what it needs.
agent_up --flush 1
crowd "$ROUNDS" >/dev/null
memory=$(memory) files=$(files)
lines=$(crowd "$ROUNDS")
after=$(memory)
holds "each of $lines lines was answered once" [ "${lines:-0}" -gt "$ROUNDS" ]
is "open files before and after" "$files" "$(files)"
holds "memory before and after: $memory and $after KB" [ "$after" -lt $((memory + 256)) ]
agent_down
is "status of the agent" 0 $?
verdict
