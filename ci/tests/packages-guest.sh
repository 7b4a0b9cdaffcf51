# shellcheck shell=bash
# packages-guest.sh - in the guest, a minimal Debian: installs the packages of /lw/repo with
# its own apt, runs a tool, upgrades, goes back and purges; prints TAP
#
# usage: packages-guest.sh VERSION NEWER_VERSION
set -u

release=$(uname -r) old=$1 new=$2
modules=/lib/modules/$release/systemtap
out=/tmp/packages.out

t() {
	local name=${1#test_}
	if (set -e; "$1") > $out 2>&1; then
		echo "ok - packages: ${name//_/ }"
		return
	fi
	echo "not ok - packages: ${name//_/ }"
	tail -n 20 $out | cut -c1-300 | sed 's/^/#   /'
}

# files - all but what apt and dpkg keep about packages, and what changes by itself
files() {
	find / -xdev \( -path /tmp -o -path /lw -o -path /run -o -path /out -o -path /var/lib/apt -o -path /var/cache \
		-o -path /var/log -o -path '/var/lib/dpkg/*' \) -prune -o -print | sort
}

packages() {
	dpkg-query -W -f '${Package}\n' | sort
}

install() {
	apt-get -y --no-install-recommends --allow-downgrades install "$@"
}

version() {
	dpkg-query -W -f '${Version}\n' "lwtools-modules-$release"
}

test_a_package_that_was_changed_is_refused() {
	local deb="/lw/repo/lwtools-modules-${release}_${old}_amd64.deb"
	cp "$deb" /tmp/whole.deb
	printf x >> "$deb"
	if install "lwtools-modules-$release=$old" 2> /tmp/err; then
		return 1
	fi
	grep -E 'unexpected size|Hash Sum mismatch' /tmp/err
	[ ! -e "$modules" ]
	cp /tmp/whole.deb "$deb"
}

test_two_packages_are_installed_and_no_other() {
	local before
	before=$(packages)
	install "lwtools=$old" "lwtools-modules-$release=$old"
	[ "$(comm -13 <(echo "$before") <(packages))" = "lwtools
lwtools-modules-$release" ]
	[ -z "$(dpkg --verify lwtools)" ]
	[ -z "$(command -v gcc stap)" ]
	[ ! -e "/lib/modules/$release/build" ]
}

test_a_tool_runs_at_once() {
	(sleep 1; cat /etc/hostname) &
	lwload opensnoop -d 2 > /tmp/rows
	grep -q ' /etc/hostname$' /tmp/rows
	[ "$(lwload list | grep -c ' ready ')" -eq "$(find "$modules" -name 'lw_*.ko' | wc -l)" ]
}

test_a_newer_version_replaces_the_modules() {
	install lwtools "lwtools-modules-$release"
	[ "$(version)" = "$new" ]
	[ "$(cat "$modules/newer")" = newer ]
}

test_the_older_one_can_be_had_again() {
	install "lwtools=$old" "lwtools-modules-$release=$old"
	[ "$(version)" = "$old" ]
	[ ! -e "$modules/newer" ]
	[ -z "$(dpkg --verify "lwtools-modules-$release")" ]
	lwload opensnoop -d 0.1
}

test_purging_leaves_no_file() {
	apt-get -y purge lwtools "lwtools-modules-$release"
	files > /tmp/after
	diff /tmp/before /tmp/after
	if lwload list; then
		return 1
	fi
}

rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo "deb [trusted=yes] file:/lw/repo ./" > /etc/apt/sources.list
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
files > /tmp/before
# In this order, each from where the one before left it
t test_a_package_that_was_changed_is_refused
t test_two_packages_are_installed_and_no_other
t test_a_tool_runs_at_once
t test_a_newer_version_replaces_the_modules
t test_the_older_one_can_be_had_again
t test_purging_leaves_no_file
