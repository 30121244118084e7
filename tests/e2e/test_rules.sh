#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Rules while the agent is killed, who may change them, and forgetting:
#   KILLS=N    agents killed amid a rule change (10)
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"

KILLS=${KILLS:-10}
CANARY=$ROOT/build/tests/e2e/canary
export LC_ALL=C

# Cookies k0 … k9 come and go; what was answered `ok` holds after kill -9.
kill_amid_changes() {
	local cookie line answer lost=0 torn=0 answered=0
	local -A there=()
	for _ in $(seq "$KILLS"); do
		cookie=k$((RANDOM % 10))
		line="optout cookie $cookie"
		[ -z "${there[$cookie]-}" ] || line="remove $line"
		(sleep "0.0$((RANDOM % 60 + 10))" && kill -9 $AGENT_PID) &
		answer=$(ctl "$line" 2>/dev/null && echo ok)
		wait $! $AGENT_PID 2>/dev/null
		agent_up --min-count 1
		ctl rules >"$GROUND_DIR/rules"
		for cookie in "${!there[@]}"; do
			[ "$line" = "remove optout cookie $cookie" ] ||
				grep -q "^optout cookie $cookie " "$GROUND_DIR/rules" || lost=$((lost + 1))
		done
		if [ "${answer##*$'\n'}" = ok ]; then
			answered=$((answered + 1))
			case $line in
			remove*) grep -q "^${line#remove } " "$GROUND_DIR/rules" && torn=$((torn + 1)) ;;
			*) grep -q "^$line " "$GROUND_DIR/rules" || lost=$((lost + 1)) ;;
			esac
		fi
		there=()
		while read -r cookie; do
			there[$cookie]=1
		done < <(sed -n 's/^optout cookie \(k[0-9]\) .*/\1/p' "$GROUND_DIR/rules")
	done
	echo "       $answered of $KILLS changes were answered ok before the kill"
	is "opt-outs lost in $KILLS kills amid a rule change" 0 $lost
	is "removals that were answered ok and undone" 0 $torn
}

# Wait until the agent's log says something.
logged() {
	timeout 10 sh -c 'until grep -q "$1" "$2"; do sleep 0.05; done' sh "$1" \
		"$GROUND_DIR/agent.log"
}

has_rule() { ctl rules | grep -q "^$1  # $2\$"; }

rules_file() {
	local file=$GROUND_DIR/rules.conf
	printf 'optout cookie one\n' >"$file"
	agent_up --rules "$file"
	ctl optout cookie two >/dev/null
	holds "rules come from the file" has_rule 'optout cookie one' file
	holds "a rule of the file can't be removed" eval '! ctl remove optout cookie one 2>/dev/null'
	printf 'optout cookie three\noptuot cookie four\n' >"$file"
	kill -HUP $AGENT_PID
	holds "a bad file is refused on SIGHUP, with its line" logged "line 2: 'optuot'"
	holds "... and the rules in force stay" has_rule 'optout cookie one' file
	printf 'optout cookie two\noptout cookie three\n' >"$file"
	kill -HUP $AGENT_PID
	holds "a good file is taken" timeout 10 sh -c \
		'until "$0" ctl --run "$1" rules | grep -q "^optout cookie three  # file"; do :; done' \
		"$BLINDCOUNT" "$GROUND_DIR/run"
	holds "... and what the file dropped is gone" eval '! has_rule "optout cookie one" file'
	holds "... and the socket's rules stay" has_rule 'optout cookie two' 'file socket'
	agent_down
}

# A predecessor's program still counts under a rule that the data folder does not have.
lost_rules() {
	local before

	agent_up
	before=$(attached)
	ctl optout cookie kept >/dev/null
	kill -9 "$AGENT_PID"
	agent_status >/dev/null
	mv "$GROUND_DIR/data/rules" "$GROUND_DIR/rules-kept"
	: >"$GROUND_DIR/agent.log"
	holds "lost rules stop the start" eval '! (trap - EXIT; agent_up) 2>/dev/null'
	holds "... with a message" logged "has no file 'rules'"
	is "... and what counted goes on counting" "$before" "$(attached)"
	mv "$GROUND_DIR/rules-kept" "$GROUND_DIR/data/rules"
	agent_up
	holds "found again, they are in force" has_rule 'optout cookie kept' socket
	agent_down
}

damaged_rules() {
	truncate -s -1 "$GROUND_DIR/data/rules"
	: >"$GROUND_DIR/agent.log"
	# agent_up ends the script if the agent does not start.
	holds "damaged rules stop the start" eval '! (trap - EXIT; agent_up) 2>/dev/null'
	holds "... with a message" logged "'rules' in the data folder"
	is "... and nothing is attached" 0 "$(attached)"
}

# In how many places a text is: DATA (decompressed), kernel maps, the agent's memory.
in_data() { find "$GROUND_DIR/data" -type f -exec zgrep -al "$1" {} + | wc -l; }

in_maps() { "$CANARY" maps "$GROUND_DIR/bpf/blindcount/live" | occurrences "$1"; }

in_memory() { "$CANARY" memory "$AGENT_PID" | occurrences "$1"; }

occurrences() { grep -ao "$1" | wc -l; }

places() { echo "$(in_data "$1") $(in_maps "$1") $(in_memory "$1")"; }

# send PAGE COUNT
send() {
	client curl -s "http://$SERVER4:$PORT/hm?p=$1&x=[1-$2]&y=1&w=640"
}

# Pages on disk, in the current generation, and held back.
send_pages() {
	send "/$1/$2-often" 8
	send "/$1/$2-exact" 8
	send "/$1/$2-rule" 8
	send "/$1/$2-rare" 2
}

# answers TEXT LINE: with a data line that the text describes, and ok.
answers() {
	local text=$1
	shift
	holds "answer to $1 $2: $text" ctl_says "$text" "$@"
}

ctl_says() { ctl "${@:2}" >"$GROUND_DIR/answer" && grep -qxE "$1" "$GROUND_DIR/answer"; }

forget_pages() {
	local gone=zzqx kept=wwqy name
	ctl page "(any)" "/kept/$kept-rule" >/dev/null
	ctl page "(any)" "/gone/$gone-rule" >/dev/null
	for _ in 1 2; do
		send_pages gone $gone
		send_pages kept $kept
		ctl flush >/dev/null
	done
	send_pages gone $gone
	send_pages kept $kept
	for name in $gone $kept; do
		holds "$name is found in files before" test "$(in_data "$name")" -gt 0
		holds "... in maps" test "$(in_maps "$name")" -gt 0
		holds "... in memory" test "$(in_memory "$name")" -gt 0
	done
	ctl remove page "(any)" "/gone/$gone-rule" >/dev/null
	ctl forget page "(any)" "/gone/$gone-exact" >/dev/null
	answers "removed [0-9]+ rows from [0-9]+ files, and [0-9]+ that were not in files yet" \
		forget page "(any)" "/gone/*"
	answers "no counts of it were there" forget page "(any)" "/gone/*"
	holds "a site that can't be one is not forgotten" eval '! ctl forget site a/b 2>/dev/null'
	is "places where what was forgotten is found" "0 0 0" "$(places $gone)"
	holds "what was kept is found in files" test "$(in_data $kept)" -gt 0
	holds "... in maps" test "$(in_maps $kept)" -gt 0
	holds "... in memory" test "$(in_memory $kept)" -gt 0
	is "beacons of what was kept, on disk" 78 \
		"$(ctl flush >/dev/null && exported '$3 ~ "^/kept"')"
}

# The agent is killed while it forgets: its successor goes on before it answers anything.
forget_after_crash() {
	local gone=zzqx kept=wwqy before
	before=$(exported '$3 ~ "^/kept"')
	send_pages gone $gone
	ctl flush >/dev/null
	send_pages gone $gone
	send_pages kept $kept
	kill -9 "$AGENT_PID"
	wait "$AGENT_PID" 2>/dev/null
	printf '(any)\n/gone/*\n' >"$GROUND_DIR/data/forget"
	chown nobody "$GROUND_DIR/data/forget"
	agent_up --socket-group nogroup
	holds "it is forgotten when the agent answers" ctl ping
	is "places where it is found" "0 0 0" "$(places $gone)"
	is "beacons of what was kept, on disk" $((before + 26)) "$(exported '$3 ~ "^/kept"')"
	is "the audit log tells of it, without its name" 1 "$(grep -cE \
		'forget page \(any\) page-[0-9a-f]{16}: finished later$' "$GROUND_DIR/data/audit.log")"
}

# What a damaged file holds nobody can tell: each request names it, until it is deleted.
forget_damaged() {
	local file
	file=$(echo "$GROUND_DIR"/data/counts/date=*/demo.csv.gz)
	head -c 60 "$file" >"$file.damaged-1"
	holds "a damaged file makes it an error" eval \
		'! ctl forget page "(any)" /none 2>"$GROUND_DIR/answer"'
	holds "... which names it, and says what to do" grep -qE \
		'delete what is damaged, and forget again: counts/.*demo.csv.gz.damaged-1' \
		"$GROUND_DIR/answer"
	rm "$file.damaged-1"
	answers "no counts of it were there" forget page "(any)" /none
}

# A member of the socket's group, who is not root, sends one line.
member() {
	setpriv --reuid daemon --regid nogroup --clear-groups \
		"$BLINDCOUNT" ctl --run "$GROUND_DIR/run" "$@" >"$GROUND_DIR/answer" 2>&1
}

refused() { ! member "$@" && grep -q "only root may" "$GROUND_DIR/answer"; }

members_only_tighten() {
	holds "a member of the group adds an opt-out" member optout cookie mine
	holds "... and an exclusion" member exclude site x
	holds "... and a page" member page "(any)" /member
	holds "... and removes a page" member remove page "(any)" /member
	holds "... but no opt-out" refused remove optout cookie mine
	holds "... and adds no site" refused site y
	holds "... and no beacon" refused beacon /b
	holds "root removes an opt-out" ctl remove optout cookie mine
	holds "who is not in the group is not let in" eval \
		'! setpriv --reuid daemon --regid daemon --clear-groups "$BLINDCOUNT" ctl \
			--run "$GROUND_DIR/run" ping 2>/dev/null'
}

ground_up 4
nginx_up
agent_up --min-count 1
kill_amid_changes
agent_down
agent_up --socket-group nogroup
members_only_tighten
forget_pages
forget_after_crash
forget_damaged
agent_down
rules_file
lost_rules
damaged_rules
verdict
