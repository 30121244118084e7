#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# A disk that is full, read-only or gone, under load: counts wait in the kernel, the agent says so
# once, and all is on disk when it can be. A damaged file is set aside and named.
#   TROUBLE=SECONDS  how long the disk is full (3)
set -u
. "${BASH_SOURCE[0]%/*}/ground.sh"
. "${BASH_SOURCE[0]%/*}/durable/load.sh"

TROUBLE=${TROUBLE:-3}
DISK=$GROUND_DIR/disk
LOG=$GROUND_DIR/agent.log

said() { grep -cF "$1" "$LOG"; }

# await COMMAND …: does it succeed before long?
await() {
	for _ in $(seq 300); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

in_trouble() { [ "$(stat blindcount_trouble_timestamp_seconds)" -gt 0 ]; }
fine() { ! in_trouble; }

# trouble WHAT: it is noticed, said once, and over after a flush.
trouble() {
	holds "$1: in the stats" await in_trouble
	is "$1: said in the log" "$told" "$(said "counts can't be written")"
}

over() {
	holds "$1: a flush works again" ctl flush
	holds "$1: no trouble in the stats" fine
	is "$1: said that it is over" "$told" "$(said 'counts are on disk again')"
	told=$((told + 1))
}

full_disk() {
	head -c 100M /dev/zero >"$DISK/filler" 2>/dev/null
	sleep "$TROUBLE"
	trouble "full disk"
	is "full disk: a file is there or not, never half" 0 "$("$BLINDCOUNT" export \
		--data "$DISK/data" 2>&1 >/dev/null | wc -l)"
	rm "$DISK/filler"
	over "full disk"
}

read_only() {
	chmod -R a-w "$DISK"/data/counts
	trouble "read-only folder"
	chmod -R u+w "$DISK"/data/counts
	over "read-only folder"
}

# The folder is moved away, as by a restore, and comes back as another one with its files.
folder_gone() {
	mv "$DISK/data" "$DISK/moved"
	trouble "data folder gone"
	cp -a "$DISK/moved" "$DISK/data"
	over "data folder gone"
	rm -r "$DISK/moved"
	is "counting goes on in the new folder" 1 "$(said 'is another folder than before')"
	ctl 'optout cookie kept' || die "no rule can be added"
	rm -r "$DISK/data"
	trouble "data folder deleted"
	install -d -m 750 -o nobody "$DISK/data"
	over "data folder deleted"
	holds "rules are kept in the new folder, too" grep -q 'cookie kept' "$DISK/data/rules"
}

damage() {
	local file before day
	client curl -s "http://$SERVER4:$PORT/hm?p=/before&x=[1-9]"
	ctl flush || die "no flush"
	agent_down USR1
	before=$(exported)
	file=$(echo "$DISK"/data/counts/date=*/demo.csv.gz)
	day=${file%/*}
	day=${day##*=}
	printf 'damage' | dd of="$file" bs=1 seek=40 conv=notrunc status=none
	"$BLINDCOUNT" export --data "$DISK/data" >/dev/null 2>"$GROUND_DIR/err"
	is "export's status with a damaged file" 1 $?
	holds "export names it" grep -q "date=$day/demo.csv.gz" "$GROUND_DIR/err"
	agent_up --data "$DISK/data" --min-count 1
	client curl -s "http://$SERVER4:$PORT/hm?p=/after&x=1" || die "curl could not send"
	ctl flush || die "no flush with a damaged file"
	is "set aside and named" 1 "$(grep -c "date=$day/demo.csv.gz.damaged-1 was damaged" "$LOG")"
	holds "and kept" [ -s "$file.damaged-1" ]
	agent_down
	holds "counts since are on disk" [ "$(export_counts 2>/dev/null | grep -c /after)" = 1 ]
	"$BLINDCOUNT" export --data "$DISK/data" >/dev/null 2>&1
	is "export's status with the file set aside" 1 $?
	rm "$file.damaged-1"
	holds "and when it is deleted" eval 'export_counts >/dev/null 2>&1'
	holds "there were counts before" [ "$before" -gt 0 ]
}

export_counts() { "$BLINDCOUNT" export --data "$DISK/data"; }

told=1
ground_up 1
nginx_up
mkdir "$DISK"
mount -t tmpfs -o size=2M tmpfs "$DISK" || die "no tmpfs can be mounted"
agent_up --data "$DISK/data" --flush 1
load_begin
full_disk
read_only
load_end
nginx_down
ctl flush
lost=$(exported)
is "counted and held so far, seen" "$NGINX_REQUESTS" "$(stat blindcount_seen_total)"
agent_down
is "counts on disk after the troubles" "$NGINX_REQUESTS" "$(exported)"
holds "most were there before the stop" [ "$lost" -gt 0 ]
nginx_up
agent_up --data "$DISK/data" --flush 1
folder_gone
damage
umount "$DISK"
verdict
