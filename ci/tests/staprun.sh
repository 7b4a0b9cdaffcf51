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

# refuses TEXT TOOL PARAMETER - the tree's staprun ends by itself, and says that
refuses() {
	ends 1 timeout -s INT 30 chroot /lw/staprun /usr/bin/staprun -o /dev/null "$modules/lw_$2.ko" "$3" || return
	grep -F -- "$1" $err || { echo "no \"$1\" on stderr: $*"; return 1; }
}

# Nobody has checked what staprun is given: a filter that cannot be read must not be none.
test_staprun_ends_by_a_list_that_is_none() {
	local list
	(by_staprun --version)
	for list in 1,x 1,,2 '1,' ,1 x 0 4194305 18446744073709551617 -1 0x1 '' "$(seq -s, 41)"; do
		refuses "\"$list\" is no list of process ids" opensnoop "pid=$list"
	done
	refuses '"4294967295" is no list of user ids' opensnoop uid=4294967295
	refuses '"a,,b" is no list of names' opensnoop name=a,,b
	refuses '"1234567890123456" is no list of names' opensnoop name=1234567890123456
	refuses '"-5" is no list of process ids' killsnoop tpid=-5
}

# A reader that stands still while more comes than the buffers and staprun's own hold
test_staprun_tells_what_it_lost() {
	local status=0
	hold_pipe
	(by_staprun opensnoop --staprun --verbose --buffer 1 -n workload) > $work/pipe 2> $err < /dev/null &
	started
	$workload repeat 60000 /etc/hostname
	finish || status=$?
	release
	[ $status -eq 5 ]
	grep -Eq 'warning: opensnoop: [0-9]+ records were lost, [0-9]+ shown' $err
}

test_staprun_that_is_missing_is_told() {
	exits 1 'no /usr/bin/staprun on this host' lwload opensnoop --staprun --duration 1
}

# ---- users who are not root ----

# member GROUP... - the tree has a user 1000 in these groups and a setuid staprun, as Debian's
# package makes it; then by_user runs lwload as that user
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

by_user() {
	exec chroot --userspec=1000:1000 --groups="$groups" /lw/staprun /usr/sbin/lwload "$@"
}

by_user_here() {
	(by_user "$@")
}

# The group gets every installed tool, with any parameter.
test_stapusr_member_runs_a_tool() {
	member 156
	(by_user opensnoop --json --staprun --verbose -F -n workload) > $out 2> $err < /dev/null &
	started
	$workload opens > $work/all
	finish
	[ "$(jq -s length $out)" -ge 20 ]
	jq -e -s 'all(.comm == "workload")' $out
}

test_stapusr_member_cannot_run_one_without_staprun() {
	member 156
	exits 4 'inserting a module takes root, this is uid 1000' by_user_here opensnoop --duration 1
}

test_stapusr_non_member_is_refused() {
	member 1000
	exits 4 'uid 1000 may not run /usr/bin/staprun; add it to the group stapusr' \
		by_user_here opensnoop --staprun --duration 1
}

# CVE-2011-2502 was a path that should not have passed.
test_stapusr_only_the_systemtap_directory_counts() {
	local dkms=${modules%/*}/updates/dkms status=0
	member 156
	mkdir -p $dkms
	mv "$modules/lw_killsnoop.ko" $dkms
	cp "$modules"/lwtools.manifest* $dkms
	exits 4 'updates/dkms/lw_killsnoop.ko is not in the systemtap directory, and staprun takes no other for uid 1000' \
		by_user_here killsnoop --staprun --duration 1 || status=$?
	# Root's staprun takes it.
	(by_staprun killsnoop --staprun --duration 4) > $out 2> $err || status=$?
	mv $dkms/lw_killsnoop.ko "$modules"
	rm $dkms/lwtools.manifest*
	return $status
}

# Staprun has this rule as well; lwload looks at the directory first.
test_stapusr_a_directory_of_others_is_refused() {
	local status=0
	member 156
	chmod o+w "$modules"
	exits 4 'systemtap: others than its owner may write to it' by_user_here opensnoop --staprun --duration 1 || status=$?
	chmod o-w "$modules"
	[ $status -eq 0 ]
}

# CVE-2010-4170 was a helper that believed its caller's environment.
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

# CVE-2010-4171 was the removal of a module that was not one's own.
test_stapusr_member_cannot_stop_roots_run() {
	member 156
	start opensnoop
	exits 4 'takes root' by_user_here stop opensnoop
	exits 1 'already running (by a process that cannot be seen from here)' by_user_here opensnoop --staprun
	kill -0 $lwload
	finish
}

# No lock is for users: what tells two that begin at the same moment apart is the kernel.
test_stapusr_two_at_once_are_told_apart() {
	local i status one two
	member 156
	for i in 1 2 3 4 5; do
		(by_user opensnoop --staprun --duration 3) > $work/one 2> $work/err.1 < /dev/null &
		one=$!
		(by_user opensnoop --staprun --duration 3) > $work/two 2> $work/err.2 < /dev/null &
		two=$!
		status=0
		wait $one || status=$?
		wait $two || status=$((10 * status + $?))
		cat $work/err.1 $work/err.2
		# One ran, whichever it was.
		[ $status -eq 1 ] || [ $status -eq 10 ]
		grep -E 'opensnoop: running: (another run has begun at the same time|already running)' $work/err.[12]
	done
}
