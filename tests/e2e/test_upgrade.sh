#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Requests that ask for another protocol. Nearly every server answers them as any other, and what
# comes behind them, too, which is counted then. A body that comes with one is a body (RFC 9110, 7.8).
#   TIMES=N   each (10)   APPS="nginx node apache python switching"
. "${0%/*}/ground.sh"
. "${0%/*}/apps.sh"

TIMES=${TIMES:-10}
APPS=${APPS:-nginx node apache python switching}

# shellcheck disable=SC2086 # names
need $APPS
ground_up 1
# shellcheck disable=SC2086 # names
apps_up $APPS
agent_up "${APP_PORTS[@]}" --min-count 1
for name in $APPS; do
	neighbour node "$ROOT/tests/e2e/upgrade.js" send "${APP_PORT[$name]}" "/$name" "$TIMES" ||
		die "the requests were not sent"
	ctl flush >/dev/null || die "the agent did not flush"
	export_counts >"$GROUND_DIR/now.csv"
	holds "$name: counted as it takes them" node "$ROOT/tests/e2e/upgrade.js" judge "$name" \
		"$(app_log "$name")" "$GROUND_DIR/now.csv" "/$name" "$TIMES"
done
stats | grep -E 'outcome=|event=' | grep -v ' 0$'
agent_down
is "status of the agent" 0 $?
verdict
