# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# For scripts that read packages of any Debian suite: an apt with folders of its own, which knows
# of no installed package and leaves this machine's alone. No root is needed.

# Without the archive and without a cache there is nothing to test with, which scripts/test counts
# as skipped.
unreachable() {
	echo "${0##*/}: $1 cannot be fetched from deb.debian.org" >&2
	exit 77
}

private_apt() {
	local root=$1
	shift
	"$@" -o Dir::Etc::SourceList="$root/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State="$root" -o Dir::State::status="$root/status" -o Dir::Cache="$root" \
		-o APT::Sandbox::User= -o APT::Architectures="$ARCH" -o APT::Architecture="$ARCH" \
		-o APT::Install-Recommends=false
}

# Get a suite's list of packages into a folder, for private_apt.
read_suite() {
	local root=$1 suite=$2
	local keys="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
	rm -rf "$root"
	mkdir -p "$root/lists/partial" "$root/archives/partial"
	: >"$root/status"
	echo "deb $keys http://deb.debian.org/debian $suite main" >"$root/sources.list"
	[ "$suite" = sid ] ||
		echo "deb $keys http://deb.debian.org/debian-security $suite-security main" \
			>>"$root/sources.list"
	private_apt "$root" apt-get -qq -o APT::Update::Error-Mode=any update >&2 ||
		unreachable "the package list of $suite"
}

# Unpack packages into a root in which /lib and its like are part of /usr.
unpack() {
	local root=$1 name package
	shift
	mkdir -p "$root/usr"
	for name in bin sbin lib lib64; do
		[ -e "$root/$name" ] && continue
		mkdir -p "$root/usr/$name"
		ln -s "usr/$name" "$root/$name"
	done
	for package; do
		dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$root"
	done
}
