# common.sh - functions that the scripts of ci/ and modules/ share; sourced by bash, not run
#
# The cache: every entry is made under NAME.tmp and renamed when complete, while
# NAME.lock is held, so any part may be deleted and any run killed at any time.
# Children inherit the lock on purpose: the next run waits as long as a child of a
# killed run still writes into NAME.tmp.
# shellcheck shell=bash

prog=${0##*/}
# shellcheck disable=SC2034 # used by the scripts that source this
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
LWCACHE=${LWCACHE:-$HOME/.cache/lwtools}
case $LWCACHE in
/*) ;;
*) echo "$prog: LWCACHE=$LWCACHE: must be an absolute path" >&2; exit 2 ;;
esac
export LWCACHE
# The list of kernels
kernels=${LWKERNELS:-$top/modules/kernels}
umask 022

die() {
	echo "$prog: $*" >&2
	exit 1
}

progress() {
	[ -n "${LWQUIET-}" ] || echo "$prog: $*" >&2
}

need_root() {
	[ "$(id -u)" -eq 0 ] || die "must run as root (it mounts and uses chroot)"
}

need() {
	command -v "$1" >/dev/null || die "$1: not installed; run ci/setup"
}

# hash12 - the first 12 hex digits of stdin's SHA-256, enough for names
hash12() {
	local sum
	sum=$(sha256sum)
	echo "${sum:0:12}"
}

# lock FILE [shared] - waits for the lock and holds it, in fd 9, until unlock
lock() {
	local mode=-x
	[ "${2-}" != shared ] || mode=-s
	mkdir -p "$(dirname "$1")"
	exec 9>>"$1"
	flock -w 2 "$mode" 9 && return
	progress "waiting for another run, which holds $1"
	flock "$mode" 9
}

unlock() {
	exec 9>&-
}

remove_tree() {
	[ ! -e "$1" ] || rm -rf --one-file-system -- "$1"
}

# make_once PATH FUNCTION [ARG...] - unless PATH exists, FUNCTION PATH.tmp ARG...
# makes it and it is renamed
make_once() {
	local path=$1 function=$2
	shift 2
	[ ! -e "$path" ] || return 0
	lock "$path.lock"
	if [ ! -e "$path" ]; then
		remove_tree "$path.tmp"
		"$function" "$path.tmp" "$@"
		mv -T "$path.tmp" "$path"
	fi
	unlock
}

# make_run_dir KIND - sets run to a directory for this process alone. If nobody holds a
# directory's lock, which QEMU and others inherit, a killed run left that directory.
make_run_dir() {
	local dir
	lock "$LWCACHE/run/lock"
	for dir in "$LWCACHE"/run/*/; do
		[ ! -d "$dir" ] || flock -n "$dir" rm -rf "$dir" 2>/dev/null || :
	done
	run=$(mktemp -d "$LWCACHE/run/$1.XXXXXX")
	exec 8<"$run"
	flock 8
	unlock
}

# in_root ROOT COMMAND [ARG...] - runs the command in a chroot with a clean environment;
# the mounts vanish with its last process
in_root() {
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare --mount --propagation private bash -euc '
		root=$1
		shift
		mount -t proc proc "$root/proc"
		mount --bind /dev "$root/dev"
		mount -t tmpfs tmpfs "$root/tmp"
		rm -f "$root/etc/resolv.conf"
		cp -L /etc/resolv.conf "$root/etc/resolv.conf"
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
			DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
	' in_root "$@"
}

# mirror LABEL - the host's own mirror, found by a repository's Origin and not by its address
mirror() {
	local uri
	# shellcheck disable=SC2016 # apt expands it
	uri=$(apt-get indextargets --format '$(REPO_URI)|$(ORIGIN)|$(LABEL)' 'Created-By: Packages' |
		awk -F'|' -v label="$1" '$2 == "Debian" && $3 == label { print $1; exit }')
	[ -n "$uri" ] || die "no $1 repository in this host's apt configuration; run apt-get update, or set LWMIRROR and LWMIRROR_SECURITY"
	echo "$uri"
}

# canary_hours DEFAULT - prints CANARY, the hours for which a set of packages is in canary alone, or the default
canary_hours() {
	[[ ${CANARY:-$1} =~ ^(0|[1-9][0-9]{0,4})$ ]] || die "CANARY=$CANARY is not a number of hours"
	echo "${CANARY:-$1}"
}

# suite_of RELEASE - its suite from modules/kernels, or else from its name
suite_of() {
	local suite line
	line=$(awk -v r="$1" '$1 == r { print $1, $2, $3, $4, $5; exit }' "$kernels")
	[[ ${line%% } =~ ^([^ ]+ [^ /]+( /[^ ]+)?( full)?)?\ *$ ]] ||
		die "$kernels: ${line%% }: this is no line RELEASE SUITE [DIR] [full] with an absolute path as DIR"
	suite=$(cut -d ' ' -f 2 <<< "$line")
	case $1 in
	*/* | *' '*) ;;
	5.10.0-*64 | 6.1.0-0.deb11.*64) suite=${suite:-bullseye} ;;
	6.1.0-*64 | *+deb12*64) suite=${suite:-bookworm} ;;
	6.12.*+deb13*64) suite=${suite:-trixie} ;;
	*+deb13*64) suite=${suite:-trixie-backports} ;;
	*+deb14*64) suite=${suite:-forky} ;;
	esac
	[ -n "$suite" ] || die "$1: not in modules/kernels (there: $(awk '!/^#/ && NF { printf "%s%s", s, $1; s = " " }' "$kernels")); add a line RELEASE SUITE [DIR]"
	echo "$suite"
}

# site_of RELEASE - where its packages are if a site has compiled the kernel itself: a directory, or an apt source
# (FILE.sources). Nothing for a kernel of Debian's archive
site_of() {
	awk -v r="$1" '$1 == r && $3 ~ "^/" { print $3; exit }' "$kernels"
}

# is_full RELEASE - do all tests of the tools run on it?
is_full() {
	awk -v r="$1" '$1 == r { full = $NF == "full"; exit } END { exit !full }' "$kernels"
}

# config_of RELEASE ROOT - the file with the configuration of the kernel, among its headers in the builder
config_of() {
	echo "$2/usr/src/linux-headers-$1/.config"
}

# gcc_of CONFIG - the compiler of the kernel with that configuration, as its package is called
gcc_of() {
	local version
	version=$(sed -n 's/^CONFIG_GCC_VERSION=//p' "$1")
	[ "${version:-0}" -gt 0 ] || return
	echo "gcc-$((version / 10000))"
}

# arch_of RELEASE - Debian's name of its architecture
arch_of() {
	case $1 in
	*-arm64) echo arm64 ;;
	*) echo amd64 ;;
	esac
}

# flavour_of RELEASE - the end of its name, as linux-image-cloud-amd64 has it
flavour_of() {
	grep -oE '((cloud|rt)-)?[a-z0-9]+$' <<< "$1"
}

# builder_of ARCH - the recipe in ci/roots of the root in which its modules are compiled
builder_of() {
	case $1 in
	amd64) echo builder ;;
	*) echo "builder-$1" ;;
	esac
}

# lwload_of ARCH - the file with its loader, which "make" makes
lwload_of() {
	case $1 in
	amd64) echo "$top/build/lwload" ;;
	*) echo "$top/build/lwload-$1" ;;
	esac
}

# gnu_of ARCH - GNU's name of it, with which the names of its cross tools begin
gnu_of() {
	case $1 in
	arm64) echo aarch64-linux-gnu ;;
	*) echo x86_64-linux-gnu ;;
	esac
}

# guest_of RELEASE - the root of ci/roots with which it is booted. One root serves all kernels of arm64
guest_of() {
	local suite
	suite=$(suite_of "$1") || exit
	case $(arch_of "$1") in
	amd64) echo "guest-${suite%-backports}" ;;
	*) echo "cloud-$(arch_of "$1")" ;;
	esac
}

# kernel_version RELEASE - the Debian version of its packages, for the build of the
# builder's headers: several builds share one release name
kernel_version() {
	local root
	root=$("$top/modules/builder" "$1")
	case $(arch_of "$1") in
	amd64) dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Version}' "linux-headers-$1" ;;
	*) cat "$root/usr/src/linux-headers-$1/.lw-version" ;;
	esac
}

# plain_copy MODULE - its bytes, unpacked if need be
plain_copy() {
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

# copy_checkout DIR - all files that git tracks or would add, with their times
copy_checkout() {
	rm -rf "$1"
	mkdir "$1"
	(cd "$top" && git ls-files --cached --others --exclude-standard -z | xargs -0 cp -p --parents -t "$1")
}

# cache_without_stap DIR - another cache, with all but SystemTap's own part
cache_without_stap() {
	rm -rf "$1"
	mkdir "$1"
	ln -s "$LWCACHE"/{roots,kernels,symbols,vm,accel,run,key} "$1"
}

# module_is_new STP TOOL FILE RELEASE - is the module newer than all its inputs?
module_is_new() {
	[ -e "$3" ] && [ -z "$({
		"$top/modules/sources" "$1" "$2" | sed "s|^|$1/|"
		printf '%s\n' "$top"/modules/{build,calls,sources,try-run,describe,quirks} "$top/VERSION"
		compgen -G "$top/build/site/$4"
	} | xargs -I '{}' find '{}' -newer "$3")" ]
}

# guest_program NAME DIR RELEASE - compiles ci/tests/NAME.c into DIR, for the release's architecture: static, because
# guests have other libraries, and not position-independent, because ia32 system calls only take addresses below 4 GiB
guest_program() {
	local arch
	arch=$(arch_of "$3")
	"$(gnu_of "$arch")-gcc" -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -static -no-pie -pthread -o "$2/$1" "$top/ci/tests/$1.c"
}

# same_file FILE OTHER - are their bytes the same? If not, diffoscope tells what differs: the first lines of it
same_file() {
	cmp "$1" "$2" && return
	if command -v diffoscope > /dev/null; then
		diffoscope --no-progress --diff-context 1 "$1" "$2" | head -n 40 || :
	else
		echo "$prog: to see what differs, install diffoscope-minimal, as ci/setup deb does"
	fi
	return 1
}
