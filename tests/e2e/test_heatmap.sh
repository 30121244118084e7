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

ctl flush >/dev/null
is "beacons on disk" "$want" "$(exported '$4 != "request"')"
is "converted clicks on disk" 3 "$(exported '$4 == "convert" && $3 == "/shop/cart"')"
is "seen = outcomes" "$(stat blindcount_seen_total)" "$(outcomes)"
is "secrets in the counts" 0 "$(export_counts | grep -c secret)"

"$BLINDCOUNT" report --data "$GROUND_DIR/data" --out "$GROUND_DIR/report.html" || die "no report"
holds "the report's hottest cells are where the clicks were" \
	node shop.js check "$GROUND_DIR/expected.json" "$GROUND_DIR/report.html"

"$BLINDCOUNT" stats --run "$GROUND_DIR/run" --textfile "$GROUND_DIR/blindcount.prom"
holds "the running agent's figures satisfy promtool" \
	promtool check metrics <"$GROUND_DIR/blindcount.prom"
agent_down
verdict
