# shellcheck shell=bash
# host.sh - properties of the host, its users and the caller that end a run before anything is inserted
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# with_mount TYPE DIRECTORY COMMAND...
with_mount() {
	local type=$1 dir=$2 status
	shift 2
	mountpoint -q "$dir" && { "$@"; return; }
	mount -t "$type" none "$dir"
	strictly "$@"
	umount "$dir"
	return $status
}

# ---- rules ----

all_is_told() {
	prints 0 "$(tools_here) of $(tools_here) tools" lwload check
	# Not every kernel has modversions, and not every machine EFI.
	grep -vE 'symbols    skip no modversions|mok        skip .*EFI' $out > $work/told
	not grep -E ' (warn|skip|FAIL) ' $work/told
	grep -E "opensnoop +lockdown +ok +none\$" $out
	grep -E "opensnoop +kprobes +ok +on\$" $out
	grep -E "opensnoop +blacklist +ok +.*function" $out
	grep -E "syscallbypid +kprobes +ok +the module has none\$" $out
}

test_host_with_debugfs_and_securityfs_is_known() {
	with_mount debugfs /sys/kernel/debug with_mount securityfs /sys/kernel/security all_is_told
}

kprobes_off() {
	local status=0
	echo 0 > /sys/kernel/debug/kprobes/enabled
	exits 4 'opensnoop: kprobes: *off*echo 1 >' lwload opensnoop --duration 1 &&
	prints 4 'kprobes    FAIL *off' lwload check opensnoop &&
	prints 0 'kprobes    ok   *none' lwload check syscallbypid || status=$?
	echo 1 > /sys/kernel/debug/kprobes/enabled
	return $status
}

test_host_whose_kprobes_are_off_is_refused() {
	with_mount debugfs /sys/kernel/debug kprobes_off
	lwload opensnoop --duration 0.3 > $out
}

hidden_from_root() {
	local status
	prints 0 'addresses  ok   hidden*/proc/kcore' lwload check opensnoop
	lwload opensnoop --duration 0.3 > $out
	# Nor from there
	: > $work/empty
	mount --bind $work/empty /proc/kcore
	strictly exits 4 'opensnoop: addresses: hidden*/proc/kcore*No data available*kernel.kptr_restrict' \
		lwload opensnoop --duration 1
	umount /proc/kcore
	return $status
}

# ---- switches that silence kprobes ----

# switch FILE VALUE - writes to the switch, as root may do during a run
switch() {
	echo "$2" > "$1"
}

# Three files are opened, the second while kprobes are off.
shows_no_more_than_is_seen() {
	local file=$1 name=$2 status=0
	$workload once /etc/hostname
	switch "$file" 0
	await "warning: opensnoop: $name is 0*kprobes" $err
	$workload once /etc/passwd
	switch "$file" 1
	await "warning: opensnoop: $name is 1 *kprobes" $err
	$workload once /etc/group
	finish || status=$?
	[ $status -eq 5 ]
	grep /etc/hostname $out
	grep /etc/group $out
	not grep /etc/passwd $out
}

# ends_while_off FILE NAME - the switch is off from the middle of a run to its end
ends_while_off() {
	local status=0
	start opensnoop -n workload
	switch "$1" 0
	finish || status=$?
	switch "$1" 1
	[ $status -eq 5 ]
	says "warning: opensnoop: $2 is 0" $err
}

# off_for_a_moment FILE NAME - the switch is off and on again before lwload can look
off_for_a_moment() {
	local status=0
	start opensnoop -n workload
	kill -STOP $lwload
	switch "$1" 0
	switch "$1" 1
	kill -CONT $lwload
	finish || status=$?
	[ $status -eq 5 ]
	says "warning: opensnoop: $2 *written*0" $err
	# A write of the value that is there changes nothing.
	start opensnoop -n workload
	switch "$1" 1
	pause 0.5
	finish
	not grep warning $err
}

ftrace=/proc/sys/kernel/ftrace_enabled

# Debian's 7.3 refuses to switch it off.
ftrace_stays_on() {
	(echo 0 > $ftrace) 2> $work/refused || { grep 'Operation not supported' $work/refused; return; }
	echo 1 > $ftrace
	return 1
}

test_host_whose_ftrace_is_off_is_refused() {
	local status
	! ftrace_stays_on || return 0
	echo 0 > $ftrace
	strictly ftrace_is_off
	echo 1 > $ftrace
	[ $status -eq 0 ]
	lwload opensnoop --duration 0.3 > $out
}

ftrace_is_off() {
	exits 4 'opensnoop: ftrace: kernel.ftrace_enabled is 0*sysctl kernel.ftrace_enabled=1' \
		lwload opensnoop --duration 1
	prints 4 'ftrace     FAIL kernel.ftrace_enabled is 0' lwload check opensnoop
	# Tracepoints do not go through it.
	prints 0 'ftrace     ok   *no kprobe' lwload check syscallbypid
	start syscallbypid -T 0 --json
	$workload repeat 997 /etc/hostname
	finish
	jq -e -s 'any(.comm == "workload" and .syscall == "openat" and .count >= 997)' $out
}

ftrace_in_a_run() {
	start opensnoop -n workload
	shows_no_more_than_is_seen "$@"
	ends_while_off "$@"
	off_for_a_moment "$@"
}

test_host_whose_ftrace_is_switched_off_during_a_run() {
	local status
	! ftrace_stays_on || return 0
	strictly ftrace_in_a_run $ftrace kernel.ftrace_enabled
	echo 1 > $ftrace
	return $status
}

# Nobody has mounted debugfs when the run begins.
kprobes_in_a_run() {
	start opensnoop -n workload
	mount -t debugfs none /sys/kernel/debug
	shows_no_more_than_is_seen "$@"
	ends_while_off "$@"
	off_for_a_moment "$@"
}

test_host_whose_kprobes_are_switched_off_during_a_run() {
	local status enabled=/sys/kernel/debug/kprobes/enabled
	not mountpoint -q /sys/kernel/debug
	strictly kprobes_in_a_run $enabled $enabled
	echo 1 > $enabled
	umount /sys/kernel/debug
	return $status
}

kprobes_stay_off() {
	echo 0 > /sys/kernel/debug/kprobes/enabled
	umount /sys/kernel/debug
	exits 4 'opensnoop: kprobes: *off' lwload opensnoop --duration 1 || status=$?
	mount -t debugfs none /sys/kernel/debug
	echo 1 > /sys/kernel/debug/kprobes/enabled
}

test_host_whose_kprobes_are_off_where_nobody_sees_it() {
	local status=0
	with_mount debugfs /sys/kernel/debug kprobes_stay_off
	[ $status -eq 0 ]
}

# staprun's runs are watched as well.
test_host_whose_ftrace_is_switched_off_during_a_run_of_staprun() {
	! ftrace_stays_on || return 0
	(by_staprun opensnoop --staprun --verbose -n workload) > $out 2> $err < /dev/null &
	started
	shows_no_more_than_is_seen $ftrace kernel.ftrace_enabled
}

test_host_that_hides_addresses() {
	local status
	sysctl -q kernel.kptr_restrict=2
	strictly hidden_from_root
	sysctl -q kernel.kptr_restrict=0
	return $status
}

# A copy of the module names another function, of the same length; the copy has no manifest.
blacklisted_function() {
	local name
	name=$(awk 'length($2) == 14 { print $2; exit }' /sys/kernel/debug/kprobes/blacklist)
	[ -n "$name" ]
	sed -i "s/do_sys_openat2/$name/g" $work/copy/lw_opensnoop.ko
	rm $work/copy/lwtools.manifest
	prints 4 'opensnoop      blacklist  FAIL' lwload check opensnoop
	ends 4 lwload opensnoop --unsigned
	says "opensnoop: blacklist: *$name" $err
	[ ! -d /proc/systemtap/lw_opensnoop ]
}

test_host_that_bars_a_function_is_refused() {
	with_mount debugfs /sys/kernel/debug with_copy blacklisted_function
}

test_host_with_too_little_memory_is_refused() {
	exits 1 'opensnoop: memory: 4095 MiB*2 processors*6 MiB*--buffer' \
		lwload opensnoop --buffer 4095 --duration 1
}

test_host_that_is_a_container_is_refused() {
	exits 4 'opensnoop: user: *user namespace' unshare --user --map-root-user lwload opensnoop --duration 1
	exits 4 'opensnoop: proc: */proc*read-only' unshare --mount --propagation private \
		sh -c 'mount -o remount,bind,ro /proc && exec lwload opensnoop --duration 1'
	exits 4 'opensnoop: proc: */proc*subset=pid' unshare --mount --propagation private \
		sh -c 'mount -t proc -o subset=pid proc /proc && exec lwload opensnoop --duration 1'
	exits 4 'opensnoop: proc: */proc*not mounted' unshare --mount --propagation private \
		sh -c 'umount -l /proc && exec lwload opensnoop --duration 1'
}

compressed_module() {
	gzip -k $work/copy/lw_opensnoop.ko
	lwload opensnoop --duration 0.3 > $out
	rm $work/copy/lw_opensnoop.ko
	exits 4 'lw_opensnoop.ko.gz: compressed*gzip -d' lwload opensnoop
	prints 4 'opensnoop      compressed FAIL' lwload check opensnoop
}

test_host_with_a_compressed_module_is_told() {
	with_copy compressed_module
}

# ---- processors ----

# with_cpuset COMMAND... - makes the control group /sys/fs/cgroup/lw, which has processor 0 alone, for it
with_cpuset() {
	local status
	mount -t cgroup2 none /sys/fs/cgroup
	echo +cpuset > /sys/fs/cgroup/cgroup.subtree_control
	mkdir /sys/fs/cgroup/lw
	echo 0 > /sys/fs/cgroup/lw/cpuset.cpus
	strictly "$@"
	rmdir /sys/fs/cgroup/lw
	umount /sys/fs/cgroup
	return $status
}

# start_confined TOOL [OPTION...] - does what start does, in that control group
start_confined() {
	# shellcheck disable=SC2016 # the inner shell expands it
	sh -c 'echo $$ > /sys/fs/cgroup/lw/cgroup.procs && exec lwload "$@" --verbose' sh "$@" > $out 2> $err < /dev/null &
	lwload=$!
	await tracing $err
}

# All records of both processors are there, and whole.
both_processors_are_seen() {
	start_confined opensnoop --json -n workload --buffer 8
	grep -E '^Cpus_allowed_list:[[:space:]]*0$' /proc/$lwload/status
	taskset -c 1 $workload repeat 20011 /etc/hostname &
	taskset -c 0 $workload repeat 997 /etc/passwd
	wait $!
	finish
	[ "$(grep -c '"path":"/etc/hostname"' $out)" -eq 20011 ]
	[ "$(grep -c '"path":"/etc/passwd"' $out)" -eq 997 ]
	[ "$(jq -r .path $out | sort -u | wc -l)" -eq 2 ]
}

test_host_whose_cpuset_has_not_all_processors() {
	with_cpuset both_processors_are_seen
}

# lwload reads each processor's records without a change of the processors that it runs on.
test_host_whose_processors_are_not_visited() {
	start opensnoop --json -n workload
	taskset -c 1 $workload repeat 997 /etc/hostname
	grep -E '^Cpus_allowed_list:[[:space:]]*0-1$' /proc/$lwload/status
	finish
	[ "$(wc -l < $out)" -eq 997 ]
}

# ---- namespaces of process ids ----

# in_pids COMMAND... - runs it as the first process of a new namespace, with its own /proc
in_pids() {
	unshare --pid --fork --mount-proc "$@"
}

# start_in_pids OPTION... - does what start does, by a shell that is process 1 there and then opens a file
start_in_pids() {
	# shellcheck disable=SC2016 # the inner shell expands it
	in_pids bash -c 'err=$1; shift
		lwload "$@" --json --verbose 2> $err < /dev/null &
		until grep -q tracing $err || ! kill -0 $!; do sleep 0.1; done
		: < /etc/hostname
		(: < /etc/passwd)
		/bin/true mark
		kill -INT $!
		wait $!' bash $err "$@" > $out
}

test_host_in_a_pid_namespace_takes_its_numbers() {
	start_in_pids opensnoop -p 1
	jq -r .path $out > $work/got
	grep /etc/hostname $work/got
	not grep /etc/passwd $work/got
	# Records have the host's numbers.
	jq -e -s 'all(.pid > 1)' $out
	start_in_pids execsnoop -P 1
	jq -e -s 'map(select(.comm == "true").args) == [["/bin/true", "mark"]] and (map(.ppid) | unique | length == 1)' $out
	start_in_pids opensnoop -t 1
	grep /etc/hostname $out
}

test_host_in_a_pid_namespace_refuses_numbers_of_others() {
	exits 2 "opensnoop: *-p: *4194304*PID namespace" \
		in_pids lwload opensnoop -p 1,4194304
	exits 2 'opensnoop: *-p: */proc*PID namespace' \
		unshare --pid --fork lwload opensnoop -p 1
	nothing_is_inserted
	# Without a number there is nothing to translate.
	unshare --pid --fork lwload opensnoop --duration 0.3 > $out
}

# ---- other runs ----

test_host_says_who_runs_the_same_tool() {
	start opensnoop
	prints 0 "running    ok   1 already (pid $lwload, root, since $(date +%Y)-*)" lwload check opensnoop
	kill -INT $lwload
	wait $lwload
}

# Any user can open the module's file and lock it, which must not keep root from a run.
test_host_lock_is_no_other_users() {
	local holder
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		flock "$modules/lw_opensnoop.ko" sleep 30 &
	holder=$!
	pause 0.5
	lwload opensnoop --duration 0.3 > $out 2> $err || { kill $holder; return 1; }
	kill $holder
	[ "$(stat -c '%a %u' /run/lwtools/lock)" = '700 0' ]
	not setpriv --reuid 65534 --regid 65534 --clear-groups ls /run/lwtools/lock
}

test_host_lock_is_not_taken_through_a_link() {
	lwload opensnoop --duration 0.1 > $out
	rm /run/lwtools/lock/opensnoop
	ln -s /etc/hostname /run/lwtools/lock/opensnoop
	exits 1 'opensnoop: *lock /run/lwtools/lock/opensnoop' lwload opensnoop --duration 1
	rm /run/lwtools/lock/opensnoop
	lwload opensnoop --duration 0.1 > $out
}

# ---- callers ----

# opensnoop shows the files that lwload itself opens.
test_hostile_environment_has_no_effect() {
	local evil=$work/evil
	mkdir $evil
	printf 'TZif' > $evil/zone
	start opensnoop --json -n lwload
	env -i PATH="$PATH" TZ=":/etc/shadow" TZDIR=$evil LD_PRELOAD=$evil/x.so LD_LIBRARY_PATH=$evil \
		LD_AUDIT=$evil/x.so LOCPATH=$evil GCONV_PATH=$evil NLSPATH=$evil/%N LANG=de_DE LC_ALL=de_DE \
		MALLOC_TRACE=$evil/trace MALLOC_CHECK_=3 MALLOC_PERTURB_=9 GLIBC_TUNABLES=glibc.malloc.check=3 \
		TMPDIR=$evil HOME=$evil LWTOOLS_ROOT=$evil LWLOAD_PATH=$evil SYSTEMTAP_DIR=$evil \
		lwload killsnoop -T --duration 0.5 > $work/got 2>&1
	env -i PATH="$PATH" TZ=../../..$evil/zone lwload killsnoop -T --duration 0.5 >> $work/got 2>&1
	finish
	jq -r .path $out > $work/opened
	grep -F lw_killsnoop.ko $work/opened
	not grep -E "evil|shadow" $work/opened
	[ "$(ls $evil)" = zone ]
	not grep -v ^TIME $work/got
}

# Otherwise a file of the run could get the number of a closed descriptor, and output would go into it.
test_hostile_caller_has_closed_descriptors() {
	local status=0
	lwload opensnoop -n workload --duration 1 --verbose <&- > $work/got 2> $err &
	lwload=$!
	await tracing $err
	ls -l /proc/$lwload/fd > $work/fds
	wait $lwload
	grep -E ' 0 -> /dev/null$' $work/fds
	head -n 1 $work/got | grep UID
	lwload opensnoop --duration 0.3 <&- >&- 2> $err || status=$?
	[ $status -eq 1 ]
	says 'stdout*open' $err
	# Nowhere to say anything: still no message in a file, and the run works.
	lwload opensnoop -n workload --duration 0.3 <&- > $work/got 2>&-
	grep -q UID $work/got
	not lwload nosuchtool <&- >&- 2>&-
	not lwload opensnoop --duration 0.3 <&- >&- 2>&-
}
