# shellcheck shell=bash
# killsnoop.sh - tests of killsnoop: what it shows of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

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

# kills_with FILTER OPTION... - with the option, the tool shows the records that the jq filter selects
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

# With calls that fail at once, SystemTap takes most of two processors' time.
test_killsnoop_outlives_kills_at_full_speed() {
	local status=0 others shown lost
	start killsnoop --json --buffer 1
	(as_user 65534 /lw/tests/attack kills 0 / 4) &
	others=$!
	pause 1
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

# The directory is not below $work, which is removed after a failed test.
cgroups=/run/lw-cgroups

# held_in_cgroup - begins two sleeps in a control group of their own; their process ids are in sleeps
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

# Each process that is killed has a record, with the writer to cgroup.kill. 5.10 has no such file.
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

# A sender in a pid namespace uses that namespace's numbers; the record has the host's.
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

# PID did each of its deeds 3 times; see whose.sh.
killsnoop_of_one_source() {
	records killsnoop 'map(select(.sig == 0) | .pid) == [PID, PID, PID]'
}
