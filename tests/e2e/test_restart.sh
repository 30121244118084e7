#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# nginx, Node.js and the agent stop and start again under load, alone and in turn. As systemd does
# it, each start of a server is a new process in a new cgroup folder, in a slice that stays. Every
# visitor's request has a cell of its own: one that was answered must be on disk once, one that a
# stopping server cut off at most once.
. "${0%/*}/ground.sh"

NODE_PORT=8090
SLICE=$GROUND.slice

# A new folder for a server, as ground_exec names it.
make_service() {
	mkdir "$GROUND_CGROUP/../$SLICE/$GROUND-$1.service" || die "no cgroup can be made in $SLICE"
	SERVICE=../$SLICE/$GROUND-$1.service
}

start_nginx() {
	make_service nginx
	(ground_exec "$SERVICE" s nginx -c "$GROUND_DIR/nginx/conf") || die "nginx did not start"
}

start_node() {
	local ready
	make_service node
	exec {ready}< <(ground_exec "$SERVICE" s \
		node "$ROOT/tests/e2e/restarts.js" $NODE_PORT "$GROUND_DIR/node")
	NODE_PID=$!
	read -r -u "$ready" || die "node did not start"
}

# nginx finishes what it has begun, Node.js nothing.
stop_nginx() { nginx_down; }
stop_node() {
	kill "$NODE_PID"
	tail --pid="$NODE_PID" -s 0.05 -f /dev/null
}

answers() { grep -c "^$1" "$GROUND_DIR/visitors"; }

# Wait until visitors have got so many more answers of a kind.
more() {
	local enough=$(($(answers "$1") + $2))
	while [ "$(answers "$1")" -lt "$enough" ]; do
		kill -0 "$VISITORS" 2>/dev/null || die "the visitors are gone"
		sleep 0.05
	done
}

stop_server() {
	"stop_$1"
	sweep_cgroup "$GROUND_CGROUP/../$SLICE/$GROUND-$1.service"
	more refused 8
}

restart_server() {
	stop_server "$1"
	"start_$1"
	more answered 100
}

agent_by_unit() {
	agent_try "$BLINDCOUNT" run --port $PORT --port $NODE_PORT --unit "$GROUND-nginx" \
		--data "$GROUND_DIR/data" --run "$GROUND_DIR/run" --min-count 1 \
		--bpffs "$GROUND_DIR/bpf/blindcount" --node demo --user nobody
}

# As the unit's RestartKillSignal does it.
hand_over() {
	agent_down USR1
	is "status after a hand-over" 0 $?
	more answered 50
}

restart_agent() {
	hand_over
	agent_by_unit || die "the agent did not start: $(tail -n 1 "$GROUND_DIR/agent.log")"
	more answered 50
}

# While nginx is stopped its unit has no folder: the service manager tries again and again.
restart_agent_without_app() {
	stop_server nginx
	hand_over
	holds "no agent without its app's unit" eval '! agent_by_unit'
	start_nginx
	more answered 100
	agent_by_unit || die "the agent did not start: $(tail -n 1 "$GROUND_DIR/agent.log")"
}

ground_up 1
mkdir "$GROUND_CGROUP/../$SLICE" || die "no cgroup can be made"
nginx_config >"$GROUND_DIR/nginx/conf"
start_nginx
start_node
agent_by_unit || die "the agent did not start: $(tail -n 1 "$GROUND_DIR/agent.log")"
holds "attached to the slice, which stays" \
	[ "$(bpftool cgroup show "$GROUND_CGROUP/../$SLICE" | grep -c blindcount)" -eq 1 ]
: >"$GROUND_DIR/visitors"
ground_exec client c "$ROOT/build/tests/e2e/visitors" $SERVER4 $PORT $NODE_PORT >>"$GROUND_DIR/visitors" &
VISITORS=$!
more answered 100
restart_server nginx
restart_server node
restart_agent
restart_server nginx
restart_agent
restart_server node
restart_agent_without_app
kill $VISITORS
wait $VISITORS || die "the visitors were not answered as they should"
stop_nginx
stop_node
ctl flush >/dev/null || die "the agent did not flush"
answered=$(answers answered)
cut=$(answers cut)
served=$(($(wc -l <"$GROUND_DIR/nginx/access.log") + $(awk '{ n += $1 } END { print n }' "$GROUND_DIR/node")))
seen=$(stat blindcount_seen_total)
echo "answered $answered, cut off $cut, served by nginx and Node.js $served"
holds "seen $seen: at least what was served" [ "$served" -le "$seen" ]
holds "... and at most what was cut off besides" [ "$seen" -le $((answered + cut)) ]
is "sum of the outcomes" "$seen" "$(outcomes)"
agent_down
is "on disk, twice, foreign, answered" "$seen 0 0 $answered" \
	"$(export_counts | awk -f "$ROOT/tests/e2e/cells.awk" "$GROUND_DIR/visitors" -)"
verdict
