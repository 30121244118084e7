#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The configuration that scripts/deploy/nginx.conf recommends, as it stands but for its paths:
# beacons that come over TLS are counted, and no log holds an address.
. "${0%/*}/ground.sh"

CLIENTS=4

site_up() {
	local dir=$GROUND_DIR/nginx
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=shop.example.org \
		-keyout "$dir/shop.key" -out "$dir/shop.pem" 2>/dev/null || die "no certificate"
	mkdir "$dir/www"
	echo "a page" >"$dir/www/index.html"
	cat >"$dir/conf" <<-END
	user nobody nogroup;
	pid $dir/pid;
	error_log $dir/error.log;
	events {}
	http {
		client_body_temp_path $dir/body;
		proxy_temp_path $dir/proxy;
		fastcgi_temp_path $dir/fastcgi;
		uwsgi_temp_path $dir/uwsgi;
		scgi_temp_path $dir/scgi;
		$(sed "s|/etc/ssl/certs/|$dir/|; s|/etc/ssl/private/|$dir/|
			s|/var/log/nginx/|$dir/|; s|/var/www/shop|$dir/www|" \
			"$ROOT/scripts/deploy/nginx.conf")
	}
	END
	app nginx -c "$dir/conf" || die "nginx did not start"
}

visit() {
	local n=$1 family=$2 server=$3 address=$4
	client curl -sk --interface "$address" --connect-to "::$server:443" \
		-H "X-Forwarded-For: $address" -H "X-Real-IP: $address" -H "Forwarded: for=$address" \
		"https://shop.example.org/" "https://shop.example.org/no-such-page" \
		"https://shop.example.org/hm?p=/over-tls&x=$n&y=$family&w=1280&e=click" \
		>/dev/null ||
		die "curl could not send"
}

# Every line on disk that holds an address of a visitor.
lines_with_addresses() {
	local n
	for n in $(seq $CLIENTS); do
		client4 "$n"
		client6 "$n"
	done >"$GROUND_DIR/addresses"
	find "$GROUND_DIR/nginx" "$GROUND_DIR/data" -type f -exec zcat -f {} + |
		grep -cwF -f "$GROUND_DIR/addresses"
}

ground_up $CLIENTS
site_up
agent_up --min-count 1
for n in $(seq $CLIENTS); do
	visit "$n" 4 "$SERVER4" "$(client4 "$n")"
	visit "$n" 6 "[$SERVER6]" "$(client6 "$n")"
done
nginx_down
agent_down
is "clicks on disk" $((CLIENTS * 2)) "$(exported '$3 == "/over-tls" && $4 == "click"')"
is "requests in the access log" $((CLIENTS * 4)) "$(wc -l <"$GROUND_DIR/nginx/shop.log")"
is "lines with addresses" 0 "$(lines_with_addresses)"
client4 1 >>"$GROUND_DIR/nginx/error.log"
is "lines with addresses, one put there" 1 "$(lines_with_addresses)"
verdict
