# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Load that goes on while a test does things to the agent. Sourced after ground.sh.

LOAD=

# load_begin [PORT]
load_begin() {
	# A slow machine may take its time.
	(ground_exec client c wrk -t2 -c6 -d 3600 --timeout 60s -s "$ROOT/tests/e2e/durable/load.lua" \
		"http://$SERVER4:${1:-$PORT}/hm" >"$GROUND_DIR/wrk.log") &
	LOAD=$!
}

# The load ends, nginx finishes; NGINX_REQUESTS is what was sent.
load_end() {
	kill -INT "$LOAD"
	wait "$LOAD"
	nginx_requests
	is "errors that wrk saw" "" "$(grep -E 'Socket errors|Non-2xx' "$GROUND_DIR/wrk.log")"
}

# All is on disk: a flush, a good stop, and the sums.
settle() {
	ctl flush >/dev/null || die "the agent did not flush"
	is "seen, $1" "$NGINX_REQUESTS" "$(stat blindcount_seen_total)"
	is "sum of the outcomes, $1" "$NGINX_REQUESTS" "$(outcomes)"
	agent_down
	is "status of the agent that stops, $1" 0 $?
	is "counts on disk, $1" "$NGINX_REQUESTS" "$(exported)"
}
