#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The app, the agent and both restart under load; the counts stay exact.
. "${0%/*}/ground.sh"

# Load that outlives a restart of the app: each connection carries one request.
load_begin() {
	client wrk -t2 -c8 -d3 -H 'Connection: close' -s "$ROOT/tests/e2e/cells.lua" \
		"http://$SERVER4:$PORT/hm" >"$GROUND_DIR/wrk.log" &
	LOAD=$!
}

load_end() {
	wait $LOAD || die "wrk could not send"
	is "errors that wrk saw, $1" "" "$(grep -E 'Socket errors|Non-2xx' "$GROUND_DIR/wrk.log")"
}

# New workers answer on the same sockets, the old ones finish what they began.
restart_app() { kill -HUP "$(cat "$GROUND_DIR/nginx/pid")"; }

# As the unit's RestartKillSignal does it.
restart_agent() {
	agent_down USR1
	is "status after the hand-over" 0 $?
	holds "attached between two agents" [ "$(attached)" -gt 0 ]
	agent_up
}

ground_up 1
nginx_up
agent_up
load_begin
sleep 0.5
restart_app
sleep 0.5
restart_agent
sleep 0.5
restart_app
restart_agent
load_end "while both restarted"
nginx_requests
nginx_down
ctl flush >/dev/null || die "the agent did not flush"
is "seen" "$NGINX_REQUESTS" "$(stat blindcount_seen_total)"
is "sum of the outcomes" "$NGINX_REQUESTS" "$(outcomes)"
is "nginx's own log" "$NGINX_REQUESTS" "$(wc -l <"$GROUND_DIR/nginx/access.log")"
agent_down
is "counts on disk" "$NGINX_REQUESTS" "$(exported)"
verdict
