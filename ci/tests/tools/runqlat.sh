# shellcheck shell=bash
# runqlat.sh - tests of runqlat: its times are those that the kernel keeps of each task, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# Are the napper's waits what the kernel has kept of it (Documentation/scheduler/sched-stats.rst)? The sum is in
# microseconds, of times that were cut to 64 ns.
as_kept() {
	local sum count delay kept
	read -r sum count < <(jq -r "select(.pid == $pid) | .latency | \"\(.sum) \(.count)\"" $out)
	read -r _ delay kept < /proc/$pid/schedstat
	echo "$count waits, $sum us; the kernel has $kept, $delay ns"
	[ "$count" -eq "$kept" ]
	[ $((delay - 1000 * sum)) -ge -100 ]
	[ $((delay - 1000 * sum)) -le 1100 ]
	[ "$sum" -gt 1000 ]
}

test_runqlat_adds_up_to_what_the_kernel_keeps() {
	crowd 2 taskset -c 0
	start runqlat --json -P
	napper 101 taskset -c 0
	finish
	as_kept
	end_napper
	uncrowd
	jq -e -s 'all(.pid > 0 and (.comm | length) > 0)' $out
}

# The kernel moves tasks that wait to other processors.
test_runqlat_follows_tasks_from_one_processor_to_another() {
	crowd $((3 * $(nproc)))
	start runqlat --json -P
	napper 307
	finish
	as_kept
	end_napper
	uncrowd
}

test_runqlat_has_one_distribution_of_all() {
	crowd 2 taskset -c 0
	start runqlat --json -m
	napper 53 taskset -c 0
	finish
	end_napper
	uncrowd
	jq -e -s 'length == 1 and .[0].pid == null and .[0].latency.unit == "msecs" and .[0].latency.count > 53' $out
}

# A process may end before it has left its processor.
test_runqlat_counts_processes_that_live_for_a_moment() {
	local i
	start runqlat --json -P
	for i in 1 2 3 4 5 6 7 8 9 10 11; do bash -c "echo \$\$; exec /bin/true $i"; done > $work/pids
	finish
	sort $work/pids > $work/want
	jq -r 'select(.comm == "true") | .pid' $out | sort > $work/got
	same $work/want $work/got
}

test_runqlat_p_and_by_count_chosen_tasks() {
	local seconds
	start runqlat --json --by user --not-uid root
	napper 53 setpriv --reuid 65534 --regid 65534 --clear-groups
	finish
	jq -e -s 'length == 1 and (.[0].user | IN("nobody", 65534)) and .[0].latency.count >= 53' $out
	end_napper
	seconds=$(stretched 1)
	crowd 2 taskset -c 0
	start runqlat -p ${crowded[0]} "$seconds" 2
	wait $lwload
	uncrowd
	[ "$(grep -c 'usecs  *: count *distribution' $out)" -eq 2 ]
}

# PID did each of its deeds 3 times; see whose.sh. The first thread of the source whose other thread has another name is wanted.
runqlat_of_one_source() {
	records runqlat 'map(select(.comm != "ap-x")) | length == 1 and .[0].pid == PID and .[0].latency.count >= 3'
}
