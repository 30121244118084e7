# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The ground that end-to-end tests and the demo stand on: two network namespaces joined by a veth
# pair, a cgroup, a bpffs and a folder of their own, nginx, and the agent. Sourced by bash scripts.
#
# Everything is named after the script's process number and goes away when the script ends: by
# itself, by a signal, or with kill -9 (then a reaper sweeps, or the next ground_up). Every process
# is put into the ground's cgroup first and enters its namespace then, because `ip netns exec`
# would hide the cgroup mount from it. (It and `ip -n` also fail in a plain chroot.)

ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
BLINDCOUNT=${BLINDCOUNT:-$ROOT/build/blindcount}
PORT=8080
STATUS_PORT=8089
SERVER4=198.51.100.1
SERVER6=2001:db8::1
GROUND_PREFIX=blindcount-test
GROUND=$GROUND_PREFIX-$$
GROUND_DIR=/tmp/$GROUND
GROUND_CGROUP=
GROUND_REAPER=
AGENT_PID=

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# Where cgroup v2 is mounted; in a bare chroot perhaps nowhere, then the ground mounts its own.
cgroup2_mount() {
	awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts
}

# Run a command in one of the ground's namespaces (s, c), in no cgroup of its own.
in_ns() {
	local ns=/run/netns/$GROUND-$1
	shift
	nsenter --net="$ns" -- "$@"
}

# Addresses of the n-th client, n = 1 …
client4() { echo "198.51.100.$((10 + $1))"; }
client6() { printf '2001:db8::c:%x\n' "$1"; }

# End every process of a cgroup and remove the folders.
sweep_cgroup() {
	[ -d "$1" ] || return 0
	echo 1 >"$1/cgroup.kill"
	for _ in $(seq 100); do
		grep -q 'populated 0' "$1/cgroup.events" && break
		sleep 0.05
	done
	find "$1" -depth -type d -exec rmdir {} +
}

# Remove all that a ground of this name left, whether it is whole or not.
ground_sweep() {
	local name=$1 ns mount
	mount=$(cgroup2_mount)
	[ -z "$mount" ] || { sweep_cgroup "$mount/$name" && sweep_cgroup "$mount/$name.slice"; }
	for ns in s c; do
		[ -e "/run/netns/$name-$ns" ] && ip netns del "$name-$ns"
	done
	if [ -d "/tmp/$name" ]; then
		for mount in bpf cgroup; do
			mountpoint -q "/tmp/$name/$mount" && umount "/tmp/$name/$mount"
		done
		rm -rf --one-file-system "/tmp/$name"
	fi
	return 0
}

# Sweep grounds whose scripts are gone.
ground_sweep_stale() {
	local dir pid
	for dir in /tmp/"$GROUND_PREFIX"-*; do
		pid=${dir##*-}
		[ -d "$dir" ] && ! kill -0 "$pid" 2>/dev/null && ground_sweep "$GROUND_PREFIX-$pid"
	done
	return 0
}

# Traps cannot see kill -9: a process of another session waits for the script's end.
ground_start_reaper() {
	setsid bash -c '. "$1"; tail --pid="$2" -f /dev/null; ground_sweep "$3"' reaper \
		"${BASH_SOURCE[0]}" $$ "$GROUND" </dev/null >/dev/null 2>&1 &
	GROUND_REAPER=$!
	disown
}

ground_down() {
	trap - EXIT
	trap '' INT TERM HUP
	if [ -n "$GROUND_REAPER" ]; then
		kill -- -"$GROUND_REAPER" 2>/dev/null
	fi
	ground_sweep "$GROUND"
}

ground_addresses() {
	local clients=$1 n
	in_ns s ip -batch - <<-END
	addr add 127.0.0.1/8 dev lo
	link set lo up
	addr add $SERVER4/24 dev veth0
	addr add $SERVER6/64 dev veth0 nodad
	link set veth0 up
	END
	for n in $(seq "$clients"); do
		echo "addr add $(client4 "$n")/24 dev veth0"
		echo "addr add $(client6 "$n")/64 dev veth0 nodad"
	done | in_ns c ip -batch -
	in_ns c ip link set lo up
	in_ns c ip link set veth0 up
}

# Make the ground, with so many client addresses of each family (16).
ground_up() {
	local mount ns
	[ "$(id -u)" -eq 0 ] || die "root is needed for namespaces and BPF: sudo $0"
	ground_sweep_stale
	trap ground_down EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir -m 755 "$GROUND_DIR" || die "$GROUND_DIR cannot be made"
	ground_start_reaper
	mount=$(cgroup2_mount)
	if [ -z "$mount" ]; then
		mount=$GROUND_DIR/cgroup
		mkdir "$mount"
		mount -t cgroup2 cgroup2 "$mount" || die "cgroup v2 cannot be mounted"
	fi
	GROUND_CGROUP=$mount/$GROUND
	mkdir "$GROUND_CGROUP" "$GROUND_CGROUP"/{app,agent,client} "$GROUND_DIR"/{bpf,nginx} ||
		die "no cgroup can be made in $mount"
	mount -t bpf bpf "$GROUND_DIR/bpf" || die "no bpffs can be mounted"
	for ns in s c; do
		ip netns add "$GROUND-$ns" || die "no network namespace can be made"
	done
	in_ns s ip link add veth0 type veth peer name veth0 netns "$GROUND-c" ||
		die "no veth pair can be made"
	# Merged segments on both sides, as real network cards give them.
	for ns in s c; do
		in_ns $ns ethtool -K veth0 gro on tso on 2>/dev/null || :
	done
	ground_addresses "${1:-16}"
}

# Become a command inside a cgroup (app, agent, client) and a namespace (s, c).
ground_exec() {
	local cgroup=$GROUND_CGROUP/$1 ns=/run/netns/$GROUND-$2
	shift 2
	exec sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec nsenter "$@"' sh \
		"$cgroup" --net="$ns" -- "$@"
}

# Run a command as a client on the other side of the veth pair.
client() {
	(ground_exec client c "$@")
}

# Run a command as a client on the server's own loopback.
neighbour() {
	(ground_exec client s "$@")
}

# Run a command as part of the app.
app() {
	(ground_exec app s "$@")
}

# One line a request goes to the access log: its status. $1: more directives of the server.
nginx_config() {
	cat <<-END
	user nobody nogroup;
	worker_processes 2;
	pid $GROUND_DIR/nginx/pid;
	error_log $GROUND_DIR/nginx/error.log;
	events { worker_connections 1024; }
	http {
		log_format tick '\$status';
		access_log $GROUND_DIR/nginx/access.log tick;
		client_body_temp_path $GROUND_DIR/nginx/body;
		proxy_temp_path $GROUND_DIR/nginx/proxy;
		fastcgi_temp_path $GROUND_DIR/nginx/fastcgi;
		uwsgi_temp_path $GROUND_DIR/nginx/uwsgi;
		scgi_temp_path $GROUND_DIR/nginx/scgi;
		keepalive_requests 1000000;
		server {
			listen $PORT;
			listen [::]:$PORT;
			location / { return 204; }
			$1
		}
		server {
			listen 127.0.0.1:$STATUS_PORT;
			access_log off;
			location / { stub_status; }
		}
	}
	END
}

# Start nginx on the beacon port; it listens when this returns.
nginx_up() {
	nginx_config "${1:-}" >"$GROUND_DIR/nginx/conf"
	app nginx -c "$GROUND_DIR/nginx/conf" || die "nginx did not start"
	NGINX_STATUS_CALLS=0
}

# End nginx when it has finished its requests; its access log is whole then.
nginx_down() {
	local pid
	pid=$(cat "$GROUND_DIR/nginx/pid")
	kill -QUIT "$pid"
	tail --pid="$pid" -s 0.05 -f /dev/null
}

# Put the number of requests that nginx has begun on the beacon port, by its own count, into
# NGINX_REQUESTS, once all clients but this one are gone: it may not yet have read what they sent.
# (Not printed: each call counts, which a subshell would forget.)
nginx_requests() {
	local active all
	for _ in $(seq 200); do
		read -r active all < <(neighbour curl -s "http://127.0.0.1:$STATUS_PORT/" |
			awk 'NR == 1 { active = $3 } NR == 3 { print active, $3 }')
		NGINX_STATUS_CALLS=$((NGINX_STATUS_CALLS + 1))
		[ "$active" -gt 1 ] || break
		sleep 0.05
	done
	# shellcheck disable=SC2034 # for the caller
	NGINX_REQUESTS=$((all - NGINX_STATUS_CALLS))
}

# Has the agent said that it counts? (There is no file until it says anything.)
agent_ready() { [ -e "$GROUND_DIR/ready" ] && grep -q READY=1 "$GROUND_DIR/ready"; }

# Start a command that becomes the agent, and wait until it says that it counts, or ends. Its
# messages go to agent.log. Fails if it ended; its own status is agent_status's then.
agent_try() {
	local notify=$GROUND_DIR/notify listener
	rm -f "$notify" "$GROUND_DIR/ready"
	socat -u "UNIX-RECVFROM:$notify" "OPEN:$GROUND_DIR/ready,creat,trunc" &
	listener=$!
	while ! [ -S "$notify" ]; do sleep 0.01; done
	chmod 666 "$notify"
	NOTIFY_SOCKET=$notify ground_exec agent s "$@" 2>>"$GROUND_DIR/agent.log" &
	AGENT_PID=$!
	# (wait -n would miss one that has ended by now.)
	while ! agent_ready && kill -0 $AGENT_PID 2>/dev/null; do
		sleep 0.02
	done
	# It removes its socket as it ends, which must not be the next one's.
	kill $listener 2>/dev/null
	wait $listener 2>/dev/null
	agent_ready
}

# Wait for the agent's end; the status is its own.
agent_status() { wait "$AGENT_PID" 2>/dev/null; }

agent_start() {
	agent_try "$@" && return
	cat "$GROUND_DIR/agent.log" >&2
	die "the agent did not start"
}

# Start the agent beside nginx; options are added.
agent_up() {
	agent_start "$BLINDCOUNT" run --port $PORT --cgroup "$GROUND_CGROUP/app" \
		--data "$GROUND_DIR/data" --run "$GROUND_DIR/run" \
		--bpffs "$GROUND_DIR/bpf/blindcount" --node demo --user nobody "$@"
}

# Stop the agent ($1: signal, TERM) and wait for its end; the status is its own.
agent_down() {
	kill -"${1:-TERM}" "$AGENT_PID"
	agent_status
}

ctl() { "$BLINDCOUNT" ctl --run "$GROUND_DIR/run" "$@"; }
stats() { "$BLINDCOUNT" stats --run "$GROUND_DIR/run"; }
export_counts() { "$BLINDCOUNT" export --data "$GROUND_DIR/data"; }

# One figure of `stats`, for example: stat 'blindcount_requests_total{outcome="counted"}'
stat() {
	stats | awk -v name="$1" '$1 == name { print $2; found = 1 } END { exit !found }' ||
		die "stats has no $1"
}

outcome() { stat "blindcount_requests_total{outcome=\"$1\"}"; }

# The sum of all outcomes.
outcomes() {
	stats | awk '/^blindcount_requests_total\{/ { sum += $2 } END { print sum + 0 }'
}

# The sum of the counts that are on disk; an awk condition on the columns narrows it, for
# example: exported '$3 == "/a"'
exported() {
	export_counts | awk -F, "NR > 1 && (${1:-1}) { sum += \$NF } END { print sum + 0 }"
}

GROUND_FAILED=0

ground_fail() { GROUND_FAILED=1; }

# is WHAT EXPECTED GOT: a figure that must be right.
is() {
	if [ "$2" = "$3" ]; then
		printf 'ok     %-52s %s\n' "$1" "$3"
	else
		printf 'WRONG  %-52s %s, not %s\n' "$1" "$3" "$2"
		ground_fail
	fi
}

# holds WHAT COMMAND …: a command that must succeed.
holds() {
	local what=$1
	shift
	if "$@"; then
		echo "ok     $what"
	else
		echo "WRONG  $what"
		ground_fail
	fi
}

# How many of our programs are attached to the ground's cgroup, and how many pins there are.
attached() { bpftool cgroup tree "$GROUND_CGROUP" | grep -c blindcount; }
pins() { find "$GROUND_DIR/bpf/blindcount" -type f 2>/dev/null | wc -l; }

# The last command of a test.
verdict() {
	[ $GROUND_FAILED -eq 0 ]
}
