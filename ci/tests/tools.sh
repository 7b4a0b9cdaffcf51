# shellcheck shell=bash
# tools.sh - each tool sees a known workload exactly, and its filters work
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# The workload's records: those of its process, less its own first open and what
# the shell opened for it.
opens_of() {
	jq -c "select(.pid == $1 and .path != \"/tmp/lw-workload\" and
		(.path | startswith(\"/tmp/lw-tests\") | not)) | {pid, fd, err, flags, mode, path}" $out
}

traced_opens() {
	start opensnoop --json --extended "$@"
	$workload opens > $work/all
	finish
	pid=$(jq -s '.[0].pid' $work/all)
}

test_opensnoop_sees_23_opens_with_all_fields() {
	traced_opens
	[ "$(wc -l < $work/all)" -eq 23 ]
	jq -c 'del(.full)' $work/all > $work/want
	opens_of "$pid" > $work/got
	same $work/want $work/got
	jq -e -s "map(select(.pid == $pid)) | map(select(.path != \"$work/all\")) |
		all(.uid == 0 and .comm == \"workload\")" $out
	jq -e -s 'all(has("time") and has("uid") and has("pid") and has("comm") and has("fd")
		and has("err") and has("flags") and has("mode") and has("path"))' $out
	jq -e -s 'all(.time | test("^20[0-9-]+T[0-9:]+[.][0-9]{6}Z$"))' $out
}

test_opensnoop_full_path_makes_names_absolute() {
	traced_opens -F
	jq -c '{pid, fd, err, flags, mode, path: .full}' $work/all > $work/want
	opens_of "$pid" > $work/got
	same $work/want $work/got
}

# opens_with FILTER OPTION... - the option shows just what the jq filter selects
opens_with() {
	local filter=$1
	shift
	traced_opens "$@"
	jq -c "select($filter) | del(.full)" $work/all > $work/want
	opens_of "$pid" > $work/got
	same $work/want $work/got
	# Nothing else either: whoever else opens files meanwhile is filtered too.
	jq -e -s "map(select(.path | startswith(\"/tmp/lw-\"))) | map(select(.path != \"/tmp/lw-workload\")) |
		all($filter)" $out
}

all_wait() {
	[ "$(pgrep -cx cat)" -eq 101 ]
}

all_are_shown() {
	[ "$(grep -c "$work/fifo" $out)" -eq 101 ]
}

# The default of 6 calls for each CPU would be used up: then no open is seen.
test_opensnoop_sees_opens_while_others_block() {
	mkfifo $work/fifo
	start opensnoop -n cat
	for _ in $(seq 101); do cat $work/fifo & done
	eventually 30 all_wait
	pause 2
	cat /etc/hostname > /dev/null
	# To be open for writing as well blocks nobody, and ends their waiting.
	exec 5<> $work/fifo
	eventually 30 all_are_shown
	exec 5>&-
	finish
	wait
	grep -q ' /etc/hostname$' $out
	not grep -q missed $err
}

# The name and the flags that another thread puts there while the call waits are not those of the call.
test_opensnoop_shows_what_the_kernel_used() {
	local long
	long=$work/$(printf '%0200d' 0)
	mkfifo $work/fifo $long
	start opensnoop --json -e -n changes
	$changes rewrite $work/fifo /etc/motd
	$changes rewrite $long /etc/motd
	finish
	jq -c 'select(.path | startswith("/proc") | not) | [.path, .flags, .truncated]' $out > $work/all
	# Those that are opened for writing end the others.
	tail -n 4 $work/all | sort > $work/got
	sort > $work/want <<-EOF
		["$work/fifo",0,null]
		["$work/fifo",1,null]
		["${long:0:112}",0,["path"]]
		["$long",1,null]
	EOF
	same $work/want $work/got
}

opens_of_fifo() {
	jq -s -c "map(select(.path == \"$work/fifo\") | [.comm, .fd >= 0, .err])" $out
}

# errno(3) has no number of what the kernel itself says then; what it restarts is one call to the program.
test_opensnoop_shows_what_a_signal_does_to_a_call() {
	mkfifo $work/fifo
	start opensnoop --json -n changes,cat
	timeout 1 cat $work/fifo || :
	$changes interrupted $work/fifo
	finish
	opens_of_fifo | grep -qxF '[["cat",false,4],["changes",false,4],["changes",true,0],["changes",true,0]]'
}

# One user has half of the instances at most. How many are missed is told while they are.
test_opensnoop_shows_others_while_a_user_has_1001_opens_under_way() {
	local status=0 shown
	start opensnoop --json
	block open 1001 257
	await 'do_sys_openat2: too many calls' $err
	cat /etc/hostname > /dev/null
	setpriv --reuid 65533 cat /etc/issue > /dev/null
	await '"/etc/hostname"' $out
	await '"/etc/issue"' $out
	unblock
	finish || status=$?
	[ $status -eq 5 ]
	shown=$(jq -s "map(select(.path == \"$work/65534/file\")) | length" $out)
	[ "$shown" -ge 500 ]
	[ $((shown + $(uncounted do_sys_openat2))) -eq 1001 ]
}

test_opensnoop_shows_root_while_many_users_have_opens_under_way() {
	local uid status=0 pids=()
	start opensnoop --json
	for uid in $(seq 65500 65503); do
		block open 250 257 "$uid"
		pids+=("$blocked")
	done
	await 'do_sys_openat2: too many calls' $err
	cat /etc/hostname > /dev/null
	await '"/etc/hostname"' $out
	kill "${pids[@]}"
	wait "${pids[@]}" || :
	finish || status=$?
	[ $status -eq 5 ]
}

test_opensnoop_x_shows_failed_calls_only() {
	opens_with '.err > 0' -x
}

test_opensnoop_n_shows_commands_by_part_of_their_name() {
	opens_with true -n orkloa
	jq -e -s 'all(.comm == "workload")' $out
}

test_opensnoop_n_of_another_command_shows_nothing() {
	opens_with false -n nobody
}

test_opensnoop_f_shows_calls_by_flag() {
	opens_with '.flags % 128 >= 64' -f O_CREAT
}

test_opensnoop_f_knows_access_modes() {
	opens_with '.flags % 4 == 1 or .flags % 4 == 2' -f 'O_WRONLY,O_RDWR'
}

test_opensnoop_u_shows_a_user_s_calls() {
	opens_with true -u 0
	opens_with false -u 12345
}

# A shell that prints its process id, waits for the tracer and becomes the workload.
held_workload() {
	mkfifo $work/go
	bash -c "echo > $work/held; read -r < $work/go; exec $workload opens" > $work/all &
	held=$!
	# Its own start opens files, too.
	await '' $work/held
}

test_opensnoop_p_and_t_show_one_process() {
	local option
	for option in -p -t; do
		held_workload
		start opensnoop --json --extended $option $held
		cat /etc/hostname > /dev/null
		echo go > $work/go
		wait $held
		finish
		jq -c 'del(.full)' $work/all > $work/want
		opens_of $held > $work/got
		same $work/want $work/got
		jq -e -s "all(.pid == $held)" $out
		rm $work/go $work/held
	done
}

# Three shells, each of which waits for a line of its own and becomes cat
held_cats() {
	local i
	cats=()
	for i in 0 1 2; do
		mkfifo $work/go$i
		bash -c "read -r < $work/go$i; exec cat /etc/hostname" > /dev/null &
		cats[i]=$!
	done
}

let_cats_go() {
	local i
	for i in 0 1 2; do
		echo go > $work/go$i
		wait "${cats[i]}"
		rm $work/go$i
	done
}

# As many ids as a list can have: these 38 are nobody's.
test_opensnoop_p_and_t_take_lists() {
	local option nobody
	nobody=$(seq -s, 4194200 4194237)
	for option in -p -t; do
		held_cats
		start opensnoop --json $option "${cats[2]},$nobody,${cats[0]}"
		let_cats_go
		finish
		jq -e -s "all(.pid == ${cats[0]} or .pid == ${cats[2]})" $out
		jq -e -s "map(select(.path == \"/etc/hostname\") | .pid) == [${cats[0]}, ${cats[2]}]" $out
	done
}

test_opensnoop_n_and_u_take_lists() {
	opens_with true -n nobody,orkloa,cat
	opens_with false -n nobody,workload-,workloadd
	opens_with true -u 12345,0
	opens_with false -u 12345,4294967294
}

test_opensnoop_prints_a_table() {
	start opensnoop -n workload
	$workload opens > $work/all
	finish
	head -n 1 $out | grep -qx '   UID     PID COMM               FD  ERR PATH'
	grep -Eq '^     0 +[0-9]+ workload +3 +0 /tmp/lw-workload$' $out
	grep -Eq '^     0 +[0-9]+ workload +-1 +2 /tmp/lw-workload/missing$' $out
	grep -qF '/tmp/lw-workload/tab\there' $out
	grep -qF '/tmp/lw-workload/new\nline' $out
	grep -qF '/tmp/lw-workload/esc\x1b[31m' $out
	[ "$(wc -l < $out)" -eq 25 ]
	not grep -q $'\033' $out
}

test_opensnoop_tells_names_that_are_no_UTF8_apart() {
	local name names=($'/tmp/lw-a\xff' $'/tmp/lw-a\xfe')
	touch "${names[@]}"
	start opensnoop --json -n cat
	cat "${names[@]}"
	finish
	for name in "${names[@]}"; do
		printf %s "$name" | base64
	done > $work/want
	jq -r 'select(.path == "/tmp/lw-a\ufffd").path_base64' $out > $work/got
	rm -f "${names[@]}"
	same $work/want $work/got
}

test_opensnoop_T_prints_the_time() {
	start opensnoop -T -n workload
	$workload opens > $work/all
	finish
	head -n 1 $out | grep -q '^TIME  '
	[ "$(tail -n +2 $out | grep -Ec "^$(date +%H):[0-9]{2}:[0-9]{2}[.][0-9]{3} ")" -eq 24 ]
}

execs_of() {
	jq -c "select(.ppid == $1) | {pid, ppid, ret, args}" $out
}

test_execsnoop_sees_7_execs_with_arguments() {
	start execsnoop --json -x
	$workload execs | jq -c . > $work/want
	finish
	[ "$(wc -l < $work/want)" -eq 7 ]
	ppid=$(jq -s '.[0].ppid' $work/want)
	execs_of "$ppid" > $work/got
	same $work/want $work/got
	jq -e -s "map(select(.ppid == $ppid)) | all(.uid == 0 and (.comm | length > 0))" $out
}

test_execsnoop_shows_failed_calls_with_x_only() {
	start execsnoop --json
	$workload execs > $work/all
	finish
	jq -c 'select(.ret == 0)' $work/all > $work/want
	[ "$(wc -l < $work/want)" -eq 6 ]
	execs_of "$(jq -s '.[0].ppid' $work/all)" > $work/got
	same $work/want $work/got
	jq -e -s 'all(.ret == 0)' $out
}

test_execsnoop_shows_others_while_24_execs_of_a_user_hang() {
	local i
	start execsnoop --json
	block exec 24 59
	for i in 1 2 3 4 5; do /bin/true mark$i; done
	unblock
	finish
	jq -e -s 'map(.args[1] // "" | select(startswith("mark"))) | length == 5' $out
	jq -e -s 'map(select(.args == ["blocked"] and .uid == 65534)) | length == 24' $out
	not grep -q 'not counted' $err
}

test_execsnoop_filters_by_name_and_user() {
	start execsnoop --json -n tru
	/bin/true
	cat /dev/null
	finish
	jq -e -s 'map(.args[0]) == ["/bin/true"]' $out
	start execsnoop --json -u 12345
	/bin/true
	finish
	[ ! -s $out ]
	start execsnoop --json -u 65534
	/bin/true
	setpriv --reuid 65534 /bin/true
	finish
	jq -e -s 'map(.uid) == [65534]' $out
}

# The name is that of the new program, of which one shell's child alone is shown.
test_execsnoop_filters_by_lists() {
	start execsnoop --json -u 12345,0 -n nobody,tru -P "4194303,$BASHPID"
	sh -c '/bin/true; :'
	/bin/true
	cat /dev/null
	finish
	jq -e -s "map([.ppid, .args[0]]) == [[$BASHPID, \"/bin/true\"]]" $out
}

# More arguments than fit a record: cut, marked, and the tool goes on.
# The name takes 6 columns of 16.
test_execsnoop_aligns_wide_characters() {
	cp /bin/sleep $work/日本語
	start execsnoop
	$work/日本語 0
	finish
	grep -E '^ +0 +[0-9]+ +[0-9]+ 日本語 {14}0 /tmp/lw-tests/日本語 0$' $out
}

test_execsnoop_cuts_long_arguments() {
	start execsnoop --json -n true
	# shellcheck disable=SC2046
	/bin/true $(seq 1 5000)
	/bin/true after
	finish
	jq -e -s 'length == 2 and .[0].truncated == ["args"] and (.[0].args | length > 1000)
		and .[1].args == ["/bin/true", "after"]' $out
}

# A tracer is told of a program before execve(2) returns, and may write to its memory.
test_execsnoop_shows_arguments_that_a_tracer_changes() {
	start execsnoop --json -x
	$changes traced /bin/true
	finish
	jq -e -s 'map(select(.args[0] == "true") | .args) == [["true", "given"]]' $out
}

# Before 6.14 the call fails, as the flag is not known.
test_execsnoop_shows_no_check_as_a_program() {
	start execsnoop --json -x
	$changes checks /bin/true > $work/all
	/bin/true
	finish
	jq -e -s 'all(.args[0] != "checked") and map(select(.args[0] == "/bin/true")) != []' $out
}

test_execsnoop_shows_programs_that_the_kernel_starts() {
	local pattern
	pattern=$(cat /proc/sys/kernel/core_pattern)
	start execsnoop --json
	echo '|/bin/true a core %p' > /proc/sys/kernel/core_pattern
	(ulimit -c unlimited; exec sh -c 'kill -SEGV $$') || :
	eventually 10 grep -q '"a","core"' $out
	echo "$pattern" > /proc/sys/kernel/core_pattern
	finish
	jq -e -s 'map(select(.args[1] == "a")) | length == 1 and .[0].ret == 0 and .[0].uid == 0' $out
}

# A call that fails at once costs little but what the tool adds.
test_execsnoop_x_outlives_calls_that_fail_at_once() {
	start execsnoop --json -x --buffer 1
	$changes misses 0 &
	missing=$!
	pause 6
	kill $missing
	wait $missing || :
	/bin/true afterwards
	finish || [ $? -eq 5 ]
	# There are hundreds of thousands.
	head -n 500 $out | jq -c 'select(.ret < 0) | [(.args | length), .truncated]' | sort -u > $work/got
	echo '[60,["args"]]' > $work/want
	same $work/want $work/got
	tail -n 100 $out | grep -q '"args":\["/bin/true","afterwards"\]'
}

# Calls that have returned take no instances: one user has half of a thousand at once.
test_execsnoop_x_follows_all_calls_of_a_user() {
	start execsnoop --json -x
	setpriv --reuid 65534 --regid 65534 --clear-groups $changes misses 2000
	finish
	jq -e -s 'map(select(.uid == 65534 and .ret == -2)) | length == 2000' $out
}

kills_of() {
	jq -c "select(.pid == $1 and .sig != 9) | {pid, sig, tpid, result}" $out
}

test_killsnoop_sees_5_signals() {
	start killsnoop --json
	$workload signals > $work/want
	finish
	[ "$(wc -l < $work/want)" -eq 5 ]
	pid=$(jq -s '.[0].pid' $work/want)
	kills_of "$pid" > $work/got
	same $work/want $work/got
	jq -e -s "map(select(.pid == $pid)) | length == 6 and all(.uid == 0 and .comm == \"workload\")" $out
}

# kills_with FILTER OPTION...
kills_with() {
	local filter=$1
	shift
	start killsnoop --json "$@"
	$workload signals > $work/all
	finish
	jq -c "select($filter)" $work/all > $work/want
	kills_of "$(jq -s '.[0].pid' $work/all)" > $work/got
	same $work/want $work/got
	jq -e -s "all($filter)" $out
}

test_killsnoop_filters_by_signal_and_result() {
	kills_with '.sig == 12' -s 12
	kills_with '.sig == 10' -s SIGUSR1
	kills_with '.sig == 0' -s 0
	kills_with '.result < 0' -x
	kills_with '.tpid == 4194303' -t 4194303
	kills_with '.tpid == 4194303' -t 4194302,4194303
}

# Calls that fail at once: SystemTap takes most of two processors' time.
test_killsnoop_outlives_kills_at_full_speed() {
	local status=0 others shown lost
	start killsnoop --json --buffer 1
	(as_user 65534 /lw/tests/attack kills 0 / 4) &
	others=$!
	pause 5
	/lw/tests/attack kills 101 /
	kill $others
	wait $others || :
	finish || status=$?
	shown=$(shown killsnoop $out)
	lost=$(told_lost $err)
	echo "$shown shown, $lost lost"
	[ $status -eq 0 ] || [ $status -eq 5 ]
	[ "$shown" -le 101 ]
	[ $((shown + lost)) -ge 101 ]
}

test_killsnoop_p_shows_one_sender() {
	mkfifo $work/go
	bash -c "read -r < $work/go; exec $workload signals" > $work/want &
	held=$!
	start killsnoop --json -p $held
	kill -0 $$
	echo go > $work/go
	wait $held
	finish
	kills_of $held > $work/got
	same $work/want $work/got
	jq -e -s "all(.pid == $held)" $out
}

test_killsnoop_sees_whom_pidfds_stand_for() {
	start killsnoop --json
	$workload pidfds > $work/want
	finish
	[ "$(wc -l < $work/want)" -eq 8 ]
	pid=$(jq -s '.[0].pid' $work/want)
	jq -c "select(.pid == $pid) | {pid, sig, tpid, result} | del(.[] | nulls)" $out > $work/got
	jq -c . $work/want > $work/sorted
	same $work/sorted $work/got
	start killsnoop --json -x -s 0
	$workload pidfds > $work/want
	finish
	jq -c "select(.pid != $pid) | {pid, sig, tpid, result}" $out > $work/got
	tail -n 1 $work/want > $work/sorted
	same $work/sorted $work/got
}

# Not below $work, which a failed test leaves to be removed
cgroups=/run/lw-cgroups

# held_in_cgroup - two sleeps in a control group of their own, whose process ids are in sleeps
held_in_cgroup() {
	local i
	mkdir -p $cgroups
	mount -t cgroup2 none $cgroups
	mkdir $cgroups/lw
	for i in 0 1; do
		sleep 1000 &
		sleeps[i]=$!
		echo ${sleeps[i]} > $cgroups/lw/cgroup.procs
	done
}

# Each process that it ends has a record, by whoever writes to cgroup.kill. 5.10 has no such file.
test_killsnoop_sees_whom_cgroup_kill_ends() {
	local sleeps writer
	held_in_cgroup
	if [ -e $cgroups/lw/cgroup.kill ]; then
		start killsnoop --json
		bash -c "echo \$\$ > $work/writer; echo 1 > $cgroups/lw/cgroup.kill"
		wait ${sleeps[0]} ${sleeps[1]} || :
		finish
		writer=$(cat $work/writer)
		jq -e -s "map(select(.pid == $writer)) | length == 2 and (map(.tpid) | sort) == ([${sleeps[0]}, ${sleeps[1]}] | sort)
			and all(.sig == 9 and .result == 0 and .uid == 0 and .comm == \"bash\")" $out
	else
		kill -KILL ${sleeps[0]} ${sleeps[1]}
		wait ${sleeps[0]} ${sleeps[1]} || :
	fi
	eventually 10 rmdir $cgroups/lw
	umount $cgroups
}

# Whoever sends from a pid namespace gives its numbers, and the record has the host's.
test_killsnoop_shows_the_host_s_numbers() {
	local sleeper
	mkfifo $work/go
	start killsnoop --json -s USR1
	unshare --pid --fork --mount-proc bash -c "set -m; trap '' USR1; sleep 1001 & read -r < $work/go
		kill -USR1 \$!; kill -USR1 -\$!; kill -USR1 4194303; kill -KILL \$!" 2> /dev/null &
	eventually 10 pgrep -fx 'sleep 1001'
	sleeper=$(pgrep -fx 'sleep 1001')
	echo go > $work/go
	wait $!
	finish
	jq -e -s "map(.tpid) == [$sleeper, -$sleeper, 4194303]" $out
}
