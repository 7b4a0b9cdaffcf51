# shellcheck shell=bash
# apt-guest.sh - in the guest: installs this kernel's tools from the signed repository in /lw with its own apt, uses
# them, and purges them; prints TAP. packages-guest.sh has the tests of all that may go wrong
#
# usage: apt-guest.sh SUITE
# shellcheck disable=SC2154 # names from lib.sh
set -eu
# shellcheck source=ci/tests/lib.sh
. "$(dirname "$0")/lib.sh"

flavour=cloud-$(dpkg --print-architecture)

test_packages_come_by_apt() {
	cp /lw/repo/lwtools.asc /usr/share/keyrings
	echo "deb [signed-by=/usr/share/keyrings/lwtools.asc] file:/lw/repo $suite main" > /etc/apt/sources.list
	rm -f /etc/apt/sources.list.d/*
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends install lwtools "lwtools-modules-$flavour"
	dpkg-query -W "lwtools-modules-$(uname -r)"
}

test_packages_have_tools_that_run() {
	/lw/tests/ready
	AUTOPKGTEST_TMP=/tmp /lw/tests/tool
}

test_packages_are_purged() {
	apt-get -y purge lwtools "lwtools-modules-$flavour" "lwtools-modules-$(uname -r)"
	[ ! -e /usr/sbin/lwload ]
	[ ! -e "$modules" ]
	[ ! -e /etc/lwtools ]
}

suite=$1
echo 1..3
t test_packages_come_by_apt
t test_packages_have_tools_that_run
t test_packages_are_purged
