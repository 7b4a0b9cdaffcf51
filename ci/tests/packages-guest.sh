# shellcheck shell=bash
# packages-guest.sh - in the guest, a Debian as clouds have it: installs from the repositories
# in /lw with its own apt, runs a tool, upgrades, goes back and purges; prints TAP
#
# usage: packages-guest.sh SUITE VERSION [OTHER_RELEASE | --rebooted]
# shellcheck disable=SC2154 # out is of lib.sh
set -eu
# shellcheck source=ci/tests/lib.sh
. "$(dirname "$0")/lib.sh"

release=$(uname -r) suite=$1 version=$2 other=${3-}
modules=/lib/modules/$release/systemtap
ours="lwtools
lwtools-modules-$release
lwtools-modules-cloud-amd64"

# files - all but what apt and dpkg keep about packages, what systemd and its timers write,
# and what changes by itself
files() {
	find / -xdev \( -path /tmp -o -path /lw -o -path /run -o -path /out -o -path /var/lib/apt -o -path /var/cache \
		-o -path /var/log -o -path '/var/lib/dpkg/*' -o -path /var/lib/systemd -o -path /var/lib/private -o -path /etc/mtab -o -path /var/lib/logrotate \
		-o -name .updated \) -prune -o -print | sort
}

packages() {
	dpkg-query -W -f '${Package}\n' | sort
}

# new_since LIST - prints packages that are there and not in the list
new_since() {
	comm -13 <(echo "$1") <(packages)
}

apt() {
	apt-get -y --no-install-recommends --allow-downgrades "$@"
}

# source_is NAME... - gives apt only these repositories; it forgets others
source_is() {
	local name
	for name; do
		case $name in
		debian*|covered*) echo "deb [trusted=yes] file:/lw/$name ./" ;;
		*) echo "deb [signed-by=/usr/share/keyrings/lwtools.asc] file:/lw/$name $suite main" ;;
		esac
	done > /etc/apt/sources.list
	rm -rf /var/lib/apt/lists/*
	apt-get update
}

installed() {
	[ "$(dpkg-query -W -f '${Version}\n' "$1")" = "$2" ]
}

# own_test NAME [COMMAND...] - runs that of debian/tests, by the command, and judges it as autopkgtest does: nothing
# may be on stderr
own_test() {
	local name=$1
	shift
	"$@" env AUTOPKGTEST_TMP=/tmp "/lw/tests/$name" 2> /tmp/err || { cat /tmp/err; return 1; }
	not grep . /tmp/err
}

# cannot_be_had NAME PATTERN - that repository's packages cannot be had
cannot_be_had() {
	not source_is "$1" > /tmp/update 2>&1
	grep -E "$2" /tmp/update
	not apt install lwtools
	[ ! -e /usr/sbin/lwload ]
}

test_packages_of_a_repository_that_was_changed_are_refused() {
	cannot_be_had tampered 'unexpected size|Hash Sum mismatch'
}

test_packages_of_a_stranger_are_refused() {
	cannot_be_had strange 'NO_PUBKEY|not signed|no valid|Missing key'
}

# Writes the two files that README describes.
test_packages_can_be_installed_without_a_repository() {
	local before
	before=$(packages)
	apt install /lw/repo/pool/main/l/lwtools/lwtools_*_"$(dpkg --print-architecture)".deb /lw/repo/pool/main/l/lwtools/"lwtools-modules-$(uname -r)"_*.deb
	[ "$(new_since "$before")" = "$(head -n 2 <<< "$ours")" ]
	lwload list
	apt purge lwtools "lwtools-modules-$release"
}

test_packages_that_were_changed_are_refused() {
	local deb
	source_is repo debian
	deb=$(echo "/lw/repo/pool/main/l/lwtools/lwtools-modules-${release}"_*.deb)
	cp "$deb" /tmp/whole.deb
	printf x >> "$deb"
	not apt install "lwtools-modules-$release" 2> /tmp/err
	grep -E 'unexpected size|Hash Sum mismatch' /tmp/err
	[ ! -e "$modules" ]
	cp /tmp/whole.deb "$deb"
}

test_packages_need_no_others() {
	local before
	before=$(packages)
	apt install lwtools lwtools-modules-cloud-amd64
	[ "$(new_since "$before")" = "$ours" ]
	[ -z "$(dpkg --verify lwtools "lwtools-modules-$release" | tee /dev/stderr)" ]
	[ -z "$(command -v gcc stap)" ]
	[ ! -e "/lib/modules/$release/build" ]
}

test_packages_have_tools_that_run_at_once() {
	own_test ready
	own_test tool
}

# By a key that this kernel does not know, and it asks for none
test_packages_of_signatures_have_one_of_each_module() {
	local file hash
	apt install "lwtools-signatures-$release"
	for file in "$modules"/lw_*.ko; do
		hash=$(b2sum -l 256 < "$file")
		[ -s "$modules/signatures/${hash%% *}.p7s" ]
	done
	[ "$(find "$modules/signatures" -type f | wc -l)" -eq "$(find "$modules" -name 'lw_*.ko' | wc -l)" ]
	lwload check opensnoop > "$out"
	says 'signature  ok   signed' "$out"
	lwload opensnoop -d 0.1
	apt purge "lwtools-signatures-$release"
	[ ! -e "$modules/signatures" ]
}

test_packages_do_not_hide_a_module_of_another_kernel() {
	dpkg-deb -x /lw/repo/pool/main/l/lwtools/"lwtools-modules-${other}"_*.deb /tmp/other
	cp "/tmp/other/lib/modules/$other/systemtap/lw_opensnoop.ko" "$modules"
	lwload opensnoop -d 1 2> "$err" && return 1
	[ $? -eq 4 ]
	says "refused: *$other*$release" "$err"
	dpkg --verify "lwtools-modules-$release" | grep lw_opensnoop.ko
	apt --reinstall install "lwtools-modules-$release"
	lwload opensnoop -d 0.1
}

# kernels N - makes the newer kernel N of the suite known to apt
kernels() {
	source_is repo debian "debian-$1"
}

# Runs the upgrade that a cloud's host runs each day.
unattended() {
	rm -f /var/lib/apt/periodic/*
	unattended-upgrade --verbose
}

# has_come N - is that newer kernel installed?
has_come() {
	installed linux-image-cloud-amd64 "9.9.$1-1"
	installed "linux-image-9.9.$1-cloud-amd64" "9.9.$1-1"
}

# Makes the running kernel the newest again.
back() {
	# shellcheck disable=SC2046 # words
	apt purge linux-image-cloud-amd64 $(packages | grep -F -- -9.9.)
	source_is repo debian
	apt install linux-image-cloud-amd64 lwtools-modules-cloud-amd64
	installed linux-image-cloud-amd64 "$kernel"
}

test_packages_keep_no_kernel_away() {
	kernels 9
	unattended
	has_come 9
	ends 3 lwload check --all-installed
	grep 'apt install lwtools-modules-9.9.9-cloud-amd64' "$out"
	lwload check
	back
}

# not_come LIST - no kernel without tools is there, and nothing has gone
not_come() {
	not dpkg-query -W linux-image-9.9.9-cloud-amd64
	[ "$(packages)" = "$1" ]
	installed linux-image-cloud-amd64 "$kernel"
}

test_packages_hold_a_kernel_back_that_has_no_tools() {
	local before
	apt install lwtools-kernel-hold
	before=$(packages)
	/usr/lib/lwtools/kernel-hold check | grep "held at $kernel; no newer one is there"
	kernels 9
	apt upgrade
	not_come "$before"
	apt --with-new-pkgs upgrade
	not_come "$before"
	apt dist-upgrade
	not_come "$before"
	unattended
	not_come "$before"
	/usr/lib/lwtools/kernel-hold check | grep "9.9.9-1 has no tools yet; it is held back at $kernel until "
}

# The test before has just set the hold.
test_packages_lift_the_hold_after_a_week() {
	local metrics=/var/lib/prometheus/node-exporter
	mkdir -p $metrics
	date -s '+6 days'
	/usr/lib/lwtools/kernel-hold check | grep 'it is held back'
	grep -x 'lwtools_kernel_hold 1' $metrics/lwtools-kernel-hold.prom
	unattended
	installed linux-image-cloud-amd64 "$kernel"
	date -s '+2 days'
	/usr/lib/lwtools/kernel-hold check | grep 'the hold is lifted after 7 days: linux-image-cloud-amd64 9.9.9-1 '
	grep -x 'lwtools_kernel_hold 0' $metrics/lwtools-kernel-hold.prom
	unattended
	has_come 9
	date -s '-8 days'
	# A newer version knows another kernel, and holds again.
	apt --reinstall install lwtools-kernel-hold
	grep -x "Pin: version $kernel" /etc/apt/preferences.d/lwtools-kernel-hold
	back
	apt purge lwtools-kernel-hold
	[ -z "$(ls /etc/apt/preferences.d)" ]
	[ ! -e $metrics/lwtools-kernel-hold.prom ]
	rm -r /var/lib/prometheus
}

# generation N - installs the newer kernel N and its tools
generation() {
	source_is repo debian "debian-$1" "covered-$1"
	apt --with-new-pkgs upgrade
	has_come "$1"
	installed "lwtools-modules-9.9.$1-cloud-amd64" "$version"
}

# By apt's VersionedKernelPackages, the packages of the running kernel and of the newest stay.
test_packages_of_a_kernel_that_has_gone_go_with_it() {
	generation 7
	generation 8
	generation 9
	apt autoremove
	not dpkg-query -W linux-image-9.9.7-cloud-amd64
	not dpkg-query -W lwtools-modules-9.9.7-cloud-amd64
	has_come 9
	installed lwtools-modules-9.9.9-cloud-amd64 "$version"
	installed "lwtools-modules-$release" "$version"
	lwload opensnoop -d 0.1
	back
}

test_packages_of_a_newer_version_replace_the_modules() {
	source_is next debian
	apt upgrade
	installed "lwtools-modules-$release" "$version+newer"
	installed lwtools "$version+newer"
	[ "$(cat "$modules/newer")" = "$version+newer" ]
	lwload opensnoop -d 0.1
	[ "$(cat "/var/lib/lwtools/serial/$release")" -eq 100002 ]
}

# A user who puts files there without apt has not asked for older ones.
test_packages_older_modules_are_refused_unless_apt_installs_them() {
	mkdir /tmp/newer
	cp "$modules"/* /tmp/newer
	dpkg-deb -x /lw/repo/pool/main/l/lwtools/"lwtools-modules-${release}"_*.deb /tmp/older
	cp "/tmp/older/lib/modules/$release/systemtap"/* "$modules"
	not lwload opensnoop -d 0.1 2> "$err"
	says '100002*--older' "$err"
	cp /tmp/newer/* "$modules"
	lwload opensnoop -d 0.1
}

test_packages_of_the_version_before_can_be_had_again() {
	apt install "lwtools=$version+between" "lwtools-modules-$release=$version+between"
	[ "$(cat "$modules/newer")" = "$version+between" ]
	lwload opensnoop -d 0.1
	[ "$(cat "/var/lib/lwtools/serial/$release")" -eq 100001 ]
	source_is repo debian
	apt install "lwtools=$version" "lwtools-modules-$release=$version"
	[ ! -e "$modules/newer" ]
	[ -z "$(dpkg --verify "lwtools-modules-$release" | tee /dev/stderr)" ]
	lwload opensnoop -d 0.1
}

open_is_shown() {
	in_systemd cat /etc/hostname > /tmp/hostname
	"$@" | grep -q '"comm":"cat".*"path":"/etc/hostname"'
}

# seen_by_unit COMMAND... - the unit shows files that the command opens
seen_by_unit() {
	in_systemd systemctl start lwload@opensnoop
	eventually 15 open_is_shown "$@"
	in_systemd systemctl stop lwload@opensnoop
	not grep '^lw_' /proc/modules
}

unit_traces() {
	in_systemd journalctl -t lwload-opensnoop -o cat --no-pager | grep -qF 'tracing; Ctrl-C'
}

# These rows are more than journald takes from a service by its own limit, and faster than it writes. They are
# there, or lwload tells how many are missing. Lines are whole.
unit_loses_no_row_silently() {
	local rows lost
	echo 'OPTIONS="-n perl -v"' > /etc/lwtools/opensnoop.conf
	in_systemd systemctl start lwload@opensnoop
	eventually 15 unit_traces
	in_systemd perl -e 'for (1 .. 200000) { open(FILE, "<", "/etc/hostname") or die; }'
	in_systemd systemctl stop lwload@opensnoop
	in_systemd journalctl --sync
	in_systemd journalctl -t lwload-opensnoop -o cat --no-pager > /tmp/journal
	rows=$(grep -c '^{.*"comm":"perl".*"path":"/etc/hostname"}$' /tmp/journal)
	lost=$(sed -n 's/^lwload: .*: \([0-9]*\) records .*lost.*/\1/p' /tmp/journal)
	echo "$rows rows, ${lost:-0} lost"
	[ $((rows + ${lost:-0})) -eq 200000 ]
	not grep '^{.*lwload: ' /tmp/journal
	not in_systemd journalctl -t systemd-journald -o cat --no-pager -g Suppressed
}

# Each row is in one of the files, whether it came before or after the file was moved away.
unit_rotates() {
	local file=/var/log/lwtools/opensnoop.json
	in_systemd systemctl start lwload@opensnoop
	eventually 15 open_is_shown cat $file
	in_systemd logrotate -f /etc/logrotate.d/lwtools
	eventually 15 test -e $file
	eventually 15 open_is_shown cat $file
	in_systemd systemctl stop lwload@opensnoop
	[ -s $file.1 ]
	# A second time it is compressed, and nothing runs that could begin a new file.
	in_systemd logrotate -f /etc/logrotate.d/lwtools
	[ -s $file.2.gz ]
	[ ! -e $file ]
}

unit_runs() {
	own_test unit in_systemd
	in_systemd systemctl enable lwload@opensnoop
	echo 'OPTIONS="-n cat -F"' > /etc/lwtools/opensnoop.conf
	[ "$(stat -c %a /run/lwtools)" -eq 700 ]
	# A run without a file has nothing to begin anew, and goes on.
	in_systemd systemctl start lwload@opensnoop
	in_systemd systemctl reload lwload@opensnoop
	seen_by_unit in_systemd journalctl -t lwload-opensnoop -o cat --no-pager
	echo 'OPTIONS="-n cat -F --output /var/log/lwtools/opensnoop.json"' > /etc/lwtools/opensnoop.conf
	unit_rotates
	unit_loses_no_row_silently
	# A tool that is not there is not tried again and again.
	not in_systemd systemctl start lwload@nosuch || sleep 1
	[ "$(in_systemd systemctl show -p NRestarts --value lwload@nosuch)" -eq 0 ]
}

# The timer would do so only after some hours.
timer_looks_at_the_hold() {
	in_systemd apt-get -y install lwtools-kernel-hold
	in_systemd systemctl is-active lwtools-kernel-hold.timer
	in_systemd systemctl start lwtools-kernel-hold.service
	in_systemd journalctl -t lwtools-kernel-hold -o cat --no-pager | grep 'no newer one is there'
	in_systemd apt-get -y purge lwtools-kernel-hold
}

test_packages_have_a_timer_for_the_hold() {
	local status
	start_systemd
	strictly timer_looks_at_the_hold
	stop_systemd
	return "$status"
}

test_packages_have_a_unit_that_keeps_a_tool_on() {
	local status conf=/etc/systemd/journald.conf.d
	# So that the journal keeps all rows
	mkdir $conf
	printf '%s\n' '[Journal]' SystemMaxUse=1G RuntimeMaxUse=1G > $conf/large.conf
	start_systemd
	strictly unit_runs
	stop_systemd
	rm -r $conf
	return "$status"
}

# nothing_is_left - the host is as before any package of ours
nothing_is_left() {
	local dir
	for dir in /etc /run /var/lib /var/log; do
		[ ! -e $dir/lwtools ]
	done
	files > /lw/after
	diff /lw/before /lw/after
}

nothing_runs() {
	not grep '^lw_' /proc/modules
	not pgrep -x lwload
}

test_packages_leave_no_file_when_purged() {
	# shellcheck disable=SC2086 # words
	apt purge $ours
	nothing_is_left
}

# ready LINES - does node_exporter's file have these lines, and no others, for this kernel's tools?
ready() {
	[ "$(sed -n "s/^lwtools_ready{kernel=\"$release\",tool=\"\(.*\)\"} /\1 /p" "$exporter/lwtools-check.prom" | sort)" = "$1" ]
}

# The file changes as soon as packages come and go, without waiting for the timer.
test_packages_tell_node_exporter_which_kernels_have_tools() {
	exporter=/var/lib/prometheus/node-exporter
	mkdir -p $exporter
	apt install lwtools
	ready ' 0'
	apt install "lwtools-modules-$release"
	ready "$(lwload list | awk '$2 == "ready" { print $1, 1 }' | sort)"
	[ "$(stat -c %a $exporter/lwtools-check.prom)" -eq 644 ]
	apt purge "lwtools-modules-$release"
	ready ' 0'
	apt purge lwtools
	[ -z "$(ls $exporter)" ]
	rmdir $exporter /var/lib/prometheus
	nothing_is_left
}

# A module that has just been inserted has no user yet.
both_run() {
	[ "$(in_systemd lwload status | grep -cE '^(opensnoop +running|killsnoop +recording) ')" -eq 2 ]
}

# Begins a tool in a unit, and a recorder.
removal_ends_all() {
	in_systemd systemctl start lwload@opensnoop
	in_systemd lwload start killsnoop
	eventually 10 both_run
	in_systemd apt-get -y remove lwtools
	nothing_runs
	[ ! -e /run/lwtools ]
}

test_packages_that_are_removed_end_what_runs() {
	local status
	apt install lwtools "lwtools-modules-$release"
	start_systemd
	strictly removal_ends_all
	stop_systemd
	return "$status"
}

# purged_in_order PACKAGE... - removes the packages while a recorder runs, on a host without systemd, then purges
# them. To purge the loader purges the modules as well, which need it.
purged_in_order() {
	local name
	apt install "$@"
	lwload start opensnoop
	[ -s "/var/lib/lwtools/serial/$release" ]
	apt remove lwtools
	nothing_runs
	for name; do
		dpkg --purge "$name"
	done
	nothing_is_left
}

test_packages_leave_no_file_when_the_loader_is_purged_first() {
	purged_in_order lwtools "lwtools-modules-$release"
}

test_packages_leave_no_file_when_the_modules_are_purged_first() {
	purged_in_order "lwtools-modules-$release" lwtools
}

test_packages_of_the_other_kernel_can_be_installed_as_well() {
	apt install lwtools lwtools-modules-cloud-amd64
	apt install /lw/repo/pool/main/l/lwtools/"lwtools-modules-${other}"_*.deb
	lwload opensnoop -d 0.1
	# Going back with one leaves the other alone.
	source_is next debian
	apt upgrade
	apt install "lwtools=$version+between" "lwtools-modules-$release=$version+between"
	installed "lwtools-modules-$other" "$version"
	# The machine is booted with the other one next.
	sync
}

rebooted_test_packages_have_the_other_kernels_tools_after_a_boot() {
	own_test ready
	own_test tool
}

rebooted_test_packages_for_a_kernel_that_has_none_are_named() {
	apt purge "lwtools-modules-$release"
	lwload opensnoop 2> "$err" && return 1
	[ $? -eq 3 ]
	says "lwtools-modules-$release" "$err"
}

# run PREFIX - runs these tests in their order here; each begins in the state that the previous left
run() {
	local name names
	mapfile -t names < <(sed -n "s/^\($1[a-z_]*\)() {.*/\1/p" "$0")
	echo "1..${#names[@]}"
	for name in "${names[@]}"; do
		if [[ -z $other && $name == *other_kernel* ]]; then
			echo "ok - ${name#*test_} # SKIP needs the packages of another kernel as well"
		else
			t "$name"
		fi
	done
}

export DEBIAN_FRONTEND=noninteractive
if [ "$other" = --rebooted ]; then
	run rebooted_test_
	exit
fi
rm -f /etc/apt/sources.list.d/*
cp /lw/repo/lwtools.asc /usr/share/keyrings
: > /etc/apt/sources.list
(source_is debian && apt install linux-image-cloud-amd64) > /tmp/log 2>&1 || { cat /tmp/log; exit 1; }
kernel=$(dpkg-query -W -f '${Version}' linux-image-cloud-amd64)
files > /lw/before
run test_
