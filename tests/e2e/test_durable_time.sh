#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Counts land in the day in which they were counted, exactly once, whatever the clock does; rows
# below the minimum count wait in the kernel, across restarts and until midnight.
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"
. "${BASH_SOURCE[0]%/*}/durable/clock.sh"

BLINDCOUNT=$ROOT/build/tests/e2e/durable/blindcount
HOUR=3600
DAY=86400
noon=$(($(date +%s) / DAY * DAY + DAY / 2)) # of today, UTC

# set_clock TIME [SECONDS]: what the agent takes for the time of day; seconds since boot to add.
set_clock() { clock_move $(($1 - $(date +%s))) "${2:-0}"; }

# hold_clock TIME: for the agent it is that time until the clock is set.
hold_clock() { clock_move 0 0 "$1"; }

# The day that is N days after today.
day() { date -u -d "@$((noon + $1 * DAY))" +%F; }

send() {
	client curl -s "http://$SERVER4:$PORT/hm?p=/$1&x=1&n=[1-$2]" >/dev/null
}

start() {
	# shellcheck disable=SC2046 # words
	agent_start env $(clock_environment) "${ZONE[@]}" "$BLINDCOUNT" run --port $PORT \
		--cgroup "$GROUND_CGROUP/app" --data "$GROUND_DIR/data" --run "$GROUND_DIR/run" \
		--bpffs "$GROUND_DIR/bpf/blindcount" --node demo --user nobody "$@"
}

# on DAY PAGE: what is on disk.
on() { exported "\$1 == \"$1\" && \$3 == \"$2\""; }

# await DAY PAGE COUNT: does it reach the disk by itself?
await() {
	for _ in $(seq 300); do
		[ "$(on "$1" "$2")" = "$3" ] && return
		sleep 0.1
	done
	return 1
}

minimum_count() {
	set_clock $noon
	start --flush 3600 --min-count 3
	send a 2
	ctl flush
	agent_down KILL 2>/dev/null
	start --flush 3600 --min-count 3
	is "held, not on disk" 0 "$(exported)"
	is "rows held" 1 "$(stat blindcount_held_rows)"
	send a 1
	ctl flush
	is "the third one brings all to the disk" 3 "$(on "$(day 0)" /a)"
	is "rows held then" 0 "$(stat blindcount_held_rows)"
	agent_down
}

midnight() {
	hold_clock $((noon + 12 * HOUR - 3))
	start --flush 3600 --min-count 3
	send b 5
	send c 2
	set_clock $((noon + 12 * HOUR - 3))
	holds "flushed at midnight" await "$(day 0)" /b 5
	holds "held rows of that day join (rare)" await "$(day 0)" '(rare)' 2
	send b 4
	ctl flush
	is "on the next day" 4 "$(on "$(day 1)" /b)"
	send c 1
	agent_down KILL 2>/dev/null
	set_clock $((noon + 3 * DAY))
	start --flush 3600 --min-count 3
	holds "a successor of a later day writes at once" await "$(day 1)" '(rare)' 1
	agent_down
}

jumps() {
	set_clock $((noon + 10 * DAY))
	start --flush 3600 --min-count 3
	send d 1
	ctl flush
	set_clock $((noon - 20 * DAY))
	ctl flush
	send e 3
	ctl flush
	send d 2
	set_clock $((noon + 10 * DAY))
	ctl flush
	send d 3
	ctl flush
	is "a day to which the clock came back" 3 "$(on "$(day 10)" /d)"
	is "what it held" 1 "$(on "$(day 10)" '(rare)')"
	is "a day long ago" 3 "$(on "$(day -20)" /e)"
	is "what it held" 2 "$(on "$(day -20)" '(rare)')"
	for _ in 1 2 3 4 5; do
		send f 3
		ctl flush
		ctl flush
	done
	is "many flushes in a second" 15 "$(on "$(day 10)" /f)"
	agent_down
}

# Only a clock that has stood still for an hour may say what is too old.
retention() {
	set_clock $noon
	start --flush 1 --retain 30
	set_clock $((noon + 1000 * DAY))
	ctl flush
	send g 5
	holds "counted after the jump" await "$(day 1000)" /g 5
	holds "a clock that jumped deletes nothing" [ "$(on "$(day -20)" /e)" = 3 ]
	set_clock $((noon + 1000 * DAY + 2 * HOUR)) $((2 * HOUR))
	holds "one that jumped long ago does" await "$(day -20)" /e 0
	is "the young stays" 5 "$(on "$(day 1000)" /g)"
	agent_down
}

zones() {
	set_clock $noon
	ZONE=(TZ=Pacific/Kiritimati)
	start --flush 3600 --min-count 1
	send h 1
	agent_down KILL 2>/dev/null
	ZONE=(TZ=UTC)
	start --flush 3600 --min-count 1
	send h 2
	ctl flush
	is "where it is tomorrow already" 1 "$(on "$(day 1)" /h)"
	is "at home" 2 "$(on "$(day 0)" /h)"
	agent_down
}

ZONE=(TZ=UTC)
ground_up 1
nginx_up
minimum_count
midnight
jumps
is "all that was sent" 39 "$(exported)"
zones
retention
verdict
