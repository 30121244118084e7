# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Servers that nobody here wrote, as apps: nginx, node, apache, python; framed, which is nginx that wants
# a PROXY header first; and switching, which is Node.js that switches to whatever protocol it is asked
# for. Each answers 204 to all that it takes, on a port of
# its own, and has a log with a line a request: status and request line. Sourced behind ground.sh.

declare -A APP_PORT=([nginx]=$PORT [node]=8081 [apache]=8082 [python]=8083 [switching]=8084 [framed]=8085)
declare -A PROGRAM=([varnish]=varnishd [apache]=apache2 [python]=python3 [switching]=node [framed]=nginx)
APACHE_MODULES=/usr/lib/apache2/modules
APP_PORTS=() # options of `run` that name those of all apps

# Skip the test where one of these is not installed.
need() {
	local name
	PATH=$PATH:/usr/sbin
	for name in "$@"; do
		command -v "${PROGRAM[$name]:-$name}" >/dev/null || {
			echo "$name is missing: scripts/setup proxies"
			exit 77
		}
	done
}

listens() { in_ns s ss -Hltn "sport = :$1" | grep -q .; }

await() {
	for _ in $(seq 500); do
		listens "$1" && return
		sleep 0.02
	done
	die "nothing listens on $1"
}

app_log() { echo "$GROUND_DIR/$1.log"; }

# nginx_app_up NAME LISTEN
nginx_app_up() {
	mkdir -p "$GROUND_DIR/$1"
	nginx_config | sed -e "s/log_format tick .*/log_format tick '\$status \$request';/" \
		-e "0,/access_log/s|access_log .*|access_log $(app_log "$1") tick;|" \
		-e "s/listen $PORT;/listen $2;/" -e '/listen \[::\]/d' -e "/listen 127/s/$STATUS_PORT/1${APP_PORT[$1]}/" \
		-e "s|$GROUND_DIR/nginx|$GROUND_DIR/$1|" >"$GROUND_DIR/$1/conf"
	app nginx -c "$GROUND_DIR/$1/conf" || die "nginx did not start"
}

app_up_nginx() { nginx_app_up nginx $PORT; }
app_up_framed() { nginx_app_up framed "${APP_PORT[framed]} proxy_protocol"; }

node_up() { app node "$ROOT/tests/e2e/app_node.js" "${APP_PORT[$1]}" "$(app_log "$1")" "${@:2}" \
	>/dev/null & }
app_up_node() { node_up node; }
app_up_switching() { node_up switching upgrade; }

# The begin of a configuration: NAME MODULE …
apache_config() {
	local name=$1 module
	shift
	cat <<-END
	ServerRoot $GROUND_DIR/$name
	ServerName localhost
	PidFile $GROUND_DIR/$name/pid
	ErrorLog $GROUND_DIR/$name/error.log
	DefaultRuntimeDir $GROUND_DIR/$name
	Mutex file:$GROUND_DIR/$name
	User nobody
	Group nogroup
	KeepAlive On
	KeepAliveTimeout 300
	MaxKeepAliveRequests 0
	HttpProtocolOptions Unsafe
	END
	for module in mpm_event authz_core "$@"; do
		echo "LoadModule ${module}_module $APACHE_MODULES/mod_$module.so"
	done
}

app_up_apache() {
	mkdir "$GROUND_DIR/apache"
	apache_config apache rewrite >"$GROUND_DIR/apache/conf"
	cat >>"$GROUND_DIR/apache/conf" <<-END
	Listen 127.0.0.1:${APP_PORT[apache]}
	LogFormat "%>s %r" tick
	CustomLog $(app_log apache) tick
	RewriteEngine On
	RewriteRule .* - [R=204,L]
	END
	app apache2 -f "$GROUND_DIR/apache/conf" || die "Apache did not start"
}

app_up_python() {
	app /usr/bin/python3 "$ROOT/tests/e2e/app_python.py" "${APP_PORT[python]}" "$(app_log python)" &
}

# Start these, and wait until they listen.
apps_up() {
	local name
	chmod 755 "$GROUND_DIR"
	for name in "$@"; do
		: >"$(app_log "$name")"
		"app_up_$name"
		await "${APP_PORT[$name]}"
		APP_PORTS+=(--port "${APP_PORT[$name]}")
	done
}
