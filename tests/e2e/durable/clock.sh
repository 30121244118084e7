# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Moves the clocks of an agent that clock.so is preloaded into. Sourced after ground.sh.

CLOCK=$GROUND_DIR/clock

# clock_move SECONDS SECONDS [TIME]: what is added to the time of day, and to the time since boot;
# the time of day at which the first stands still.
clock_move() {
	local n byte text=
	for n in "$1" "$2" "${3:-0}"; do
		for byte in 0 8 16 24 32 40 48 56; do
			printf -v byte '\\x%02x' $((n >> byte & 255))
			text+=$byte
		done
	done
	printf '%b' "$text" | dd of="$CLOCK" conv=notrunc status=none
}

# Variables that an agent whose clocks move is started with.
clock_environment() {
	echo "LD_PRELOAD=$ROOT/build/tests/e2e/durable/clock.so" "CLOCK_FILE=$CLOCK"
}
