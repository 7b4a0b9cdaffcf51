#!/bin/sh
# look.sh - what is to be known of a host before anything on it is changed; prints a JSON object
#
# usage: sh -s -- URL SUITE VERSION KEY < look.sh
#   URL      of the repository; '' looks at the host alone
#   SUITE    '' is that of the host's own Debian
#   VERSION  of lwtools; '' is the newest that the repository has for the running kernel
#   KEY      the repository's public key, its text
#
# It is apt that reads the repository and checks who signed it, in a directory that goes again: the host's
# proxies and certificates are used, http, https and file work, and the host is left as it was.
set -eu
umask 022

# strings WORD... - as members of a JSON array. Names of releases, packages and versions need no escapes.
strings() {
	comma=''
	for word; do
		printf '%s"%s"' "$comma" "$word"
		comma=,
	done
}

# sentence TEXT - what a JSON string takes of it as it is, on one line
sentence() {
	printf '%s' "$1" | tr '\n\t' '  ' | LC_ALL=C tr -cd ' !#-[]-~' | cut -c 1-400
}

# next_release - the newest with an image in /boot, which is what boot loaders of Debian take
next_release() {
	for image in /boot/vmlinuz-*; do
		case $image in
		*'*'|*.old|*.bak|*.dpkg-*|*.efi) ;;
		*) echo "${image#/boot/vmlinuz-}" ;;
		esac
	done | sort -V | tail -n 1
}

# installed - our packages, one PACKAGE=VERSION a line; without apt, the tarballs. lwtools-fleet is the operator's side.
installed() {
	if ! $apt; then
		find /var/lib/lwtools-tarball -name '*.tar.zst' -printf '%f\n' 2> /dev/null || :
		return
	fi
	# shellcheck disable=SC2016 # dpkg-query expands it
	dpkg-query -W -f '${db:Status-Abbrev} ${Package}=${Version}\n' lwtools 'lwtools-*' 2> /dev/null |
		sed -n 's/^[hi]i  *//p' | grep -v '^lwtools-fleet=' || :
}

# our_files - those of the repository that are there
our_files() {
	for file in /etc/apt/sources.list.d/lwtools.list /usr/share/keyrings/lwtools.asc; do
		[ ! -e "$file" ] || echo "$file"
	done
}

# settings - apt's, after those of the host. Its hooks would change the host.
settings() {
	cat <<-END
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	APT::Update::Error-Mode "any";
	APT::Sandbox::User "root";
	Acquire::GzipIndexes "false";
	Acquire::Languages "none";
	Acquire::Retries "3";
	Dir::Cache "$dir/cache";
	Dir::State::lists "$dir/lists";
	Dir::Etc::sourcelist "$dir/lwtools.list";
	Dir::Etc::sourceparts "-";
	END
}

# read_repository - sets available, lines of PACKAGE VERSION, or problem
read_repository() {
	dir=$(mktemp -d /run/lwtools-look.XXXXXX) || { problem="no directory can be made in /run; run as root"; return; }
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 1' HUP INT TERM
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	settings > "$dir/apt.conf"
	printf '%s\n' "$key" > "$dir/key.asc"
	echo "deb [arch=amd64 signed-by=$dir/key.asc] $url $suite main" > "$dir/lwtools.list"
	# A network that was away for a moment must not end a deployment.
	for tries in 2 1 0; do
		if apt-get update -qq -c "$dir/apt.conf" > "$dir/log" 2>&1; then
			break
		fi
		cannot_read
		[ -z "$why" ] && [ $tries -gt 0 ] || return 0
		sleep 3
	done
	problem=''
	available=$(cat "$dir"/lists/*_Packages 2> /dev/null |
		awk '$1 == "Package:" { name = $2 } $1 == "Version:" && name ~ /^lwtools/ { print name, $2 }')
}

# A suite that is not there covers nothing, which is no fault of the host; apt says so only if the server has answered.
cannot_read() {
	if grep -q 'does not have a Release file' "$dir/log" && ! grep -q 'Failed to fetch' "$dir/log"; then
		why="$url has no suite $suite" uncovered=$kernels
	else
		problem="apt cannot read the repository: $(grep -E '^[EW]:' "$dir/log" | head -n 2)"
	fi
}

# newest PACKAGE [VERSION] - of those available, that VERSION or the newest before it
newest() {
	best=''
	for version in $(echo "$available" | awk -v name="$1" '$1 == name { print $2 }'); do
		if [ -n "${2-}" ] && dpkg --compare-versions "$version" gt "$2"; then
			continue
		fi
		if [ -z "$best" ] || dpkg --compare-versions "$version" gt "$best"; then
			best=$version
		fi
	done
	echo "$best"
}

# plan - sets packages, what is to be installed, and uncovered, the kernels that would have no tools;
# or why there is nothing for the running one
plan() {
	loader=${wanted:-$(newest lwtools)}
	modules=$(newest "lwtools-modules-$release" "$loader")
	if ! echo "$available" | grep -qxF "lwtools $loader"; then
		why="the repository has no lwtools ${wanted:-at all} in suite $suite"
	elif [ -z "$modules" ]; then
		why="the repository has no lwtools-modules-$release in suite $suite${wanted:+ of version $wanted or older}"
	else
		packages="lwtools=$loader lwtools-modules-$release=$modules"
	fi
	for kernel in $kernels; do
		modules=$(newest "lwtools-modules-$kernel" "$loader")
		if [ -z "$modules" ]; then
			uncovered="$uncovered $kernel"
		elif [ "$kernel" != "$release" ] && [ -n "$packages" ]; then
			packages="$packages lwtools-modules-$kernel=$modules"
		fi
	done
}

main() {
	url=$1 suite=$2 wanted=$3 key=$4
	release=$(uname -r)
	next=$(next_release)
	next=${next:-$release}
	kernels=$release
	[ "$next" = "$release" ] || kernels="$kernels $next"
	available='' packages='' uncovered='' why='' problem='' apt=false
	suite=${suite:-$(sed -n 's/^VERSION_CODENAME="\{0,1\}\([a-z]*\)"\{0,1\}$/\1/p' /etc/os-release)}
	if command -v apt-get > /dev/null && command -v dpkg-query > /dev/null; then
		apt=true
		if [ -n "$url" ]; then
			read_repository
			[ -n "$problem$why" ] || plan
		fi
	fi
	# shellcheck disable=SC2046,SC2086 # words
	cat <<-END
	{"release":"$release","next":"$next","kernels":[$(strings $kernels)],"suite":"$suite","apt":$apt,
	"installed":[$(strings $(installed))],"files":[$(strings $(our_files))],"packages":[$(strings $packages)],
	"uncovered":[$(strings $uncovered)],"why":"$(sentence "$why")","problem":"$(sentence "$problem")"}
	END
}

# The shell has read all of this script then, and no program can take a part of it.
main "$@" < /dev/null
