# shellcheck shell=bash
# rwtime.sh - tests of rwtime: what it shows of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

test_rwtime_counts_17_reads_and_19_writes() {
	start rwtime --json -n io
	$io files
	finish
	[ "$(sum '.op == "read"' latency)" -eq 17 ]
	# With the one that leaves the list of them
	[ "$(sum '.op == "write"' latency)" -eq 20 ]
	sound_distributions latency
}

test_rwtime_sees_pipes_and_proc_and_failed_calls() {
	start rwtime --json -P -n io
	$io pipes
	finish
	[ "$(sum '.op == "read" and .comm == "io"' latency)" -eq 19 ]
	[ "$(sum '.op == "write" and .comm == "io"' latency)" -eq 13 ]
	jq -e -s 'all(.pid > 0)' $out
}

# One user has half of the instances at most. Missed calls are told during the run.
test_rwtime_counts_others_while_a_user_has_1001_reads_under_way() {
	local status=0
	start rwtime --json -P
	block read 1001
	await ' read: too many calls' $err
	$io files
	setpriv --reuid 65533 cat /etc/hostname > /dev/null
	unblock
	finish || status=$?
	[ $status -eq 5 ]
	[ "$(sum '.op == "read" and .comm == "io"' latency)" -eq 17 ]
	[ "$(sum '.op == "read" and .comm == "cat"' latency)" -ge 2 ]
	[ $(($(sum '.op == "read" and .comm == "blocked"' latency) + $(uncounted read))) -ge 1001 ]
}

# The time of a read includes its wait: half a second for the writer of a pipe.
test_rwtime_measures_the_time_that_calls_wait() {
	start rwtime --json -m -n cat
	slow_read 0.7
	finish
	jq -e -s 'map(select(.op == "read")) | length == 1 and .[0].latency.unit == "msecs"
		and (.[0].latency.buckets[-1] | .low >= 512 and .count == 1)' $out
}

test_rwtime_p_shows_one_process_and_s_sendfile() {
	bash -c "kill -STOP \$\$; exec $io pipes" &
	held=$!
	eventually 10 grep -q '^State:.T' /proc/$held/status
	start rwtime --json -p $held -P
	$io pipes
	kill -CONT $held
	wait $held
	finish
	jq -e -s "all(.pid == $held)" $out
	[ "$(sum '.comm == "io"' latency)" -eq 32 ]
}

# The threads' own names make no rows of their own, nor does a new name of the process.
test_rwtime_P_has_one_row_for_a_process_of_many_names() {
	start rwtime --json -P
	$io threads
	finish
	jq -e -s 'map(select(.op == "read" and .comm == "io")) | length == 1 and .[0].latency.count == 50' $out
	start rwtime --json -P
	$io names 20
	finish
	jq -e -s 'map(select(.op == "read" and (.comm | startswith("lwname")))) | length == 1 and .[0].comm == "lwname19"
		and .[0].latency.count == 20' $out
}

# A shell reads 4 lines from a pipe and becomes another program, so that its name changes.
test_rwtime_P_shows_the_name_that_a_process_had_last() {
	local i shell
	start rwtime --json -P
	for i in 1 2 3 4 5; do
		(printf 'a\nb\nc\nd\n'; sleep 0.1) | bash -c "
			echo \$\$ > $work/shell; for i in 1 2 3 4; do read -r; done; exec taskset -c $((i % 2)) $io threads"
		shell=$(cat $work/shell)
		echo $shell >> $work/shells
	done
	finish
	while read -r shell; do
		jq -e -s "map(select(.op == \"read\" and .pid == $shell)) | length == 1 and .[0].comm == \"io\"
			and .[0].latency.count >= 58" $out
	done < $work/shells
}

test_rwtime_n_and_fslatency_n_take_a_process_s_name_or_a_thread_s() {
	by_either_name .latency.count rwtime --json
	by_either_name .latency.count fslatency --json
}

# PID did each of its deeds 3 times; see whose.sh.
rwtime_of_one_source() {
	records rwtime 'length == 2 and all(.pid == PID and .latency.count >= 3)'
}
