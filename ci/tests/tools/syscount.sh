# shellcheck shell=bash
# syscount.sh - tests of syscount: what it shows of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# of_process OPTION... - a run for a process that makes the calls of io.c
of_process() {
	mkfifo $work/go
	bash -c "read -r < $work/go; exec $io calls" &
	pid=$!
	start syscount --json -T 0 -p $pid "$@"
	echo go > $work/go
	wait $pid
	finish
	rm $work/go
}

test_syscount_counts_calls_of_both_tables() {
	of_process
	jq -c -s 'map(select(.syscall | test("getppid|getuid|^close.ia32")) | [.syscall, .count])' $out > $work/got
	if [ "$machine" = x86_64 ]; then
		echo '[["getppid",101],["getuid",47],["getppid(ia32)",23],["close(ia32)",7]]'
	else
		echo '[["getppid",124],["getuid",47]]'
	fi > $work/want
	same $work/want $work/got
	jq -e -s '(map(.syscall) | unique | length) == length and all(.pid == null and .comm == "" and .us == null)' $out
	# All processes, without a filter
	start syscount --json -T 0
	$io calls
	finish
	jq -e -s 'map(select(.syscall == "getppid") | .count) | .[0] >= 101 and length == 1' $out
}

test_syscount_x_and_e_tell_errors() {
	of_process -x
	closes='[["close", 13], ["close(ia32)", 7]]'
	[ "$machine" = x86_64 ] || closes='[["close", 20]]'
	jq -e -s "map(select(.error == \"EBADF\") | [.syscall, .count]) == $closes" $out
	jq -e -s 'all(.error != "")' $out
	of_process -e EBADF
	jq -e -s "map([.syscall, .count]) == $closes" $out
	of_process -e 9 -P
	jq -e -s "map([.pid, .comm, .syscall, .count]) == [[$pid, \"io\", \"\", 20]]" $out
	exits 1 'ENOSUCH' lwload syscount -e ENOSUCH
	nothing_is_inserted
}

# A call that has begun before the run has no time.
test_syscount_L_adds_up_times() {
	mkfifo $work/go
	bash -c "read -r < $work/go; for i in 1 2 3; do sleep 0.3; done" &
	pid=$!
	start syscount --json -T 0 -L --tree $pid
	echo go > $work/go
	wait $pid
	finish
	jq -e -s 'map(select(.syscall | startswith("clock_nanosleep"))) | map(.count) == [3] and all(.us >= 900000 and .us < 60000000)' $out
	# The longest time is first.
	jq -e -s 'map(.us) | all(. >= 0) and . == (sort | reverse)' $out
}

# A call that seccomp(2) denies does not begin. The one before it took a second, and is not counted.
test_syscount_L_and_x_have_the_time_of_failed_calls_alone() {
	start syscount --json -T 0 -L -x --comm denied
	/lw/tests/calls denied
	finish
	jq -e -s 'map(select(.syscall == "getppid")) | map([.error, .count]) == [["EPERM", 9]] and all(.us < 500000)' $out
}

test_syscount_P_counts_by_process_and_T_the_highest() {
	start syscount -P -T 1 --comm io
	$io calls
	finish
	[ "$(grep -cE '^ +PID +COMM +COUNT$' $out)" -eq 1 ]
	[ "$(grep -cE '^ +[0-9]+ +io +[0-9]{3}$' $out)" -eq 1 ]
}

# PID did each of its deeds 3 times; see whose.sh.
syscount_of_one_source() {
	records syscount 'map(select(.syscall == "getppid") | .count) == [3]'
}
