#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Connections of one beacon each, to whose last packets another processor adds empty ones: exact, and
# no gap is told, for nothing is lost.
#   CONNECTIONS=N (5000)
. "${0%/*}/ground.sh"

CONNECTIONS=${CONNECTIONS:-5000}

ground_up 1
nginx_config >"$GROUND_DIR/nginx/conf"
app taskset -c 0 nginx -c "$GROUND_DIR/nginx/conf" || die "nginx did not start"
agent_up --min-count 1
answered=$(client timeout 300 "$ROOT/build/tests/e2e/short_lives" $SERVER4 $PORT "$CONNECTIONS") ||
	die "the client gave up"
is "answered" "$CONNECTIONS" "$answered"
is "counted" "$CONNECTIONS" "$(outcome counted)"
is "seen" "$CONNECTIONS" "$(stat blindcount_seen_total)"
is "gaps" 0 "$(stat 'blindcount_stream_total{event="gap"}')"
agent_down
is "status of the agent" 0 $?
verdict
