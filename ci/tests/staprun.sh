# shellcheck shell=bash
# staprun.sh - the engine against SystemTap's own staprun: same module, same
# workload, same records
# shellcheck disable=SC2034,SC2154,SC2086 # names from lib.sh; none has a space

# both TOOL COMMAND FILTER OPTION... - sets $work/engine and $work/staprun
both() {
	local tool=$1 command=$2 filter=$3
	shift 3
	start "$tool" --json "$@"
	$workload "$command" > $work/all
	finish
	jq -c "$filter" $out > $work/engine
	: > $err
	(by_staprun "$tool" --json --staprun --verbose "$@") > $out 2> $err < /dev/null &
	started
	$workload "$command" > $work/all
	finish
	jq -c "$filter" $out > $work/staprun
	[ -s $work/engine ]
	same $work/engine $work/staprun
}

test_staprun_shows_the_same_opens() {
	both opensnoop opens '{uid, comm, fd, err, flags, mode, path}' --extended -F -n workload
}

test_staprun_shows_the_same_execs() {
	both execsnoop execs 'select(.comm != "lwload" and .comm != "grep" and .comm != "sleep") | {uid, comm, ret, args}' -x -u 0
}

test_staprun_shows_the_same_signals() {
	both killsnoop signals 'select(.comm == "workload") | {uid, comm, sig, result}'
}

# staprun_refuses TEXT TOOL PARAMETER - the tree's staprun ends by itself, and says that
staprun_refuses() {
	ends 1 timeout -s INT 30 chroot /lw/staprun /usr/bin/staprun -o /dev/null "$modules/lw_$2.ko" "$3" || return
	grep -F -- "$1" $err || { echo "no \"$1\" on stderr: $*"; return 1; }
}

# staprun's parameters were not checked: a filter that cannot be read must not count as no filter.
test_staprun_ends_by_a_list_that_is_none() {
	local list
	(by_staprun --version)
	for list in 1,x 1,,2 '1,' ,1 x 0 4194305 18446744073709551617 -1 0x1 '' "$(seq -s, 41)"; do
		staprun_refuses "\"$list\" is no list of process ids" opensnoop "pid=$list"
	done
	staprun_refuses '"4294967295" is no list of user ids' opensnoop uid=4294967295
	staprun_refuses '"a,,b" is no list of names' opensnoop name=a,,b
	staprun_refuses '"1234567890123456" is no list of names' opensnoop name=1234567890123456
	staprun_refuses '"-5" is no list of process ids' killsnoop tpid=-5
}

# The reader stands still while more records come than all buffers hold.
test_staprun_tells_what_it_lost() {
	local status=0
	hold_pipe
	(by_staprun opensnoop --staprun --verbose --buffer 1 -n workload) > $work/pipe 2> $err < /dev/null &
	started
	$workload repeat 60000 /etc/hostname
	finish || status=$?
	release
	[ $status -eq 5 ]
	says 'warning: opensnoop: *records*lost*shown' $err
}

test_staprun_that_is_missing_is_told() {
	exits 1 'opensnoop: */usr/bin/staprun*systemtap-runtime' lwload opensnoop --staprun --duration 1
}

# ---- users who are not root ----

# member GROUP... - gives the tree a user 1000 in these groups and a setuid staprun, as Debian's package makes it;
# then by_stapusr runs lwload as that user
member() {
	local tree=/lw/staprun
	groups=$(IFS=,; echo "$*")
	mkdir -p $tree/etc
	printf '%s\n' root:x:0: stapusr:x:156: stapsys:x:157: stapdev:x:158: user:x:1000: > $tree/etc/group
	printf '%s\n' root:x:0:0::/root:/bin/sh user:x:1000:1000::/tmp:/bin/sh > $tree/etc/passwd
	chgrp 156 $tree/usr/bin/staprun
	chmod 4754 $tree/usr/bin/staprun
	chmod 1777 $tree/tmp
	mountpoint -q $tree/proc || (by_staprun --version)
}

by_stapusr() {
	exec chroot --userspec=1000:1000 --groups="$groups" /lw/staprun /usr/sbin/lwload "$@"
}

by_user_here() {
	(by_stapusr "$@")
}

# The group gets every installed tool, with any parameter.
test_stapusr_member_runs_a_tool() {
	member 156
	(by_stapusr opensnoop --json --staprun --verbose -F -n workload) > $out 2> $err < /dev/null &
	started
	$workload opens > $work/all
	finish
	[ "$(jq -s length $out)" -ge 20 ]
	jq -e -s 'all(.comm == "workload")' $out
}

test_stapusr_member_cannot_run_one_without_staprun() {
	member 156
	exits 4 'opensnoop: user: *root*1000' by_user_here opensnoop --duration 1
}

test_stapusr_non_member_is_refused() {
	member 1000
	exits 4 'opensnoop: *1000*/usr/bin/staprun*stapusr' \
		by_user_here opensnoop --staprun --duration 1
}

# Staprun once took a path that it should have refused (CVE-2011-2502).
test_stapusr_only_the_systemtap_directory_counts() {
	local dkms=${modules%/*}/updates/dkms status=0
	member 156
	mkdir -p $dkms
	mv "$modules/lw_killsnoop.ko" $dkms
	cp "$modules"/lwtools.manifest* $dkms
	exits 4 'killsnoop: user: *updates/dkms/lw_killsnoop.ko*systemtap*1000' \
		by_user_here killsnoop --staprun --duration 1 || status=$?
	# Root's staprun takes it.
	(by_staprun killsnoop --staprun --duration 4) > $out 2> $err || status=$?
	mv $dkms/lw_killsnoop.ko "$modules"
	rm $dkms/lwtools.manifest*
	return $status
}

# Staprun has this rule, too, but lwload looks at the directory first.
test_stapusr_a_directory_of_others_is_refused() {
	local status=0
	member 156
	chmod o+w "$modules"
	exits 4 'systemtap: *mode ' by_user_here opensnoop --staprun --duration 1 || status=$?
	chmod o-w "$modules"
	[ $status -eq 0 ]
}

# A helper of staprun's once trusted its caller's environment (CVE-2010-4170).
test_stapusr_environment_redirects_nothing() {
	local evil=/tmp/evil
	member 156
	printf '#!/bin/sh\ntouch /tmp/evil.ran\n' > /lw/staprun$evil
	chmod 755 /lw/staprun$evil
	# In the tree, as what starts lwload there would believe it, too.
	(exec chroot --userspec=1000:1000 --groups="$groups" /lw/staprun /bin/sh -c "
		export SYSTEMTAP_STAPRUN=$evil SYSTEMTAP_STAPIO=$evil SYSTEMTAP_RUNTIME=$evil SYSTEMTAP_DIR=/tmp
		export LD_PRELOAD=$evil LD_LIBRARY_PATH=/tmp MODPROBE_OPTIONS='-C $evil' STAP_FIPS_OVERRIDE=1
		export BASH_ENV=$evil ENV=$evil CDPATH=/tmp PATH=/tmp TZ=:/etc/shadow
		exec /usr/sbin/lwload opensnoop --json --staprun --verbose -n workload") > $out 2> $err < /dev/null &
	started
	$workload opens > $work/all
	finish
	[ ! -e /lw/staprun$evil.ran ]
	not grep -i evil $err
	[ -s $out ]
}

# A user could once remove another's module (CVE-2010-4171).
test_stapusr_member_cannot_stop_roots_run() {
	member 156
	start opensnoop
	exits 4 'stop*root*sudo' by_user_here stop opensnoop
	exits 1 'opensnoop: running: *(by ' by_user_here opensnoop --staprun
	kill -0 $lwload
	finish
}

# A user has no lock: of two runs that begin at the same moment, the kernel refuses one.
test_stapusr_two_at_once_are_told_apart() {
	local i status one two
	member 156
	for i in 1 2 3 4 5; do
		(by_stapusr opensnoop --staprun --duration 3) > $work/one 2> $work/err.1 < /dev/null &
		one=$!
		(by_stapusr opensnoop --staprun --duration 3) > $work/two 2> $work/err.2 < /dev/null &
		two=$!
		status=0
		wait $one || status=$?
		wait $two || status=$((10 * status + $?))
		cat $work/err.1 $work/err.2
		# One ran, whichever it was.
		[ $status -eq 1 ] || [ $status -eq 10 ]
		grep 'opensnoop: running: ' $work/err.[12]
	done
}
