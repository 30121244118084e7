#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Under load, from one build to another and back, with other maps, ports and minimum count, after
# hand-overs and after kill -9: not a request is missed or counted twice.
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"
. "${BASH_SOURCE[0]%/*}/durable/load.sh"

THIS=$BLINDCOUNT
OTHER=$ROOT/build/tests/e2e/durable/other/blindcount
LOG=$GROUND_DIR/agent.log
options=()

# The tag of the program that is attached: a hash of its instructions.
tag() {
	local id
	id=$(bpftool cgroup tree "$GROUND_CGROUP" | awk '/ingress/ { print $1; exit }')
	bpftool -j prog show id "$id" | sed 's/.*"tag":"//; s/".*//'
}

# succeed WHAT SIGNAL BUILD [OPTION …]: one agent ends, the next takes over with more options.
succeed() {
	local what=$1 signal=$2
	BLINDCOUNT=$3
	shift 3
	options+=("$@")
	sleep 0.5
	agent_down "$signal" 2>/dev/null
	agent_up --flush 1 "${options[@]}"
	is "$what: it answers" "" "$(ctl ping 2>&1)"
	holds "$what: nothing is left to drain" [ ! -e "$GROUND_DIR/bpf/blindcount/next" ]
}

says() { holds "the log says: $1" grep -qF -e "$1" "$LOG"; }

ground_up 1
nginx_up
agent_up --flush 1
load_begin
first=$(tag)
succeed "another build after a hand-over" USR1 "$OTHER"
holds "it runs other instructions" [ "$(tag)" != "$first" ]
succeed "this build again, after kill -9" KILL "$THIS"
is "it runs the same instructions again" "$first" "$(tag)"
succeed "fewer cells" USR1 "$THIS" --max-cells 5000
says "--max-cells was 131072 and is 5000 from now on"
succeed "another build with more cells, after kill -9" KILL "$OTHER" --max-cells 20000
says "--max-cells was 5000 and is 20000 from now on"
succeed "fewer pages" KILL "$THIS" --max-pages 100
says "--max-pages was 8192 and is 100 from now on"
succeed "one more port" USR1 "$THIS" --port 8081
says "--port was $PORT and is $PORT,8081 from now on"
succeed "another minimum count" USR1 "$OTHER" --min-count 2
says "--min-count was 5 and is 2 from now on"
BLINDCOUNT=$THIS
load_end
nginx_down
settle "after the upgrades"

refused() {
	! agent_try "$BLINDCOUNT" run --port $PORT --cgroup "$GROUND_CGROUP/app" \
		--data "$GROUND_DIR/data" --run "$GROUND_DIR/run" \
		--bpffs "$GROUND_DIR/bpf/blindcount" --user nobody
}

# A set of maps that this build can't read is refused, and can be removed.
agent_up
agent_down USR1
record=$GROUND_DIR/bpf/blindcount/live/record
layout=$(bpftool -j map lookup pinned "$record" key 0 0 0 0 |
	sed 's/.*"value":\[//; s/\].*//; s/[",]/ /g' | awk '{ $5 = "0x63"; print }')
# shellcheck disable=SC2086 # a word for each byte
bpftool map update pinned "$record" key 0 0 0 0 value $layout
counting=$(attached)
holds "maps of another layout are refused" refused
agent_status
is "status with maps of another layout" 1 $?
says "are of a version that this one cannot read"
is "they still count" "$counting" "$(attached)"
holds "detach removes them" "$BLINDCOUNT" detach --bpffs "$GROUND_DIR/bpf/blindcount"
is "pins then" 0 "$(pins)"
verdict
