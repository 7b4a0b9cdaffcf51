#!/bin/sh
# look.sh - looks at a host before anything on it is changed; prints a JSON object
#
# usage: sh -s -- URL SUITE VERSION KEY [COMPONENTS] < look.sh
#   URL      of the repository; '' looks at the host alone
#   SUITE    of the repository; '' is the suite of the host's own Debian
#   VERSION  of lwtools; '' is the newest that the repository has for the running kernel
#   KEY      the repository's public key, its text
#   COMPONENTS   of the repository: main, or "main canary"
#
# The host's apt reads the repository into a temporary directory and checks the signature. So apt's proxies and
# certificates are used, and http, https and file work. The host is left as it was.
set -eu
umask 022

# strings WORD... - prints members of a JSON array. Names of releases, packages and versions need no escapes.
strings() {
	comma=''
	for word; do
		printf '%s"%s"' "$comma" "$word"
		comma=,
	done
}

# sentence TEXT - prints it on one line, without characters that a JSON string must escape
sentence() {
	printf '%s' "$1" | tr '\n\t' '  ' | LC_ALL=C tr -cd ' !#-[]-~' | cut -c 1-400
}

# next_release - prints the newest release with an image in /boot: Debian's boot loaders take this one
next_release() {
	for image in /boot/vmlinuz-*; do
		case $image in
		*'*'|*.old|*.bak|*.dpkg-*|*.efi) ;;
		*) echo "${image#/boot/vmlinuz-}" ;;
		esac
	done | sort -V | tail -n 1
}

# installed - prints lwtools' packages, one PACKAGE=VERSION a line; without apt, the tarballs. The operator's lwtools-fleet
# is left out.
installed() {
	if ! $apt; then
		find /var/lib/lwtools-tarball -name '*.tar.zst' -printf '%f\n' 2> /dev/null || :
		return
	fi
	# shellcheck disable=SC2016 # dpkg-query expands it
	dpkg-query -W -f '${db:Status-Abbrev} ${Package}=${Version}\n' lwtools 'lwtools-*' 2> /dev/null |
		sed -n 's/^[hi]i  *//p' | grep -v '^lwtools-fleet=' || :
}

# our_files - prints which of apt's files for the repository are there
our_files() {
	for file in /etc/apt/sources.list.d/lwtools.list /usr/share/keyrings/lwtools.asc; do
		[ ! -e "$file" ] || echo "$file"
	done
}

# settings - prints settings of apt, which override those of the host. The host's hooks would change the host.
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
	dir=$(mktemp -d /run/lwtools-look.XXXXXX) || { problem="cannot make a directory in /run; run as root"; return; }
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 1' HUP INT TERM
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	settings > "$dir/apt.conf"
	printf '%s\n' "$key" > "$dir/key.asc"
	echo "deb [arch=$architecture signed-by=$dir/key.asc] $url $suite $components" > "$dir/lwtools.list"
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

# A suite that is missing covers nothing, and the host is not at fault. apt tells that only if the server has answered.
cannot_read() {
	if grep -q 'does not have a Release file' "$dir/log" && ! grep -q 'Failed to fetch' "$dir/log"; then
		why="$url has no suite $suite" uncovered=$kernels
	else
		problem="apt cannot read the repository: $(grep -E '^[EW]:' "$dir/log" | head -n 2)"
	fi
}

# newest PACKAGE [VERSION] - prints the newest version that is available, or VERSION or the newest before it
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

# signed RELEASE VERSION - prints the package of signatures of these modules, which a site may have. Its version has that
# of the modules in front
signed() {
	best=''
	for version in $(echo "$available" | awk -v name="lwtools-signatures-$1" -v begin="$2+mok" '$1 == name && index($2, begin) == 1 { print $2 }'); do
		if [ -z "$best" ] || dpkg --compare-versions "$version" gt "$best"; then
			best=$version
		fi
	done
	[ -z "$best" ] || echo "lwtools-signatures-$1=$best"
}

# plan - sets packages, which are to be installed, and uncovered, the kernels without tools; or sets why, the reason
# that there is nothing for the running kernel
plan() {
	loader=${wanted:-$(newest lwtools)}
	modules=$(newest "lwtools-modules-$release" "$loader")
	if ! echo "$available" | grep -qxF "lwtools $loader"; then
		why="the repository has no lwtools ${wanted:-at all} in suite $suite"
	elif [ -z "$modules" ]; then
		why="the repository has no lwtools-modules-$release in suite $suite${wanted:+ of version $wanted or older}"
	else
		packages="lwtools=$loader lwtools-modules-$release=$modules $(signed "$release" "$modules")"
	fi
	for kernel in $kernels; do
		modules=$(newest "lwtools-modules-$kernel" "$loader")
		if [ -z "$modules" ]; then
			uncovered="$uncovered $kernel"
		elif [ "$kernel" != "$release" ] && [ -n "$packages" ]; then
			packages="$packages lwtools-modules-$kernel=$modules $(signed "$kernel" "$modules")"
		fi
	done
}

main() {
	url=$1 suite=$2 wanted=$3 key=$4 components=${5:-main}
	release=$(uname -r)
	next=$(next_release)
	next=${next:-$release}
	kernels=$release
	[ "$next" = "$release" ] || kernels="$kernels $next"
	available='' packages='' uncovered='' why='' problem='' apt=false architecture=''
	suite=${suite:-$(sed -n 's/^VERSION_CODENAME="\{0,1\}\([a-z]*\)"\{0,1\}$/\1/p' /etc/os-release)}
	if command -v apt-get > /dev/null && command -v dpkg-query > /dev/null; then
		apt=true
		architecture=$(dpkg --print-architecture)
		if [ -n "$url" ]; then
			read_repository
			[ -n "$problem$why" ] || plan
		fi
	fi
	# shellcheck disable=SC2046,SC2086 # words
	cat <<-END
	{"release":"$release","next":"$next","kernels":[$(strings $kernels)],"suite":"$suite","architecture":"$architecture","apt":$apt,
	"installed":[$(strings $(installed))],"files":[$(strings $(our_files))],"packages":[$(strings $packages)],
	"uncovered":[$(strings $uncovered)],"why":"$(sentence "$why")","problem":"$(sentence "$problem")"}
	END
}

# By then the shell has read the whole script, so no program can take a part of it from standard input.
main "$@" < /dev/null
# Ansible can miss what a program prints at its very end: AnsibleModule.run_command() stops reading if a second
# has passed without output and the program has ended just after.
sleep 0.5
