#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Maps that are full: cells go before pages, pages before totals, each is counted, and the sums are
# exact. With maps of default size and all of their cells and pages in use, memory stays in bounds.
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"

CELLS=131072

# Twenty pages, each with ten cells, in room for 16 pages and 64 cells.
small_maps() {
	agent_up --max-cells 64 --max-pages 16 --min-count 1
	client curl -s "http://$SERVER4:$PORT/hm?p=/[a-t]&w=1024&y=1&x=[10-1000:100]" ||
		die "curl could not send"
	is "cells in use" 64 "$(stat blindcount_cells)"
	is "cells dropped" 136 "$(stat blindcount_cells_dropped_total)"
	is "pages in use" 16 "$(stat blindcount_pages)"
	is "beacons on dropped pages" 40 "$(stat blindcount_pages_dropped_total)"
	is "counted all the same" 200 "$(outcome counted)"
	ctl flush
	is "on disk" 200 "$(exported)"
	is "without a cell" 136 "$(exported '$6 == ""')"
	is "on a page that found room" 10 "$(exported '$3 == "/p"')"
	is "on (other)" 40 "$(exported '$3 == "(other)"')"
	is "cells in use then" 0 "$(stat blindcount_cells)"
	client curl -s "http://$SERVER4:$PORT/hm?p=/[s-t]&w=1024&y=1&x=1" || die "curl could not send"
	ctl flush
	is "there is room again" 1 "$(exported '$3 == "/t"')"
	agent_down
	rm -r "$GROUND_DIR/data"
}

# More are to be held back than there is room for.
held_overflow() {
	agent_up --min-count 1000000
	fill 50000
	ctl flush
	holds "rows held fit their room" [ "$(stat blindcount_held_bytes)" -le \
		"$(stat blindcount_held_max_bytes)" ]
	holds "the log says that some were not held" grep -q 'more rows were to be held' \
		"$GROUND_DIR/agent.log"
	is "they are on disk as (rare)" "$(outcome counted)" "$(exported '$3 == "(rare)"')"
	agent_down
	rm -r "$GROUND_DIR/data"
}

# fill N: that many cells, or a few more, in maps that hold them.
fill() {
	while [ "$(stat blindcount_cells)" -lt "$1" ]; do
		client wrk -t1 -c4 -d2 -s "$ROOT/tests/e2e/durable/fill.lua" \
			"http://$SERVER4:$PORT/hm" >>"$GROUND_DIR/wrk.log" || die "wrk could not send"
	done
}

peak() { awk '/VmHWM/ { print $2 * 1024 }' "/proc/$AGENT_PID/status"; }

memory() {
	local maps agent
	agent_up --flush 3600
	fill $((CELLS - 1))
	ctl flush || die "no flush"
	is "all on disk or held" 0 "$(stat blindcount_cells)"
	maps=$(stat blindcount_maps_bytes)
	agent=$(peak)
	echo "       maps $((maps / 1048576)) MiB, agent at its peak $((agent / 1048576)) MiB," \
		"flush of $(stat blindcount_last_flush_rows) rows $(stat blindcount_last_flush_seconds) s"
	holds "together at most 64 MiB" [ $((maps + agent)) -le $((64 * 1048576)) ]
	counted=$(outcome counted)
	agent_down
	is "on disk" "$counted" "$(exported)"
}

ground_up 1
nginx_up
small_maps
held_overflow
memory
verdict
