# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What the bench's parts have in common: figures, CPU time, the agent, the load. Sourced by run
# after ground.sh.

# put PART SERIES X ROUND METRIC VALUE: one figure for report.js.
put() {
	local IFS=$'\t'
	echo "$*" >>"$RAW"
}

# Microseconds of CPU, kernel and user, that a cgroup of the ground has had.
cpu_us() {
	awk '$1 == "usage_usec" { print $2 }' "$GROUND_CGROUP/$1/cpu.stat"
}

# CPU seconds of a command.
cpu_seconds() {
	local TIMEFORMAT='%U %S'
	{ time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }'
}

# Send beacons; figure NAME tells what came of it.
load() {
	client "$BENCH/load" "$@" >"$GROUND_DIR/load" || die "the load failed"
}

figure() {
	awk -v name="$1" '$1 == name { print $2 }' "$GROUND_DIR/load"
}

# The counting program's nanoseconds for a request of the last load.
program_ns() {
	awk '{ f[$1] = $2 } END { print f["program_ns"] / f["answered"] }' "$GROUND_DIR/load"
}

bench_agent_up() {
	rm -rf "$GROUND_DIR/data"
	agent_up "$@"
}

bench_agent_down() {
	agent_down || die "the agent failed: $(tail -n 1 "$GROUND_DIR/agent.log")"
}

# End the processes in the agent's cgroup, which peers run in.
stop_peers() {
	local pid name
	while read -r pid; do
		read -r name <"/proc/$pid/comm" || continue
		case $name in
		pcap_counter | tcpdump) kill "$pid" ;;
		esac
	done <"$GROUND_CGROUP/agent/cgroup.procs"
}

# is_all COUNTED SENT: figures of a run that lost something count for nothing.
is_all() {
	[ "$1" = "$2" ] || die "$1 counted of $2 sent"
}

# The rows of one day's file: 20 pages of 100 cells.
year_rows() {
	awk -v day="$1" 'BEGIN {
		print "date,site,page,event,device,column,row,count"
		for (page = 0; page < 20; page++)
			for (cell = 0; cell < 100; cell++)
				printf "%s,(any),/products/%c,click,desktop,%d,%d,%d\n", day, 97 + page,
					cell / 20, cell % 20, 1 + (page * cell) % 17
	}'
}
