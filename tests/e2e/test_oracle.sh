#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The same byte streams to blindcount and to two servers: nginx and Node.js. What they accept is
# what is counted, but for what oracle.tsv explains.
#   STREAMS=N  (2000)   SEED=N
. "${0%/*}/ground.sh"

STREAMS=${STREAMS:-2000}
SEED=${SEED:-$RANDOM}
NODE_PORT=8081
COUNT_PORT=8082

ground_up 1
nginx_up
mkfifo "$GROUND_DIR/node"
app node "$ROOT/tests/e2e/oracle_server.js" $NODE_PORT $COUNT_PORT >"$GROUND_DIR/node" &
read -r _ <"$GROUND_DIR/node" || die "Node.js did not start"
agent_up --port $NODE_PORT --min-count 1
holds "streams are counted as servers take them" client node "$ROOT/tests/e2e/oracle.js" \
	"$GROUND_DIR/run/control" $SERVER4 "$STREAMS" "$SEED" nginx=$PORT node=$NODE_PORT:$COUNT_PORT
agent_down
verdict
