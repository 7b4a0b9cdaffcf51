# shellcheck shell=bash
# packages-guest.sh - in the guest, a minimal Debian: installs the packages of /lw/repo with
# its own apt, runs a tool, upgrades, goes back and purges; prints TAP
#
# usage: packages-guest.sh VERSION NEWER_VERSION
# shellcheck disable=SC2154 # out is of lib.sh
set -eu
# shellcheck source=ci/tests/lib.sh
. "$(dirname "$0")/lib.sh"

release=$(uname -r) old=$1 new=$2
modules=/lib/modules/$release/systemtap
deb=/lw/repo/lwtools-modules-${release}_${old}_amd64.deb

# files - all but what apt and dpkg keep about packages, and what changes by itself
files() {
	find / -xdev \( -path /tmp -o -path /lw -o -path /run -o -path /out -o -path /var/lib/apt -o -path /var/cache \
		-o -path /var/log -o -path '/var/lib/dpkg/*' \) -prune -o -print | sort
}

packages() {
	dpkg-query -W -f '${Package}\n' | sort
}

apt_install() {
	apt-get -y --no-install-recommends --allow-downgrades install "$@"
}

is_version() {
	[ "$(dpkg-query -W -f '${Version}\n' "lwtools-modules-$release")" = "$1" ]
}

# What README says, and no other package
test_packages_are_two_files_to_install() {
	local before
	before=$(packages)
	(cd /lw/repo && apt-get -y --no-install-recommends install "./lwtools_${old}_amd64.deb" \
		"./lwtools-modules-$(uname -r)_${old}_amd64.deb")
	[ "$(comm -13 <(echo "$before") <(packages))" = "lwtools
lwtools-modules-$release" ]
	lwload list
	apt-get -y purge lwtools "lwtools-modules-$release"
}

test_packages_that_were_changed_are_refused() {
	cp "$deb" /tmp/whole.deb
	printf x >> "$deb"
	not apt_install "lwtools-modules-$release=$old" 2> /tmp/err
	grep -E 'unexpected size|Hash Sum mismatch' /tmp/err
	[ ! -e "$modules" ]
	cp /tmp/whole.deb "$deb"
}

test_packages_need_no_other() {
	local before
	before=$(packages)
	apt_install "lwtools=$old" "lwtools-modules-$release=$old"
	[ "$(comm -13 <(echo "$before") <(packages))" = "lwtools
lwtools-modules-$release" ]
	[ -z "$(dpkg --verify lwtools)" ]
	[ -z "$(command -v gcc stap)" ]
	[ ! -e "/lib/modules/$release/build" ]
}

test_packages_have_tools_that_run_at_once() {
	(sleep 1; cat /etc/hostname) &
	lwload opensnoop -d 2 > "$out"
	grep -q ' /etc/hostname$' "$out"
	[ "$(lwload list | grep -c ' ready ')" -eq "$(find "$modules" -name 'lw_*.ko' | wc -l)" ]
}

test_packages_of_a_newer_version_replace_the_modules() {
	apt_install lwtools "lwtools-modules-$release"
	is_version "$new"
	[ "$(cat "$modules/newer")" = newer ]
}

test_packages_of_the_older_one_can_be_had_again() {
	apt_install "lwtools=$old" "lwtools-modules-$release=$old"
	is_version "$old"
	[ ! -e "$modules/newer" ]
	[ -z "$(dpkg --verify "lwtools-modules-$release")" ]
	lwload opensnoop -d 0.1
}

test_packages_leave_no_file_when_purged() {
	apt-get -y purge lwtools "lwtools-modules-$release"
	files > /tmp/after
	diff /tmp/before /tmp/after
	not command -v lwload
}

rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo "deb [trusted=yes] file:/lw/repo ./" > /etc/apt/sources.list
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
files > /tmp/before
# In their order here, each from where the one before left it
mapfile -t names < <(sed -n 's/^\(test_[a-z_]*\)() {.*/\1/p' "$0")
for name in "${names[@]}"; do
	t "$name"
done
