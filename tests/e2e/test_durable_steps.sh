#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Faults at each step of a start, a hand-over, an upgrade, a flush and a stop: the agent is killed
# before the n-th call that reads or changes maps, pins, links or files, or that call fails, for
# each n; then a successor goes on. Each time the counts on disk are what was sent.
#   EVERY=N   fault every N-th step only (40); 1: each
#   HOW=KIND  kill, fail, or full (from that step on there is no space); all three
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"

EVERY=${EVERY:-40}
BLINDCOUNT=$ROOT/build/tests/e2e/durable/blindcount
SHIM=$ROOT/build/tests/e2e/durable/fault.so
STEPS=$GROUND_DIR/steps
sent=0
cells=1000

# send PAGES: a beacon to each of the pages, a range of curl's.
send() {
	client curl -s "http://$SERVER4:$PORT/hm?p=/[$1]&x=1" || die "curl could not send"
	sent=$((sent + $(printf '%d' "'${1#*-}") - $(printf '%d' "'${1%-*}") + 1))
}

# start [VARIABLE=VALUE …]: an agent, with faults if there are variables. Does it come up?
start() {
	agent_try env "$@" "$BLINDCOUNT" run --port $PORT --cgroup "$GROUND_CGROUP/app" \
		--data "$GROUND_DIR/data" --run "$GROUND_DIR/run" --flush 3600 --min-count 4 \
		--bpffs "$GROUND_DIR/bpf/blindcount" --node demo --user nobody --max-cells $cells \
		2>/dev/null
}

must_start() {
	start && return
	tail -n 3 "$GROUND_DIR/agent.log" >&2
	die "the agent did not start after $1"
}

end() {
	kill -"$1" "$AGENT_PID" 2>/dev/null
	wait "$AGENT_PID" 2>/dev/null
}

# Each scenario: what comes before, what is faulted (with these variables), what comes then.
scenario_start() { # the first one ever
	start "$@" || return
	send a-e
	end USR1
}

scenario_successor() { # after kill -9
	must_start "a good stop"
	send a-e
	end KILL
	start "$@"
	send a-c
	end USR1
}

scenario_upgrade() { # to other maps, with counts left in the old ones
	must_start "a good stop"
	send a-e
	end KILL
	cells=$((cells == 1000 ? 2000 : 1000))
	start "$@"
	send a-c
	end USR1
}

scenario_flush() {
	must_start "a good stop"
	send a-e
	end USR1
	start "$@" || die "the agent did not start with faults to come"
	send a-c
	ctl flush >/dev/null 2>&1
	send a-b
	ctl flush >/dev/null 2>&1
	end USR1
}

scenario_stop() {
	start "$@" || die "the agent did not start with faults to come"
	send a-c
	ctl flush >/dev/null
	send a-e
	end TERM
}

# Then a successor without faults stops for good, and all is on disk.
settle() {
	must_start "$1"
	send a-b
	end TERM
	[ "$(exported)" -eq $sent ] && return
	printf 'WRONG  %s: %d on disk, not %d\n' "$1" "$(exported)" $sent
	ground_fail
	sent=$(exported)
}

# matters N HOW: would a fault there be another one than before? Between two calls that read only,
# a kill finds the same; a full disk shows where space is needed.
matters() {
	case $2:$(sed -n "$(($1 > 1 ? $1 - 1 : 1))p" "$STEPS"):$(sed -n "$1p" "$STEPS") in
	kill:*lookup*:*lookup* | kill:*get*:*get*) return 1 ;;
	full:*:write | full:*:mkdirat | full:*create) ;;
	full:*) return 1 ;;
	esac
}

# sweep SCENARIO PHASE HOW
sweep() {
	local scenario=$1 phase=$2 how=$3 n steps faulted=0
	rm -f "$STEPS"
	"scenario_$scenario" LD_PRELOAD="$SHIM" FAULT_PHASE="$phase" FAULT_LOG="$STEPS"
	settle "$scenario without a fault"
	steps=$(wc -l <"$STEPS")
	if [ "$how" = kill ]; then
		echo "steps of $scenario:"
		uniq -c "$STEPS"
	fi
	for n in $(seq $((EVERY > 1 ? 1 + RANDOM % EVERY : 1)) "$EVERY" "$steps"); do
		matters "$n" "$how" || continue
		"scenario_$scenario" LD_PRELOAD="$SHIM" FAULT_PHASE="$phase" FAULT_HOW="$how" \
			FAULT_AT="$n"
		settle "$scenario, $how at step $n ($(sed -n "${n}p" "$STEPS"))"
		faulted=$((faulted + 1))
	done
	printf 'ok     %s, %s: %d of %d steps\n' "$scenario" "$how" $faulted "$steps"
}

ground_up 1
nginx_up
for how in ${HOW:-kill fail full}; do
	sweep start 0 "$how"
	sweep successor 0 "$how"
	sweep upgrade 0 "$how"
	sweep flush 1 "$how"
	sweep stop 1 "$how"
done
is "beacons on disk, of all runs" "$sent" "$(exported)"
verdict
