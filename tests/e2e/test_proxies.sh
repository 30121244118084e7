#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Proxies that keep connections to the app open and send many visitors' requests on each, in front of
# servers that nobody here wrote. Some visitors' requests are odd. What the app accepted, by its own
# log, is what is counted; and no visitor's request hides the others'. "direct" is no proxy; haproxy also
# puts PROXY headers, of both versions, before what it sends.
#   COUNT=N   requests to each app through each proxy (1500)   SEED=N
#   PROXIES="haproxy apache", of direct, haproxy, varnish, apache, caddy   APPS="nginx apache", of
#   nginx, node, apache, python; `make test-proxies` takes nearly all and 10000 requests
. "${0%/*}/ground.sh"
. "${0%/*}/apps.sh"

COUNT=${COUNT:-1500}
SEED=${SEED:-$RANDOM}
PROXIES=${PROXIES:-haproxy apache}
APPS=${APPS:-nginx apache}

# Where a proxy listens for an app.
proxy_port() {
	local n=0 name
	[ "$1" != direct ] || echo "${APP_PORT[$2]}"
	for name in haproxy varnish apache caddy haproxy_v1 haproxy_v2; do
		[ "$name" = "$1" ] && echo $((9000 + n + ${APP_PORT[$2]} - 8080))
		n=$((n + 10))
	done
}

proxy_up_direct() { :; }

# haproxy_listen PROXY APP [OPTION …]: of the server
haproxy_listen() {
	cat <<-END
	listen $1-$2
		bind 127.0.0.1:$(proxy_port "$1" "$2")
		unique-id-format %[uuid]
		server app 127.0.0.1:${APP_PORT[$2]} ${*:3}
	END
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
			haproxy_listen haproxy "$name"
		done
		haproxy_listen haproxy_v1 framed send-proxy
		haproxy_listen haproxy_v2 framed send-proxy-v2 proxy-v2-options crc32c,unique-id
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

# shellcheck disable=SC2086 # names
need ${PROXIES/direct/} $APPS
echo "SEED=$SEED"
ground_up 1
# shellcheck disable=SC2086 # names
apps_up $APPS framed
agent_up "${APP_PORTS[@]}" --min-count 1
for proxy in $PROXIES; do
	"proxy_up_$proxy"
	for name in $APPS; do
		await "$(proxy_port "$proxy" "$name")"
	done
	for name in $APPS; do
		through "$proxy" "$name"
	done
	if [ "$proxy" = haproxy ]; then
		through haproxy_v1 framed
		through haproxy_v2 framed
	fi
done
agent_down
is "status of the agent" 0 $?
verdict
