#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Where it cannot run, the agent says so in one line, with the right status, and leaves nothing.
. "${0%/*}/ground.sh"

# refuses STATUS WORD COMMAND …: ends with the status and one line that holds the word.
refuses() {
	local status=$1 word=$2 got
	shift 2
	timeout 20 "$@" >"$GROUND_DIR/out" 2>"$GROUND_DIR/err" </dev/null
	got=$?
	if [ $got -ne "$status" ] || [ "$(wc -l <"$GROUND_DIR/err")" -ne 1 ] ||
		! grep -qi -e "$word" "$GROUND_DIR/err"; then
		echo "WRONG  … ${*: -2}: status $got, not $status with one line on '$word':"
		sed 's/^/       /' "$GROUND_DIR/err"
		ground_fail
	elif [ "$(attached) $(pins)" != "$attached $pins" ]; then
		echo "WRONG  … ${*: -2}: something was left in the kernel"
		ground_fail
	else
		echo "ok     $(cat "$GROUND_DIR/err")"
	fi
}

# The same as agent_up's command line, with later options that override.
run() {
	echo "$BLINDCOUNT" run --port "$PORT" --cgroup "$GROUND_CGROUP/app" \
		--data "$GROUND_DIR/data" --run "$GROUND_DIR/run" --user nobody \
		--bpffs "$GROUND_DIR/bpf/blindcount" "$@"
}

# shellcheck disable=SC2046 # run prints words without blanks
refusals() {
	local long
	long=$(printf '%0120d' 0)
	refuses 2 port $(run --port 0)
	refuses 2 port $(run --port 65536)
	refuses 2 port $(run --port 80x)
	refuses 2 option $(run --no-such-option)
	refuses 2 command "$BLINDCOUNT" no-such-command
	refuses 2 port "$BLINDCOUNT" run --cgroup "$GROUND_CGROUP/app"
	refuses 2 cgroup "$BLINDCOUNT" run --port "$PORT"
	refuses 1 root setpriv --reuid=65534 --regid=65534 --clear-groups \
		$(run --data "$GROUND_DIR/open/data" --run "$GROUND_DIR/open/run")
	refuses 1 no-such-cgroup $(run --cgroup "$GROUND_CGROUP/no-such-cgroup")
	refuses 1 cgroup $(run --cgroup "$GROUND_CGROUP/app/cgroup.procs")
	refuses 1 cgroup $(run --cgroup "$GROUND_DIR")
	refuses 1 'cgroup v2' unshare --mount --propagation private sh -c \
		"umount -a -t cgroup2; exec $(run)"
	refuses 1 bpffs $(run --bpffs "$GROUND_DIR/not-mounted")
	refuses 1 a-file $(run --data "$GROUND_DIR/a-file")
	refuses 1 'belongs to' $(run --data "$GROUND_DIR/foreign")
	refuses 1 'chmod o-w' $(run --data "$GROUND_DIR/loose")
	refuses 1 'as user nobody' $(run --data "$GROUND_DIR/used")
	refuses 1 'chmod o-w' $(run --rules "$GROUND_DIR/loose-rules")
	refuses 1 a-file $(run --run "$GROUND_DIR/a-file")
	refuses 1 'at most' $(run --run "$GROUND_DIR/$long")
	refuses 1 no-such-user $(run --user no-such-user)
	refuses 1 no-such-rules $(run --rules "$GROUND_DIR/no-such-rules")
}

# A second agent that shares one folder with the first.
# shellcheck disable=SC2046 # run prints words without blanks
second_agents() {
	local other=$GROUND_DIR/other
	mkdir "$other"
	refuses 1 "$GROUND_DIR/run" $(run --data "$other/data" --bpffs "$GROUND_DIR/bpf/other")
	refuses 1 "$GROUND_DIR/data" $(run --run "$other/run" --bpffs "$GROUND_DIR/bpf/other")
	refuses 1 "$GROUND_DIR/bpf" $(run --run "$other/run" --data "$other/data")
	holds "the first agent still answers" ctl ping
}

ground_up 1
touch "$GROUND_DIR/a-file"
mkdir -m 777 "$GROUND_DIR/foreign" "$GROUND_DIR/loose"
chown 1 "$GROUND_DIR/foreign"
mkdir -p "$GROUND_DIR/used/something"
touch "$GROUND_DIR/loose-rules"
chmod 646 "$GROUND_DIR/loose-rules"
mkdir -m 777 "$GROUND_DIR/open"
attached=0
pins=0
refusals
rm -rf "$GROUND_DIR/data"
mkdir -p "$GROUND_DIR/data/lost+found"
agent_up
is "a new volume is made the agent's" "nobody 750" "$(command stat -c '%U %a' "$GROUND_DIR/data")"
is "... but not one with something in it" "root 755" "$(command stat -c '%U %a' "$GROUND_DIR/used")"
attached=$(attached)
pins=$(pins)
second_agents
agent_down
is "status of the first agent" 0 $?
verdict
