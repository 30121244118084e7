#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Proxies that keep connections to the app open and send many visitors' requests on each, in front of
# servers that nobody here wrote. Some visitors' requests are odd. What the app accepted, by its own
# log, is what is counted; and no visitor's request hides the others'.
#   COUNT=N   requests to each app through each proxy (1500)   SEED=N
#   PROXIES="haproxy apache", of haproxy, varnish, apache, caddy   APPS="nginx apache", of nginx, node,
#   apache; `make test-proxies` takes all of them and 10000 requests
. "${0%/*}/ground.sh"

COUNT=${COUNT:-1500}
SEED=${SEED:-$RANDOM}
PROXIES=${PROXIES:-haproxy apache}
APPS=${APPS:-nginx apache}
declare -A APP_PORT=([nginx]=$PORT [node]=8081 [apache]=8082)
APACHE_MODULES=/usr/lib/apache2/modules

# Where a proxy listens for an app.
proxy_port() {
	local n=0 name
	for name in haproxy varnish apache caddy; do
		[ "$name" = "$1" ] && echo $((9000 + n + ${APP_PORT[$2]} - 8080))
		n=$((n + 10))
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

app_up_nginx() {
	nginx_config | sed -e "s/log_format tick .*/log_format tick '\$status \$request';/" \
		-e "0,/access_log/s|access_log .*|access_log $(app_log nginx) tick;|" >"$GROUND_DIR/nginx/conf"
	app nginx -c "$GROUND_DIR/nginx/conf" || die "nginx did not start"
}

app_up_node() { app node "$ROOT/tests/e2e/proxies_app.js" "${APP_PORT[node]}" "$(app_log node)" >/dev/null & }

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

proxy_up_haproxy() {
	{
		cat <<-END
		defaults
			mode http
			timeout connect 5s
			timeout client 60s
			timeout server 60s
			option http-keep-alive
			option accept-invalid-http-request
			http-reuse always
		END
		for name in $APPS; do
			cat <<-END
			listen $name
				bind 127.0.0.1:$(proxy_port haproxy "$name")
				server app 127.0.0.1:${APP_PORT[$name]}
			END
		done
	} >"$GROUND_DIR/haproxy.conf"
	neighbour haproxy -D -f "$GROUND_DIR/haproxy.conf" || die "haproxy did not start"
}

proxy_up_varnish() {
	local name listen=()
	mkdir -m 755 "$GROUND_DIR/varnish"
	{
		echo 'vcl 4.1;'
		for name in $APPS; do
			printf 'backend %s { .host = "127.0.0.1"; .port = "%s"; }\n' "$name" "${APP_PORT[$name]}"
			listen+=(-a "$name=127.0.0.1:$(proxy_port varnish "$name")")
		done
		echo 'sub vcl_recv {'
		for name in $APPS; do
			printf '\tif (local.socket == "%s") { set req.backend_hint = %s; }\n' "$name" "$name"
		done
		printf '\treturn (pass);\n}\n'
	} >"$GROUND_DIR/varnish.vcl"
	neighbour varnishd -j none -n "$GROUND_DIR/varnish" -f "$GROUND_DIR/varnish.vcl" -s malloc,16m \
		"${listen[@]}" >"$GROUND_DIR/varnish.log" 2>&1 || die "varnish did not start"
}

proxy_up_apache() {
	local name
	mkdir "$GROUND_DIR/proxy"
	apache_config proxy proxy proxy_http >"$GROUND_DIR/proxy/conf"
	for name in $APPS; do
		cat <<-END
		Listen 127.0.0.1:$(proxy_port apache "$name")
		<VirtualHost 127.0.0.1:$(proxy_port apache "$name")>
			ProxyPass / http://127.0.0.1:${APP_PORT[$name]}/
		</VirtualHost>
		END
	done >>"$GROUND_DIR/proxy/conf"
	neighbour apache2 -f "$GROUND_DIR/proxy/conf" || die "Apache did not start as a proxy"
}

proxy_up_caddy() {
	local name
	{
		printf '{\n\tadmin off\n\tauto_https off\n}\n'
		for name in $APPS; do
			printf 'http://:%s {\n\treverse_proxy 127.0.0.1:%s\n}\n' "$(proxy_port caddy "$name")" \
				"${APP_PORT[$name]}"
		done
	} >"$GROUND_DIR/Caddyfile"
	neighbour env HOME="$GROUND_DIR" XDG_DATA_HOME="$GROUND_DIR" XDG_CONFIG_HOME="$GROUND_DIR" \
		caddy run --adapter caddyfile --config "$GROUND_DIR/Caddyfile" >"$GROUND_DIR/caddy.log" 2>&1 &
}

# through PROXY APP: send, and hold what was counted against the app's log.
through() {
	local page=/$1-$2 now=$GROUND_DIR/now
	: >"$(app_log "$2")"
	stats >"$now.before"
	neighbour node "$ROOT/tests/e2e/proxies.js" send "$(proxy_port "$1" "$2")" "$page" "$COUNT" \
		"$SEED" >"$now.sent" || die "the visitors gave up"
	ctl flush >/dev/null || die "the agent did not flush"
	stats >"$now.after"
	export_counts >"$now.csv"
	node "$ROOT/tests/e2e/proxies.js" judge "$now.sent" "$(app_log "$2")" "$now.csv" "$page" \
		"$now.before" "$now.after" || ground_fail
}

PATH=$PATH:/usr/sbin
declare -A PROGRAM=([varnish]=varnishd [apache]=apache2)
for name in $PROXIES $APPS; do
	command -v "${PROGRAM[$name]:-$name}" >/dev/null || {
		echo "$name is missing: scripts/setup proxies"
		exit 77
	}
done
echo "SEED=$SEED"
ground_up 1
chmod 755 "$GROUND_DIR"
ports=()
for name in $APPS; do
	: >"$(app_log "$name")"
	"app_up_$name"
	await "${APP_PORT[$name]}"
	ports+=(--port "${APP_PORT[$name]}")
done
agent_up "${ports[@]}" --min-count 1
for proxy in $PROXIES; do
	"proxy_up_$proxy"
	for name in $APPS; do
		await "$(proxy_port "$proxy" "$name")"
	done
	for name in $APPS; do
		through "$proxy" "$name"
	done
done
agent_down
is "status of the agent" 0 $?
verdict
