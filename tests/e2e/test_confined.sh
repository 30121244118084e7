#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The running agent is confined as promised, and does all of its work like that: counting,
# flushing, rules from the socket and from a file that was replaced, forgetting, stopping.
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"

# beacons COUNT PAGE [OPTION OF CURL …]
beacons() {
	local count=$1 page=$2
	shift 2
	client curl -s "$@" "http://$SERVER4:$PORT/hm?p=$page&x=1&y=1&w=800&n=[1-$count]" >/dev/null
}

# What stands behind a name in /proc/PID/status or limits, blanks joined.
shown() {
	awk -v name="$2" 'index($0, name) == 1 { $1 = $1; print substr($0, length(name) + 2) }' \
		"/proc/$AGENT_PID/$1"
}

# What the kernel tells of the process.
check_status() {
	local set
	is "program" blindcount "$(cat "/proc/$AGENT_PID/comm")"
	is "user" "65534 65534 65534 65534" "$(shown status Uid:)"
	is "group" "65534 65534 65534 65534" "$(shown status Gid:)"
	is "supplementary groups" "" "$(shown status Groups:)"
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		is "capabilities, $set" 0000000000000000 "$(shown status $set:)"
	done
	is "no new privileges" 1 "$(shown status NoNewPrivs:)"
	is "seccomp filter" 2 "$(shown status Seccomp:)"
	is "threads" 1 "$(shown status Threads:)"
	is "core dumps" "0 0 bytes" "$(shown limits "Max core file size")"
	is "owner of its /proc entries" 0 "$(command stat -c %u "/proc/$AGENT_PID/mem")"
}

# Wait for a line of the agent's log.
await() {
	for _ in $(seq 200); do
		grep -qF "$1" "$GROUND_DIR/agent.log" && return
		sleep 0.05
	done
	return 1
}

# As editors and configuration management do it: a new file in the place of the old.
replace_rules() {
	cat >"$GROUND_DIR/rules.new"
	mv "$GROUND_DIR/rules.new" "$GROUND_DIR/rules"
}

ground_up 1
nginx_up
echo 'optout header X-First=1' | replace_rules
agent_up --rules "$GROUND_DIR/rules" --min-count 2

check_status
beacons 20 /a
holds "flush" ctl flush
is "beacons on disk" 20 "$(exported)"

holds "a rule from the socket" ctl 'optout header X-Second=1'
beacons 3 /a -H 'X-First: 1'
beacons 4 /a -H 'X-Second: 1'
is "opted out" 7 "$(outcome opted_out)"

echo 'optout header X-Third=1' | replace_rules
kill -HUP "$AGENT_PID"
holds "the rules file is read again" await "has been read again"
beacons 5 /a -H 'X-Third: 1'
is "opted out by the new file" 12 "$(outcome opted_out)"

beacons 6 /b
holds "forget a page" ctl 'forget page (any) /a'
holds "flush again" ctl flush
is "nothing of the forgotten page" 0 "$(exported '$3 == "/a"')"
is "the other page on disk" 6 "$(exported '$3 == "/b"')"
beacons 1 /c
holds "the agent stops" agent_down
is "held rows folded" 1 "$(exported '$3 == "(rare)"')"
is "pins left" "" "$(find "$GROUND_DIR/bpf" -path '*/blindcount/*')"
holds "the audit log was written" grep -q 'forget' "$GROUND_DIR/data/audit.log"
verdict
