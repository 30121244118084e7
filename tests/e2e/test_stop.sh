#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# An agent that is stopped leaves its counts on disk and nothing in the kernel; what a killed
# agent leaves, goes on counting until `detach` removes it.
. "${0%/*}/ground.sh"

send() {
	local n
	for n in $(seq "$1"); do
		echo "url = \"http://$SERVER4:$PORT/hm?p=/stop&x=$n&y=$n&w=1280&e=click\""
	done | client curl -s -K - || die "curl could not send"
}

stops_on() {
	agent_up
	holds "attached while it runs" [ "$(attached)" -gt 0 ]
	holds "pinned while it runs" [ "$(pins)" -gt 0 ]
	send 200
	sum=$((sum + 200))
	agent_down "$1"
	is "status after SIG$1" 0 $?
	is "on disk after SIG$1" $sum "$(exported)"
	is "attached after SIG$1" 0 "$(attached)"
	is "pins after SIG$1" 0 "$(pins)"
	is "control socket after SIG$1" 0 "$(find "$GROUND_DIR/run" -type s 2>/dev/null | wc -l)"
}

detach_after_kill() {
	agent_up
	agent_down KILL 2>/dev/null
	holds "attached after SIGKILL" [ "$(attached)" -gt 0 ]
	"$BLINDCOUNT" detach --bpffs "$GROUND_DIR/bpf/blindcount" >/dev/null
	is "status of detach" 0 $?
	is "attached after detach" 0 "$(attached)"
	is "pins after detach" 0 "$(pins)"
	is "on disk after detach" $sum "$(exported)"
}

sum=0
ground_up 1
nginx_up
stops_on TERM
stops_on INT
detach_after_kill
verdict
