#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Under load, over IPv4, IPv6 and loopback, the counts on disk are the server's own count.
. "${0%/*}/ground.sh"

LOAD=${LOAD:-100000} # beacons at least
CELLS=${CELLS:-500} # more than these come new to two threads

load() {
	"$1" wrk -t2 -c16 -d1 -s "$ROOT/tests/e2e/cells.lua" "$2" >>"$GROUND_DIR/wrk.log" ||
		die "wrk could not send"
	nginx_requests
}

# Requests of every sort but beacons, and people who opted out.
mixture() {
	client curl -sg "http://$SERVER4:$PORT/" "http://[$SERVER6]:$PORT/a/b?c=d"
	client curl -s -I -o /dev/null "http://$SERVER4:$PORT/"
	client curl -s -d "field=value" "http://$SERVER4:$PORT/form"
	client curl -s -H 'DNT: 1' "http://$SERVER4:$PORT/hm?p=/page1&x=1&y=1&w=1280"
	client curl -s -H 'Sec-GPC: 1' "http://$SERVER4:$PORT/hm?p=/page1&x=1&y=1&w=1280"
	client curl -s -b 'a=b; blindcount_optout=1' "http://$SERVER4:$PORT/hm?p=/page1&x=1&y=1&w=1280"
	nginx_requests
}

ground_up 1
nginx_up
agent_up
while [ "${NGINX_REQUESTS:-0}" -lt "$LOAD" ]; do
	load client "http://$SERVER4:$PORT/hm"
	load client "http://[$SERVER6]:$PORT/hm"
	load neighbour "http://127.0.0.1:$PORT/hm"
done
beacons=$NGINX_REQUESTS
mixture
nginx_down
ctl flush >/dev/null || die "the agent did not flush"
is "nginx answered what it began" "$NGINX_REQUESTS" "$(wc -l <"$GROUND_DIR/nginx/access.log")"
is "seen" "$NGINX_REQUESTS" "$(stat blindcount_seen_total)"
is "sum of the outcomes" "$NGINX_REQUESTS" "$(outcomes)"
is "opted out" 3 "$(outcome opted_out)"
is "counted" $((NGINX_REQUESTS - 3)) "$(outcome counted)"
is "clicks on disk" "$beacons" "$(exported '$4 == "click"')"
holds "many cells were new to both threads" [ "$(export_counts |
	awk -F, '$4 == "click" { cell[$6 "," $7] } END { print length(cell) }')" -gt "$CELLS" ]
agent_down
is "status of the agent" 0 $?
is "counts on disk when it has ended" $((NGINX_REQUESTS - 3)) "$(exported)"
verdict
