#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# 50 distinctive addresses send beacons, and write themselves wherever an address may stand in a
# request. No form of any of them is found in the maps, on the sockets, in the data folder, the
# logs, the control socket's answers or the agent's memory, while their connections are open and
# after. The same search finds what was planted. Addresses are picked so that no form of them is
# there before; as many that are never sent show how often chance alone would find one.
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"

CANARY=$ROOT/build/tests/e2e/canary
PAGE=/plum/orchard-canary
EACH=25 # addresses of each family

# All files of the data folder, decompressed, and their names.
data() {
	find "$GROUND_DIR/data" -type f -print -exec cat {} +
	find "$GROUND_DIR/data" -name '*.gz' -exec gzip -cd {} +
}

# Take a dump of everything, into files called $1.*.
dump() {
	local to=$GROUND_DIR/$1 verb
	"$CANARY" maps "$GROUND_DIR/bpf/blindcount/live" >"$to.maps" || die "no dump of the maps"
	"$CANARY" memory "$AGENT_PID" >"$to.memory" || die "no dump of the memory"
	for verb in ping rules stats flush; do ctl $verb; done >"$to.answers" 2>&1
	{ stats && export_counts && "$BLINDCOUNT" policy --run "$GROUND_DIR/run"; } >>"$to.answers"
	data >"$to.data"
	cat "$GROUND_DIR/agent.log" >"$to.log"
}

# Routes to and from the picked addresses.
give_addresses() {
	local address
	while read -r address; do
		echo "addr add $address dev veth0 $(case $address in *:*) echo nodad ;; esac)"
	done <"$GROUND_DIR/sent" | in_ns c ip -batch - || die "the client has no such addresses"
	while read -r address; do
		echo "route add $address dev veth0"
	done <"$GROUND_DIR/sent" | in_ns s ip -batch - || die "there are no routes to them"
}

# Nothing of the addresses in a file called $1 stands in the dumps called $2.
search() {
	"$CANARY" search "$GROUND_DIR/$1" "$GROUND_DIR/$2".*
}

found() { "$CANARY" find "$2" "$GROUND_DIR/$1"; }

ground_up 1
nginx_up
agent_up --min-count 1
ctl "page (any) $PAGE" >/dev/null || die "no rule"
client curl -s "http://$SERVER4:$PORT/hm?p=$PAGE&x=1&y=1&w=800"
dump before
"$CANARY" pick $EACH "$GROUND_DIR"/before.* >"$GROUND_DIR/picked" || die "no addresses"
sed -n 's/^sent //p' "$GROUND_DIR/picked" >"$GROUND_DIR/sent"
sed -n 's/^never //p' "$GROUND_DIR/picked" >"$GROUND_DIR/never"
is "addresses" $((2 * EACH)) "$(wc -l <"$GROUND_DIR/sent")"
give_addresses
counted=$(outcomes)

mkfifo "$GROUND_DIR/to" "$GROUND_DIR/from"
client "$CANARY" send $SERVER4 $SERVER6 $PORT $PAGE <"$GROUND_DIR/to" >"$GROUND_DIR/from" &
exec 3>"$GROUND_DIR/to" 4<"$GROUND_DIR/from"
{ cat "$GROUND_DIR/sent" && echo; } >&3
read -r requests <&4
is "requests that ended" $((counted + requests)) "$(outcomes)"
is "of them opted out" $((2 * EACH)) "$(outcome opted_out)"
is "and counted" $((counted + requests - 2 * EACH)) "$(outcome counted)"
is "heads that are still open" $((2 * EACH)) $(($(stat blindcount_seen_total) - $(outcomes)))

# Their connections are open now.
# shellcheck disable=SC2046 # process numbers
is "sockets with something on them" $((2 * EACH)) "$("$CANARY" storage \
	"$GROUND_DIR/bpf/blindcount/live" $(cat "$GROUND_CGROUP/app/cgroup.procs") \
	2>&1 >"$GROUND_DIR/during.storage")"
dump during
exec 3>&- 4<&-
wait $!
dump after

for when in during after; do
	holds "$when: no address, in any form" search sent $when
	holds "$when: nor one that was never sent" search never $when
	for what in maps memory answers data; do
		holds "$when: the page is found in $what" found $when.$what $PAGE
	done
	holds "$when: what the log should hold is found" found $when.log "counting on"
	holds "$when: redacted pages are found" found $when.data /visitor/:id/cart
done
holds "the page being read is found on sockets" found during.storage $PAGE
holds "redacted pages are found in maps" found during.maps /visitor/:id/cart
agent_down
is "the agent ends" 0 $?
data >"$GROUND_DIR/ended.data"
cat "$GROUND_DIR/agent.log" >"$GROUND_DIR/ended.log"
holds "ended: no address, in any form" search sent ended
holds "ended: the page is found in data" found ended.data $PAGE

# The search itself: each family in forms that a leak might have.
four=$(grep -m1 -v : "$GROUND_DIR/sent")
six=$(grep -m1 : "$GROUND_DIR/sent")
# shellcheck disable=SC2046 # the address's bytes
hex=$(printf '%02X' $(tr . ' ' <<<"$four"))
for form in "$four" "$six" "$hex" "$((16#$hex))" "::ffff:$four" "${six^^}"; do
	printf 'x%sx' "$form" >"$GROUND_DIR/planted.form"
	holds "the search finds ${#form} characters that were planted" \
		sh -c '! "$@" >/dev/null' sh "$CANARY" search "$GROUND_DIR/sent" \
		"$GROUND_DIR/planted.form"
done
printf '%b' "\\x${hex:0:2}\\x${hex:2:2}\\x${hex:4:2}\\x${hex:6:2}" >"$GROUND_DIR/planted.form"
holds "the search finds four bytes that were planted" sh -c '! "$@" >/dev/null' sh \
	"$CANARY" search "$GROUND_DIR/sent" "$GROUND_DIR/planted.form"
verdict
