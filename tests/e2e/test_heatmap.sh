#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# From a real click to the report: Chromium on a page with beacon.js behind nginx, counted in the
# kernel, flushed, written as a report, and read back from it in Chromium.
set -u
cd "${0%/*}" || exit 1
. ./ground.sh

SKIPPED=77
if ! command -v chromium >/dev/null || ! command -v node >/dev/null || ! [ -d node_modules ]; then
	echo "needs Chromium and make test-web's packages: scripts/test --browser"
	exit $SKIPPED
fi
make -s -C "$ROOT" build/beacon.min.js || die "no beacon script"

ground_up
mkdir "$GROUND_DIR/site"
cp "$ROOT/build/beacon.min.js" shop.html "$GROUND_DIR/site"
nginx_up "
	location = /hm { access_log $GROUND_DIR/nginx/beacons.log tick; return 204; }
	location = /beacon.min.js { root $GROUND_DIR/site; }
	location /shop { root $GROUND_DIR/site; try_files /shop.html =404; types { text/html html; } }"
agent_up --min-count 1

beacons() { wc -l <"$GROUND_DIR/nginx/beacons.log"; }

# What the browser does in one visit; prints how many beacons it should have sent.
visit() {
	client env SITE="http://$SERVER4:$PORT" node shop.js "$@"
}

want=$(visit clicks "$GROUND_DIR/expected.json") || die "the browser failed"
is "beacons that nginx answered" "$want" "$(beacons)"
for signal in dnt gpc optout; do
	visit $signal || die "the browser failed"
	is "beacons after a visit with $signal set" "$want" "$(beacons)"
done

# Page names that would run, or garble a screen, in HTML, a spreadsheet or a terminal.
hostile() {
	printf '/%s\n' '<script>hacked=1</script>' '"><img%20src=x%20onerror=hacked=1>' \
		'%3C%2Fscript%3E%3Cscript%3Ehacked%3D1%3C%2Fscript%3E' '%E2%80%AEgpj' '%ED%A0%80' \
		'%1B%5B2J%1B%5D0%3Bhacked%07' '%0D%0Ahacked' '%C2%9B31m' '%00x'
	printf '%s\n' '%3Dcmd()' '%2B1' '@SUM(A1)' '%09=1' 'javascript:hacked=1'
}
hostile | sed 's/"/\\"/g' |
	sed "s|.*|url = \"http://$SERVER4:$PORT/hm?e=click\&x=1\&y=1\&w=640\&p=&\"|" |
	client curl -sgK - || die "curl could not send"
want=$((want + $(hostile | wc -l)))

ctl flush >/dev/null
is "beacons on disk" "$want" "$(exported '$4 != "request"')"
is "converted clicks on disk" 3 "$(exported '$4 == "convert" && $3 == "/shop/cart"')"
is "seen = outcomes" "$(stat blindcount_seen_total)" "$(outcomes)"
is "secrets in the counts" 0 "$(export_counts | grep -c secret)"
is "hostile names, now inert, in the counts" "$(hostile | wc -l)" "$(export_counts |
	grep -cE ',(/%|%|:id,|javascript:|'\''[=+])')"
is "cells that a spreadsheet would run" 0 "$(export_counts | grep -cE '(^|,)"?[-=+@]')"
is "bytes that a terminal would obey" 0 "$(export_counts | LC_ALL=C tr -d '\n -~' | wc -c)"

"$BLINDCOUNT" report --data "$GROUND_DIR/data" --out "$GROUND_DIR/report.html" || die "no report"
holds "the report's hottest cells are where the clicks were" \
	node shop.js check "$GROUND_DIR/expected.json" "$GROUND_DIR/report.html"

"$BLINDCOUNT" stats --run "$GROUND_DIR/run" --textfile "$GROUND_DIR/blindcount.prom"
holds "the running agent's figures satisfy promtool" \
	promtool check metrics <"$GROUND_DIR/blindcount.prom"
agent_down
verdict
