#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The agent says once what it can't count: nothing at all, TLS, HTTP/2, other protocols, or an app
# whose cgroup is gone. (A preloaded library moves its clock, so that a minute passes at once.)
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"
. "${BASH_SOURCE[0]%/*}/durable/clock.sh"

LOG=$GROUND_DIR/agent.log

# Times that the log says something.
said() { grep -c "$1" "$LOG"; }

await() {
	for _ in $(seq 300); do
		grep -q "$1" "$LOG" && return
		sleep 0.1
	done
	return 1
}

start() {
	: >"$LOG"
	clock_move 0 0
	# shellcheck disable=SC2046 # words
	agent_start env $(clock_environment) \
		"$BLINDCOUNT" run --port $PORT --cgroup "$GROUND_CGROUP/${1:-app}" \
		--data "$GROUND_DIR/data" --run "$GROUND_DIR/run" \
		--bpffs "$GROUND_DIR/bpf/blindcount" --node demo --user nobody --flush 1
}

minute() { clock_move 0 61; }

tls() {
	client curl -sk "https://$SERVER4:$PORT/" -o /dev/null
	[ "$(stat 'blindcount_stream_total{event="tls"}')" -gt 0 ] || die "no TLS was seen"
}

ground_up 1
nginx_up
start
minute
holds "nothing for a minute" await 'nothing came to the port in 60 seconds'
tls
holds "then TLS" await 'connections with TLS come to the port'
tls
ctl flush
agent_down
is "said once: nothing" 1 "$(said 'nothing came')"
is "said once: TLS" 1 "$(said 'with TLS')"
is "not said: HTTP/2, other protocols" "0 0" "$(said 'HTTP/2') $(said WebSockets)"

start
tls
minute
holds "TLS only for a minute" await 'no request in plain HTTP/1 came to the port in 60 seconds'
client curl -s --http2-prior-knowledge "http://$SERVER4:$PORT/" -o /dev/null
holds "then HTTP/2" await 'connections with HTTP/2 come to the port'
agent_down

start
client curl -s "http://$SERVER4:$PORT/hm?p=/a"
minute
ctl flush
sleep 1.5 # a flush by the timer
agent_down
is "nothing is said where requests come" 0 "$(grep -c 'in 60 seconds\|come to the port' "$LOG")"

mkdir "$GROUND_CGROUP/gone"
start gone
is "attached" 1 "$(stat blindcount_attached)"
rmdir "$GROUND_CGROUP/gone"
holds "the cgroup is gone" await "the cgroup $GROUND_CGROUP/gone is gone"
is "not attached" 0 "$(stat blindcount_attached)"
ctl flush
is "said once" 1 "$(said 'is gone')"
mkdir "$GROUND_CGROUP/gone"
wait "$AGENT_PID"
is "status of the agent when the cgroup is back" 1 $?
is "said once" 1 "$(said 'is back: ending')"
start gone
is "attached again" 1 "$(stat blindcount_attached)"
rmdir "$GROUND_CGROUP/gone"
holds "the cgroup is gone again" await "the cgroup $GROUND_CGROUP/gone is gone"
agent_down
is "status of the agent that stops without it" 0 $?
verdict
