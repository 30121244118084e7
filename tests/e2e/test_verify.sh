#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# `blindcount verify` beside a running agent: all holds; and it sees what does not: no agent,
# other programs at the hook, a program in the counter's place, a lost cgroup.
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"

OTHER=$ROOT/build/tests/kernel/redact.bpf.o # any program for the same hook

verify() {
	"$BLINDCOUNT" verify --json --bpffs "$GROUND_DIR/bpf/blindcount" \
		--data "$GROUND_DIR/data" "$@" >"$GROUND_DIR/report" 2>"$GROUND_DIR/verify.err"
}

# Where the rest is what matters, the test in the kernel need not be repeated.
verify_rest() { verify --no-test "$@"; }

# The checks of one name in the last report, a line each.
checks() {
	sed 's/{"name":"/\n&/g' "$GROUND_DIR/report" | grep "^{\"name\":\"$1\",\"kind\""
}

# Their results, with commas between them.
result() {
	checks "$1" | sed 's/.*"result":"\([a-z]*\)","text".*/\1/' | paste -s -d ,
}

# Does one of them hold these words?
tells() {
	checks "$1" | grep -qF "$2"
}

# A member of the report, by name.
says() { grep -o "\"$1\":[^,}]*" "$GROUND_DIR/report" | head -n 1 | cut -d : -f 2 | tr -d '"'; }

# The counter's tag, and a pinned program's number, as the kernel shows them.
tag() {
	bpftool prog show pinned "$GROUND_DIR/bpf/blindcount/live/prog" |
		grep -oE 'tag [0-9a-f]+' | cut -d ' ' -f 2
}

program_id() { bpftool prog show pinned "$1" | sed -n '1s/:.*//p'; }

check_good() {
	holds "all checks hold" verify --run "$GROUND_DIR/run"
	is "verdict" holds "$(says verdict)"
	is "proof" holds "$(result proof)"
	is "test in the kernel" holds "$(result dynamic)"
	is "nothing was left out" true "$(says complete)"
	is "programs" holds,holds,holds "$(result program)"
	is "constants" holds,holds,holds "$(result constants)"
	is "maps" holds,holds,holds "$(result maps)"
	is "links" holds,holds,holds "$(result link)"
	is "neighbours" holds,holds,holds "$(result neighbours)"
	is "confinement" holds "$(result confinement)"
	is "scan" holds "$(result scan)"
	is "digest of the binary" "$(sha256sum <"$BLINDCOUNT" | cut -d ' ' -f 1)" \
		"$(grep -o '"binary":{[^}]*}' "$GROUND_DIR/report" | grep -oE '[0-9a-f]{64}')"
	holds "tag" grep -qE "\"tag_sha(1|256)\":\"$(tag)\"" "$GROUND_DIR/report"
	holds "text for people" sh -c '"$@" | grep -qE "^Verdict: .* holds?\."' sh \
		"$BLINDCOUNT" verify --run "$GROUND_DIR/run" --bpffs "$GROUND_DIR/bpf/blindcount" \
		--data "$GROUND_DIR/data"
}

# As the daily unit does it, with the capabilities that it has.
verify_as_unit() {
	local capabilities
	capabilities=$(sed -n 's/^CapabilityBoundingSet=//p' \
		"$ROOT/scripts/deploy/systemd/blindcount-verify.service" | tr '[:upper:] ' '[:lower:],')
	BLINDCOUNT_RUN=$GROUND_DIR/run BLINDCOUNT_BPFFS=$GROUND_DIR/bpf/blindcount \
		BLINDCOUNT_DATA=$GROUND_DIR/data \
		setpriv --bounding-set "-all,${capabilities//cap_/+}" \
		"$BLINDCOUNT" verify --json --scan >"$GROUND_DIR/report" 2>"$GROUND_DIR/verify.err"
}

# Another program, on the cgroup above and on one below.
check_neighbours() {
	local below=$GROUND_CGROUP/app/below

	mkdir "$below"
	bpftool prog load "$OTHER" "$GROUND_DIR/bpf/other" || die "$OTHER does not load"
	bpftool cgroup attach "$GROUND_CGROUP" ingress pinned "$GROUND_DIR/bpf/other" multi
	bpftool cgroup attach "$below" ingress pinned "$GROUND_DIR/bpf/other" multi
	holds "neighbours are no failure" verify_rest --run "$GROUND_DIR/run"
	is "but noted" noted,holds,holds "$(result neighbours)"
	holds "by name" tells neighbours "(redact_text)"
	bpftool cgroup detach "$GROUND_CGROUP" ingress pinned "$GROUND_DIR/bpf/other"
	verify_rest --run "$GROUND_DIR/run"
	holds "one below the cgroup, too" tells neighbours "of a cgroup below it"
	bpftool cgroup detach "$below" ingress pinned "$GROUND_DIR/bpf/other"
	rmdir "$below"
}

check_one_program() {
	local id
	id=$(program_id "$GROUND_DIR/bpf/blindcount/live/prog")
	holds "--id: the counter" verify --id "$id"
	holds "it says that it looked at nothing else" tells live "Only this program was compared"
	is "and does not" "" "$(result confinement)"
	id=$(program_id "$GROUND_DIR/bpf/other")
	verify --id "$id"
	is "--id: another program" 1 $?
}

# A pin that was put in the counter's place.
check_impostor() {
	local pin=$GROUND_DIR/bpf/blindcount/live/prog

	mv "$pin" "$GROUND_DIR/bpf/kept"
	mv "$GROUND_DIR/bpf/other" "$pin"
	verify_rest --run "$GROUND_DIR/run"
	is "an impostor: status" 1 $?
	is "its program" fails,holds,holds "$(result program)"
	is "its link" fails,holds,holds "$(result link)"
	is "verdict" fails "$(says verdict)"
	mv "$pin" "$GROUND_DIR/bpf/other"
	mv "$GROUND_DIR/bpf/kept" "$pin"
}

ground_up 1
nginx_up
agent_up --mask-peer --min-count 1
client curl -s "http://$SERVER4:$PORT/hm?p=/a&x=1&y=1&w=800"
ctl flush >/dev/null
check_good
holds "all checks hold with the daily unit's capabilities" verify_as_unit
is "its confinement" holds "$(result confinement)"
check_neighbours
check_one_program
check_impostor

echo 'a visitor came from 203.0.113.77' >"$GROUND_DIR/data/notes"
verify_rest --run "$GROUND_DIR/run"
is "an address in the data folder: status" 1 $?
is "it is found" fails "$(result scan)"
rm "$GROUND_DIR/data/notes"

agent_down USR1
verify_rest --run "$GROUND_DIR/run"
is "the agent is away: status" 1 $?
is "what counts is compared" holds,holds,holds "$(result program)"
is "its confinement is not known" fails "$(result confinement)"
"$BLINDCOUNT" detach --bpffs "$GROUND_DIR/bpf/blindcount" >/dev/null
holds "no agent, and none was named" verify_rest
is "nothing to compare" skipped "$(result live)"
is "nor was the program tested" skipped "$(result dynamic)"
is "which is said" false "$(says complete)"
verify_rest --run "$GROUND_DIR/run"
is "no agent where one was named: status" 1 $?
verdict
