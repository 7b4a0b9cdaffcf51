# shellcheck shell=bash
# faults.sh - injects faults that happen on a host. Each gives the right status and a message that names it, and
# leaves no module, no process, and nothing in the kernel's log. ci/faults makes a page from the results.
#
# Above each test, "# fault:" and "# then:" are the fault and the expected result. "# long" keeps the test out of
# make check. After each test, lib.sh looks for modules, processes and complaints of the kernel.
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# A run of opensnoop shows an open.
works() {
	start opensnoop --json -n workload
	$workload once /etc/hostname
	finish
	[ "$(grep -c '"path":"/etc/hostname"' $out)" -eq 1 ]
}

# A module that a killed run has left is gone after the next one, which works.
next_run_cleans() {
	any_left
	works
	says 'warning: opensnoop: removed*lw_opensnoop' $err
	not any_left
}

# any_left - is a module of ours inserted?
any_left() {
	grep -q '^lw_' /proc/modules
}

# insertions COMMAND... - writes the modules that the kernel took meanwhile to $work/inserted
insertions() {
	local status events=/sys/kernel/tracing/events/module/module_load
	mount -t tracefs none /sys/kernel/tracing
	echo > /sys/kernel/tracing/trace
	echo 1 > $events/enable
	strictly "$@"
	echo 0 > $events/enable
	cat /sys/kernel/tracing/trace > $work/inserted
	umount /sys/kernel/tracing
	return $status
}

all_gone() {
	! any_left && ! pgrep -x lwload > /dev/null
}

# gone_within SECONDS - waits until no module and no lwload is left
gone_within() {
	eventually "$1" all_gone
}

# ends_within SECONDS PID - does this child end within that time?
ends_within() {
	eventually "$1" has_ended "$2"
}

# random_pause MOST - sleeps up to that many milliseconds
random_pause() {
	sleep "0.$(printf %03d $((RANDOM * $1 / 32768)))"
}

# ---- the loader is killed ----

# kill_50 SIGNAL... - sends these signals to a run at 50 random moments, some before its insertion
kill_50() {
	local i signal left=0
	echo "seed $((RANDOM = 20261125))"
	for i in $(seq 50); do
		lwload opensnoop -n workload > $out 2> $err < /dev/null &
		lwload=$!
		random_pause 400
		for signal; do
			kill "-$signal" $lwload
		done
		wait $lwload || :
		if any_left; then
			left=$((left + 1))
			[ $((left % 5)) -ne 0 ] || next_run_cleans
		fi
	done
	! any_left || next_run_cleans
	echo "# $left of $i left a module for the next run" >&9
	[ $left -ge 5 ]
}

# fault: lwload gets SIGKILL, at 50 random moments
# then: the next run removes the module that is left, and works
# long
test_fault_SIGKILL_at_50_random_moments() {
	kill_50 KILL
}

# fault: lwload gets SIGSTOP, then SIGKILL, at 50 random moments
# then: the next run removes the module that is left, and works
# long
test_fault_SIGSTOP_and_SIGKILL_at_50_random_moments() {
	kill_50 STOP KILL
}

# fault: staprun, or stapio later, gets SIGKILL, at 15 random moments of runs with --staprun
# then: lwload ends; lwload stop removes the module that is left, and the next run works
# long
test_fault_SIGKILL_of_staprun_at_15_random_moments() {
	local i killed=0 left=0
	for i in $(seq 15); do
		(by_staprun opensnoop --staprun -n workload) > $out 2> $err < /dev/null &
		lwload=$!
		sleep $((i % 3))
		random_pause 999
		if pkill -KILL -x 'staprun|stapio'; then
			killed=$((killed + 1))
			ends_within 10 $lwload
		else
			# A process that bash begins in the background ignores SIGINT until it catches it.
			kill -TERM $lwload || :
		fi
		wait $lwload || :
		pkill -KILL -x 'staprun|stapio' || :
		! any_left || left=$((left + 1))
		lwload stop opensnoop
		not any_left
	done
	echo "# $killed of $i killed, $left left a module" >&9
	[ $killed -gt 5 ]
	[ $left -gt 0 ]
	works
}

# fault: stapio gets SIGSTOP, then SIGKILL, during a run with --staprun
# then: lwload ends; the next run without --staprun removes the module that is left
test_fault_SIGKILL_of_a_stopped_stapio() {
	(by_staprun opensnoop --staprun --verbose -n workload) > $out 2> $err < /dev/null &
	started
	pkill -STOP -x stapio
	pkill -KILL -x stapio
	ends_within 10 $lwload
	wait $lwload || :
	next_run_cleans
}

# fault: the kernel's OOM killer kills lwload
# then: the next run removes the module that is left, and works
test_fault_out_of_memory() {
	start opensnoop
	echo 1000 > /proc/$lwload/oom_score_adj
	echo f > /proc/sysrq-trigger
	wait $lwload || status=$?
	[ $status -eq 137 ]
	# Its report has a call trace.
	dmesg > $work/dmesg
	not grep -E 'BUG|WARN|Oops' $work/dmesg
	dmesg -C
	next_run_cleans
}

# ---- its surroundings ----

# fault: lwload's terminal goes away
# then: lwload ends within 5 s
test_fault_the_terminal_hangs_up() {
	setsid script -qfc 'lwload opensnoop --verbose' $out > /dev/null 2>&1 < /dev/null &
	await tracing $out
	kill -KILL $!
	gone_within 5
}

# fault: the reader of lwload's output goes away while records come
# then: status 0: a reader that has seen enough is no failure
test_fault_the_reader_goes_away() {
	local status=0
	mkfifo $work/pipe
	head -n 20 $work/pipe > $work/head &
	lwload opensnoop --verbose > $work/pipe 2> $err < /dev/null &
	lwload=$!
	await tracing $err
	$workload repeat 200 /etc/hostname
	wait $lwload || status=$?
	[ $status -eq 0 ]
	[ "$(wc -l < $work/head)" -eq 20 ]
}

# stalled COMMAND - runs it with a full pipe, whose reader stands still; sets lwload
stalled() {
	hold_pipe
	"$1" &
	lwload=$!
}

# At its end this run has to say how many records --max-rate left out.
chatter() {
	exec lwload opensnoop -n workload --verbose --max-rate 1 > $out 2> $work/pipe < /dev/null
}

# fault: nothing reads lwload's standard error, and lwload gets SIGTERM
# then: the module is removed within 10 s
test_fault_standard_error_stands_still() {
	stalled chatter
	await UID $out
	$workload repeat 100 /etc/hostname
	# As much as the pipe holds, from somebody else
	timeout 3 sh -c "head -c 100000 /dev/zero > $work/pipe" || :
	kill -TERM $lwload
	gone_within 10
	release
}

# The workload has to end before the time is up, on a busy machine as well.
silent_end() {
	exec lwload opensnoop --json -n workload -d "$duration" > $work/pipe 2> $err < /dev/null
}

# fault: the reader of the records stands still, and the duration (-d) is over
# then: lwload ends within 10 s, and tells how many records were not shown (status 5)
test_fault_the_reader_stands_still_when_time_is_up() {
	local status=0 duration
	duration=$(stretched 4)
	stalled silent_end
	sleep 1
	$workload repeat 5000 /etc/hostname
	ends_within $((duration + 10)) $lwload
	wait $lwload || status=$?
	release
	[ $status -eq 5 ]
	says 'records*lost' $err
}

# fault: standard output is closed
# then: status 1 before anything is inserted
test_fault_no_standard_output() {
	insertions exits 1 'stdout*open' sh -c 'exec lwload opensnoop >&-'
	not grep 'module_load: lw_' $work/inserted
	# Such a look finds what is inserted.
	insertions lwload opensnoop -d 0.1 > $out
	grep 'module_load: lw_opensnoop' $work/inserted
}

# fault: standard input, output and error are closed
# then: status 1
test_fault_no_standard_files_at_all() {
	local status=0
	(exec <&- >&- 2>&-; exec lwload opensnoop -d 1) || status=$?
	[ $status -eq 1 ]
}

# fault: the disk with lwload's output fills up
# then: status 1, and the message says so
test_fault_the_disk_is_full() {
	local status=0
	mkdir $work/small
	mount -t tmpfs -o size=64k tmpfs $work/small
	lwload opensnoop --json --verbose > $work/small/out 2> $err < /dev/null &
	lwload=$!
	await tracing $err
	$workload repeat 3000 /etc/hostname
	wait $lwload || status=$?
	umount $work/small
	[ $status -eq 1 ]
	grep -q 'No space left' $err
}

# fault: lwload may open only 3 to 12 descriptors, or 16
# then: status 1, 3 or 4 and a message that says so; with 16 descriptors the run may work
test_fault_no_file_descriptors() {
	local n status worked=0 failed=0
	for n in $(seq 3 12) 16; do
		status=0
		(ulimit -n $n; exec lwload opensnoop -d 0.2) > $out 2> $err < /dev/null || status=$?
		if [ $status -eq 0 ]; then
			worked=$((worked + 1))
		else
			failed=$((failed + 1))
			# With three the loader may not even be able to look for its module.
			case $status in 1|3|4) ;; *) return 1 ;; esac
			grep -qi 'too many open files' $err
		fi
		not any_left
	done
	echo "# $worked worked, $failed failed" >&9
	[ $failed -gt 0 ]
	[ $status -eq 0 ]
}

# fault: no file may grow (RLIMIT_FSIZE), and the output goes to a file
# then: status 1, and the message says so
test_fault_a_limit_of_file_size() {
	local status=0
	(ulimit -f 1; trap '' XFSZ; exec lwload opensnoop --json --verbose > $out 2>> $err < /dev/null) &
	lwload=$!
	await tracing $err
	$workload repeat 1000 /etc/hostname
	wait $lwload || status=$?
	[ $status -eq 1 ]
	grep -q 'File too large' $err
}

# fault: the clock is set a day back, then two days on
# then: the run takes as long as -d says
test_fault_the_clock_is_set() {
	local before after
	before=$(cut -d. -f1 /proc/uptime)
	start opensnoop -n workload -d 3
	date -s '-1 day' > /dev/null
	sleep 1
	date -s '+2 days' > /dev/null
	wait $lwload
	after=$(cut -d. -f1 /proc/uptime)
	date -s '-1 day' > /dev/null
	[ $((after - before)) -ge 3 ]
	# A busy host takes longer than three seconds, but not a day.
	[ $((after - before)) -le 3600 ]
}

# fault: lwload stands still for 3 s (SIGSTOP, SIGCONT) while records come
# then: all records are shown when lwload goes on
test_fault_the_process_is_suspended() {
	start opensnoop --json -n workload
	kill -STOP $lwload
	$workload repeat 1999 /etc/hostname
	sleep 3
	kill -CONT $lwload
	finish
	[ "$(grep -c '"path":"/etc/hostname"' $out)" -eq 1999 ]
}

# fault: lwload's root directory has no library and no other program
# then: lwload works, since it is static
test_fault_no_library_on_the_host() {
	local tree=$work/tree
	mkdir -p $tree/proc $tree/sys $tree/dev $tree/lib/modules $tree/etc $tree/run
	cp /usr/sbin/lwload $tree/lwload
	[ ! -d /etc/lwtools ] || cp -r /etc/lwtools $tree/etc
	mount --bind /proc $tree/proc
	mount --bind /lib/modules $tree/lib/modules
	lwload=
	chroot $tree /lwload opensnoop -c 1 --json -d 10 > $out 2> $err < /dev/null &
	lwload=$!
	sleep 2
	/bin/true
	wait $lwload || status=$?
	umount $tree/proc $tree/lib/modules
	[ "${status:-0}" -eq 0 ]
	[ "$(wc -l < $out)" -eq 1 ]
}

# fault: the root file system is read-only
# then: lwload works
test_fault_a_read_only_root() {
	unshare --mount sh -euc '
		mount -o remount,ro,bind /
		! touch /written 2> /dev/null || exit
		exec lwload opensnoop --json --verbose -n workload' > $out 2> $err < /dev/null &
	lwload=$!
	await tracing $err
	$workload once /etc/hostname
	finish
	[ "$(grep -c '"path":"/etc/hostname"' $out)" -eq 1 ]
}

# fault: /proc is not mounted
# then: status 4 and one line that says so; nothing is inserted
test_fault_no_proc() {
	insertions exits 4 'opensnoop: proc: /proc*mount' \
		unshare --mount sh -euc 'umount -l /proc; exec lwload opensnoop -d 1'
	not grep 'module_load: lw_' $work/inserted
}

# fault: kernel.kptr_restrict is 2, so that root reads no addresses
# then: lwload works, and the setting is as before
test_fault_addresses_are_hidden() {
	local setting=/proc/sys/kernel/kptr_restrict status=0
	sysctl -q kernel.kptr_restrict=2
	# Not for a moment: whoever is killed then would leave it changed.
	mount --bind $setting $setting
	mount -o remount,bind,ro $setting
	lwload opensnoop -d 0.3 > $out || status=$?
	umount $setting
	[ $status -eq 0 ]
	[ "$(sysctl -n kernel.kptr_restrict)" -eq 2 ]
	sysctl -q kernel.kptr_restrict=0
}

# ---- its files ----

# refused OPTION... - the run has status 4 and one line, and inserts nothing
refused() {
	exits 4 lw_killsnoop.ko lwload killsnoop -d 0.1 "$@" && not any_left
}

truncated_everywhere() {
	local size n
	size=$(stat -c %s $work/copy/lw_killsnoop.ko)
	cp $work/copy/lw_killsnoop.ko $work/whole.ko
	for ((n = 0; n < size; n += 4096)); do
		head -c $n $work/whole.ko > $work/copy/lw_killsnoop.ko
		refused
		# The kernel itself, which no manifest warns
		not insmod $work/copy/lw_killsnoop.ko
	done
	echo "# truncated at $((n / 4096)) places: refused by lwload, and by the kernel" >&9
}

# fault: a module is cut off at each multiple of 4 KiB
# then: status 4; the kernel refuses each as well
test_fault_a_truncated_module() {
	with_copy truncated_everywhere 2> /dev/null
}

# flip FILE - inverts one bit of the file, chosen at random
flip() {
	local size
	size=$(stat -c %s "$1")
	flip_bit "$1" $(((RANDOM * 32768 + RANDOM) % size)) $((RANDOM % 8))
}

flipped() {
	local i
	echo "seed $((RANDOM = 4711))"
	cp $work/copy/lw_killsnoop.ko $work/whole.ko
	for i in $(seq 200); do
		cp $work/whole.ko $work/copy/lw_killsnoop.ko
		flip $work/copy/lw_killsnoop.ko
		not cmp -s $work/whole.ko $work/copy/lw_killsnoop.ko
		refused
		refused --unsigned --older
	done
	echo "# bit flips: $i of $i refused, with --unsigned as well" >&9
}

# fault: one bit of a module is inverted, in 200 tries at random
# then: status 4, with --unsigned and --older as well
# long
test_fault_flipped_bits_of_a_module() {
	with_copy flipped
}

wrong_machine() {
	# e_machine, EM_AARCH64
	printf '\267' | dd of=$work/copy/lw_killsnoop.ko bs=1 seek=18 conv=notrunc 2> /dev/null
	refused
	not insmod $work/copy/lw_killsnoop.ko 2> /dev/null
}

# fault: a module is for another architecture
# then: status 4; the kernel refuses it as well
test_fault_a_module_of_another_architecture() {
	with_copy wrong_machine
}

of_other_release() {
	local release
	release=$(uname -r)
	cp /lw/trust/other/* $work/copy
	exits 4 "refused: *9${release#?}*$release" lwload opensnoop -d 0.1
}

# fault: the modules and the signed manifest are another release's
# then: status 4; the message names that release
test_fault_modules_of_another_release() {
	with_copy of_other_release
}

of_other_build() {
	cp /lw/trust/build/* $work/copy
	if has_modversions; then
		lwload killsnoop -d 0.1 > $out
		lwload check killsnoop | grep ' build  *warn '
	else
		exits 4 'refused: *another build' lwload killsnoop -d 0.1
		exits 4 'refused: *another build' lwload killsnoop -d 0.1 --unsigned --older
	fi
}

# fault: the modules are for another build of the same release, and are rightly signed
# then: status 4, and the message says so; on kernels with modversions, which check this themselves, the tool runs, and lwload check warns
test_fault_modules_of_another_build() {
	with_copy of_other_build
}

without_manifest() {
	rm $work/copy/lwtools.manifest.sig
	exits 4 'refused: *lwtools.manifest.sig' lwload killsnoop -d 0.1
	rm $work/copy/lwtools.manifest
	exits 4 'refused: *lwtools.manifest ' lwload killsnoop -d 0.1
}

# fault: the manifest or its signature is missing
# then: status 4, and the message says so
test_fault_no_manifest() {
	with_copy without_manifest
}

of_a_stranger() {
	cp /lw/trust/stranger/* $work/copy
	exits 4 'refused: *signed by key*/etc/lwtools/keys' lwload killsnoop -d 0.1
}

# fault: the manifest is signed by a key that the host does not have
# then: status 4, and the message says so
test_fault_a_manifest_of_a_stranger() {
	with_copy of_a_stranger
}

an_older_version() {
	lwload killsnoop -d 0.1 > $out
	cp /lw/trust/older/* $work/copy
	exits 4 'refused: *used on this host*--older' lwload killsnoop -d 0.1
}

# fault: the modules are of an older version, and are rightly signed
# then: status 4; the message says that a newer version has been used
test_fault_an_older_version() {
	with_copy an_older_version
}

# The heading of $work/changed.ko has another name, by which a run of it is noticed.
changed() {
	LC_ALL=C sed 's/result/resulx/g' $work/whole.ko > $work/changed.ko
	mkdir $work/signed
	mv $work/copy/lwtools.manifest* $work/signed
	cp $work/changed.ko $work/copy/lw_killsnoop.ko
	lwload killsnoop --unsigned -d 0.1 > $out
	mv $work/signed/* $work/copy
	grep RESULX $out
}

# For moments the module's file is another, then has other bytes, then is the right one again.
swapping() {
	while :; do
		cp $work/changed.ko $work/new && mv $work/new $work/copy/lw_killsnoop.ko
		cat $work/changed.ko > $work/copy/lw_killsnoop.ko
		cp $work/whole.ko $work/new && mv $work/new $work/copy/lw_killsnoop.ko
		sleep 0.05
	done
}

swap() {
	local i status ran=0 refused=0
	cp $work/copy/lw_killsnoop.ko $work/whole.ko
	changed
	swapping &
	swapper=$!
	for i in $(seq 100); do
		status=0
		lwload killsnoop -d 0.02 > $out 2> $err || status=$?
		if [ $status -eq 0 ] && grep -q RESULT $out; then
			ran=$((ran + 1))
		elif [ $status -eq 4 ] && grep -q lw_killsnoop.ko $err; then
			refused=$((refused + 1))
		else
			break
		fi
		if [ "$i" -ge 30 ] && [ $ran -gt 0 ] && [ $refused -gt 0 ]; then
			break
		fi
	done
	kill $swapper
	wait $swapper || :
	echo "# of $i runs $ran ran, $refused were refused; the last ended with $status" >&9
	[ $((ran + refused)) -eq "$i" ]
	[ $ran -gt 0 ]
	[ $refused -gt 0 ]
}

# fault: the module's file is changed and replaced all the time, during 30 runs or more
# then: each run has the bytes that were signed, or status 4; both happen
test_fault_a_file_that_changes() {
	with_copy swap
}

# ---- the kernel's side ----

# fault: a processor goes offline and comes back while a tool runs
# then: records of all processors are shown
test_fault_a_processor_goes_offline_and_comes_back() {
	local cpu=/sys/devices/system/cpu/cpu1/online
	start opensnoop --json -n workload
	taskset -c 1 $workload repeat 97 /etc/hostname
	echo 0 > $cpu
	$workload repeat 101 /etc/passwd
	echo 1 > $cpu
	taskset -c 1 $workload repeat 103 /etc/group
	finish
	[ "$(grep -c '/etc/hostname"' $out)" -eq 97 ]
	[ "$(grep -c '/etc/passwd"' $out)" -eq 101 ]
	[ "$(grep -c '/etc/group"' $out)" -ge 103 ]
}

# fault: a processor is offline when the tool starts, and comes online while it runs
# then: the run ends well, and tells that events of that processor are not shown (status 5)
test_fault_a_processor_comes_while_it_runs() {
	local cpu=/sys/devices/system/cpu/cpu1/online status=0
	echo 0 > $cpu
	start opensnoop --json -n workload
	echo 1 > $cpu
	taskset -c 1 $workload repeat 103 /etc/group
	finish || status=$?
	[ $status -eq 5 ]
	says 'processor*online' $err
}

# fault: somebody tries to remove the module during a run
# then: the kernel refuses, and the run goes on
test_fault_the_module_is_removed_meanwhile() {
	start opensnoop --json -n workload
	not rmmod lw_opensnoop
	$workload repeat 7 /etc/hostname
	finish
	[ "$(wc -l < $out)" -eq 7 ]
}

# fault: traced processes are killed during a system call
# then: the tool goes on and ends well
test_fault_traced_processes_die_within_a_call() {
	local reader
	start rwtime
	for _ in $(seq 50); do
		sleep 100 | cat > /dev/null &
		reader=$!
		sleep 0.02
		# The writer, whose pipe it is, and the reader in the middle of its read(2)
		kill -KILL "$(jobs -p %%)" $reader
	done
	kill -0 $lwload
	finish
	[ -s $out ]
}

# fault: 10,000 processes run, each for an instant
# then: execsnoop shows each, or tells how many were lost (status 5)
# long
test_fault_10000_short_processes() {
	local status=0 shown lost
	start execsnoop --json
	$workload spawn 10000
	finish || status=$?
	shown=$(grep -c '"args":\["short"\]' $out)
	lost=$(sed -n 's/.*: \([0-9]*\) records .*lost.*/\1/p' $err)
	echo "shown $shown, lost ${lost:-0}"
	[ $((shown + ${lost:-0})) -ge 10000 ]
	if [ "$shown" -lt 10000 ]; then
		[ $status -eq 5 ]
	else
		[ $status -eq 0 ]
	fi
}

# fault: a fork bomb runs, within a limit of 200 processes
# then: the tool goes on, and ends when it is told to
test_fault_a_fork_bomb() {
	local status=0
	start execsnoop
	setpriv --reuid 4242 --regid 4242 --clear-groups bash -c '
		ulimit -u 200
		bomb() { bomb | bomb & }
		bomb' > /dev/null 2>&1 &
	sleep 3
	bombs=$(pgrep -c -U 4242)
	kill -0 $lwload
	finish || status=$?
	# All at once, or those that are left go on.
	setpriv --reuid 4242 --regid 4242 --clear-groups bash -c 'kill -KILL -1'
	wait
	not pgrep -U 4242
	echo "# $bombs processes" >&9
	[ "$bombs" -gt 100 ]
	[ $status -eq 0 ] || [ $status -eq 5 ]
}

# fault: three runs of a tool begin at the same moment, 20 times
# then: each works
test_fault_runs_race() {
	local i j pids
	for i in $(seq 20); do
		pids=()
		for j in 1 2 3; do
			lwload opensnoop -d 0.5 > $work/out$j 2> $work/err$j &
			pids+=($!)
		done
		for j in 1 2 3; do
			wait "${pids[j - 1]}" || { echo "round $i"; cat $work/err$j; return 1; }
			[ -s $work/out$j ]
		done
		not any_left
	done
}

# fault: a run begins while the previous run ends, 15 times, up to 0.98 s after that was told to end
# then: the run works
test_fault_a_run_begins_as_another_ends() {
	local i
	for i in $(seq 15); do
		start opensnoop
		kill -INT $lwload
		sleep "0.$(printf %03d $(((i - 1) * 70)))"
		lwload opensnoop -d 0.1 > $work/out2 2> $work/err2
		wait $lwload
		not any_left
	done
}

# fault: --buffer asks for more memory than there is
# then: status 1 and a message; the OOM killer does nothing
test_fault_too_little_memory() {
	local status=0
	lwload opensnoop --buffer 4095 -d 1 > $out 2> $err || status=$?
	[ $status -eq 1 ]
	says 'opensnoop: memory: ' $err
	dmesg -t > $work/dmesg
	not grep -q 'oom-kill' $work/dmesg
}

# fault: lwload stop and status run while tools come and go, 20 times
# then: each ends with status 0 or 1; runs and stop end within 10 s
test_fault_verbs_while_tools_come_and_go() {
	local i status
	for i in $(seq 20); do
		lwload opensnoop -d 0.3 > /dev/null 2> $err < /dev/null &
		lwload=$!
		random_pause 300
		lwload status > $out
		status=0
		within 10 lwload stop opensnoop > $work/out2 2> $work/err2 || status=$?
		[ $status -le 1 ] || { cat $work/err2; return 1; }
		ends_within 10 $lwload
		status=0
		wait $lwload || status=$?
		[ $status -le 1 ]
	done
	gone_within 5
}

# ---- growth ----

# slabs FILE - writes the bytes of each of the kernel's caches, by name
slabs() {
	awk 'NR > 2 { print $1, $3 * $4 }' /proc/slabinfo | sort > "$1"
}

# fault: a module is inserted and removed 1,000 times
# then: slab, vmalloc and open files do not grow
# long
test_fault_1000_cycles_leave_nothing() {
	local i slab vmalloc files
	for i in $(seq 50); do
		lwload opensnoop -d 0.01 > /dev/null
	done
	sync
	echo 3 > /proc/sys/vm/drop_caches
	slab=$(kib SUnreclaim) vmalloc=$(kib VmallocUsed) files=$(cut -f1 /proc/sys/fs/file-nr)
	slabs $work/before
	for i in $(seq 1000); do
		lwload opensnoop -d 0.01 > /dev/null || { echo "cycle $i"; return 1; }
	done
	echo 3 > /proc/sys/vm/drop_caches
	sleep 1
	slabs $work/after
	slab=$(($(kib SUnreclaim) - slab)) vmalloc=$(($(kib VmallocUsed) - vmalloc))
	files=$(($(cut -f1 /proc/sys/fs/file-nr) - files))
	echo "# 1000 cycles: slab $slab KiB, vmalloc $vmalloc KiB, files $files" >&9
	[ $slab -lt 1024 ] || {
		join $work/before $work/after | awk '$3 - $2 > 65536 { print "# " $1 ": " $3 - $2 " bytes more" }' >&9
		return 1
	}
	[ $vmalloc -lt 256 ]
	[ $files -lt 64 ]
}

# fault: in each of 100 runs a read begins that waits on; another read waits through all runs
# then: each run leaves at most 256 KiB (Linux 6.7 and later) until its read returns
# long
test_fault_100_runs_leave_little_for_reads_that_wait() {
	local i before grown left pids=()
	block read 1
	pids+=("$blocked")
	lwload rwtime -d 0.1 > /dev/null
	before=$(kernel_kib)
	for i in $(seq 100); do
		start rwtime
		rm -r $work/65534
		block read 1
		pids+=("$blocked")
		finish || { echo "run $i"; return 1; }
	done
	grown=$(($(kernel_kib) - before))
	kill "${pids[@]}"
	wait "${pids[@]}" || :
	sleep 2
	left=$(($(kernel_kib) - before))
	echo "# 100 runs: $grown KiB while the reads wait, $left KiB after them" >&9
	[ $grown -lt 25600 ]
	[ $left -lt 1024 ]
}
