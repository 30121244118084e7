#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Rules come and go 1,000 times under load: from each `ok` on no request violates the rule, and
# none is lost.
. "${0%/*}/ground.sh"

ROUNDS=${ROUNDS:-500}

# Requests on disk whose page is beneath a folder.
counted() { exported "index(\$3, \"/$1/\") == 1"; }

ground_up 1
nginx_up
agent_up --min-count 1
client "$ROOT/build/tests/e2e/rule_changes" "$GROUND_DIR/run" "$SERVER4" $PORT "$ROUNDS" \
	>"$GROUND_DIR/sent" &
changes=$!
while kill -0 $changes 2>/dev/null; do
	client wrk -t2 -c16 -d1 -s "$ROOT/tests/e2e/cells.lua" "http://$SERVER4:$PORT/hm" \
		>>"$GROUND_DIR/wrk.log" || die "wrk could not send"
done
wait $changes || die "the rules could not be changed"
read -r under astride after <"$GROUND_DIR/sent"
nginx_requests
nginx_down
ctl flush || die "the agent did not flush"
is "requests while their rule was in force" $((ROUNDS * 5)) "$under"
is "... that were counted" 0 "$(counted under)"
is "requests astride a change of the rules" "$ROUNDS" "$astride"
is "... that were counted" 0 "$(counted astride)"
is "requests after their rule was gone: counted" "$after" "$(counted after)"
is "seen" "$NGINX_REQUESTS" "$(stat blindcount_seen_total)"
is "sum of the outcomes" "$NGINX_REQUESTS" "$(outcomes)"
is "rules that are left" 0 "$(ctl rules | grep -c -e storm -e exclude)"
agent_down
is "status of the agent" 0 $?
is "changes in audit.log" $((ROUNDS * 2)) \
	"$(grep -c -e ' add ' -e ' remove ' "$GROUND_DIR/data/audit.log")"
verdict
