#!/bin/sh
# install.sh - installs lwtools from the unpacked tarball around this script, or removes it again
#
# usage: install.sh [--remove] [--root DIR]
#   --root DIR   for a system that is mounted at DIR; the running kernel does not matter
#
# 0: done. 1: it failed. 2: usage. 3: this is for another kernel than the running one.
set -eu
umask 022
root='' remove=''

die() {
	echo "install.sh: $1" >&2
	exit "${2:-1}"
}

usage() {
	die "usage: install.sh [--remove] [--root DIR]" 2
}

# Only the files that SHA256SUMS names
files() {
	sed -n 's/^[0-9a-f]*  //p' SHA256SUMS | grep '^tree/'
}

# Each file first gets a temporary name, so that it is always the old file or the new file.
install_files() {
	trap 'rm -f "$to.lwtools-new"' EXIT
	for file in $(files); do
		to=$root${file#tree}
		mkdir -p "${to%/*}"
		cp "$file" "$to.lwtools-new"
		chown 0:0 "$to.lwtools-new"
		chmod "$(stat -c %a "$file")" "$to.lwtools-new"
		mv -f "$to.lwtools-new" "$to"
	done
	mkdir -p "$root/etc/lwtools"
}

# As in debian/lwtools.prerm: a run of lwload@TOOL or of lwload start would outlive its program.
# On a system that is only mounted, none can run.
stop_runs() {
	[ -z "$root" ] || return 0
	if [ -d /run/systemd/system ]; then
		systemctl stop 'lwload@*' || :
		systemctl disable --now lwtools-check.timer 2>/dev/null || :
	fi
	rm -f /var/lib/prometheus/node-exporter/lwtools-*.prom /var/lib/prometheus/node-exporter/lwtools-*.prom.new
	for socket in /run/lwtools/*.sock; do
		[ ! -S "$socket" ] || /usr/sbin/lwload stop "$(basename "$socket" .sock)" || :
	done
	rm -rf /run/lwtools
}

# has_others - are there modules of another kernel?
has_others() {
	for other in "$root"/lib/modules/*/systemtap/lwtools.manifest; do
		[ ! -e "$other" ] || [ "$other" = "$root/lib/modules/$release/systemtap/lwtools.manifest" ] || return 0
	done
	return 1
}

# lwload and its pages stay as long as another kernel has modules.
remove_files() {
	has_others || stop_runs
	rm -f "$root/lib/modules/$release"/systemtap/lw_*.ko "$root/lib/modules/$release"/systemtap/lwtools.manifest*
	rm -rf "$root/lib/modules/$release/systemtap/signatures"
	rmdir "$root/lib/modules/$release/systemtap" 2>/dev/null || :
	rm -f "$root/var/lib/lwtools/serial/$release"
	! has_others || return 0
	for file in $(files | grep -v '^tree/lib/modules/'); do
		rm -f "$root${file#tree}"
	done
	for dir in usr/share/doc/lwtools/examples usr/share/doc/lwtools etc/lwtools/keys etc/lwtools \
		var/lib/lwtools/serial var/lib/lwtools; do
		rmdir "$root/$dir" 2>/dev/null || :
	done
}

while [ $# -gt 0 ]; do
	case $1 in
	--remove) remove=yes ;;
	--root)
		[ $# -ge 2 ] || usage
		root=$(cd "$2" 2>/dev/null && pwd) || die "$2: no such directory" 2
		root=${root%/}
		shift
		;;
	*) usage ;;
	esac
	shift
done
cd "$(dirname "$0")"
release=$(cat release)
[ "$(id -u)" -eq 0 ] || die "must run as root"
! grep -qsx /usr/sbin/lwload "$root/var/lib/dpkg/info/lwtools.list" || die "lwtools is installed as a Debian package here; use apt"
if [ -n "$remove" ]; then
	remove_files
	exit
fi
sha256sum -c --quiet --strict SHA256SUMS >&2 || die "damaged: files here are not those of SHA256SUMS; unpack the tarball again"
[ -n "$root" ] || [ "$(uname -r)" = "$release" ] ||
	die "this is for kernel $release, and $(uname -r) runs here; take lwtools-$(uname -r).tar.zst" 3
install_files
