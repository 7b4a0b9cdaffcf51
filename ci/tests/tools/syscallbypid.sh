# shellcheck shell=bash
# syscallbypid.sh - tests of syscallbypid: what it shows of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

odd=/lw/tests/calls

test_syscallbypid_n_takes_a_process_s_name_and_shows_that() {
	start syscallbypid --json -T 0 -n page_clean
	$io threads
	finish
	jq -e -s 'map(select(.syscall == "pread64")) | map([.comm, .count]) == [["io", 10]]' $out
	start syscallbypid --json -T 0 -n io
	$io threads
	finish
	jq -e -s 'map(select(.syscall == "pread64")) | map([.comm, .count]) == [["io", 50]]' $out
}

# calls COMM NAME - prints how often processes with this name made this call
calls() {
	jq -s "[.[] | select(.comm == \"$1\" and .syscall == \"$2\") | .count] | add // 0" $out
}

test_syscallbypid_counts_by_name_in_both_tables() {
	start syscallbypid --json -T 0
	$io calls
	finish
	[ "$(calls io getppid)" -eq "$(with32 101 23)" ]
	[ "$(calls io getuid)" -eq 47 ]
	[ "$(calls io close)" -eq "$(with32 13 7)" ]
	[ "$(calls io 'getppid(ia32)')" -eq $((124 - $(with32 101 23))) ]
	[ "$(calls io 'close(ia32)')" -eq $((20 - $(with32 13 7))) ]
	jq -e -s 'map(.count) | . == (sort | reverse)' $out
}

test_syscallbypid_x_counts_failed_calls_and_n_by_name() {
	start syscallbypid --json -T 0 -x -n io
	$io calls
	finish
	[ "$(calls io close)" -eq "$(with32 13 7)" ]
	[ "$(calls io 'close(ia32)')" -eq $((20 - $(with32 13 7))) ]
	[ "$(calls io getppid)" -eq 0 ]
	jq -e -s 'all(.comm == "io")' $out
}

test_syscallbypid_p_and_n_take_lists() {
	mkfifo $work/go
	bash -c "read -r < $work/go; exec $io calls" &
	held=$!
	start syscallbypid --json -T 0 -n nobody,io -p "4194303,$held,4194302"
	$io calls
	echo go > $work/go
	wait $held
	finish
	[ "$(calls io getppid)" -eq "$(with32 101 23)" ]
	jq -e -s "all(.pid == $held and .comm == \"io\")" $out
	start syscallbypid --json -T 0 -n nobody,oi
	$io calls
	finish
	[ ! -s $out ]
}

test_syscallbypid_T_shows_the_highest_only() {
	start syscallbypid --json -T 2 -n io
	$io calls
	finish
	jq -e -s 'map([.syscall, .count]) == [["getppid", 101], ["getuid", 47]]' $out
}

# There is room for 2048 pairs of a process and a call. These are more, and come within the three seconds after
# which a place is given back, however fast the host is.
test_syscallbypid_forgets_processes_that_are_gone() {
	start syscallbypid 1 --json -T 0 -n true
	for _ in $(seq 6); do
		for _ in $(seq 25); do /bin/true; done
		sleep 1.5
	done
	finish
	[ "$(jq -s '[.[] | select(.syscall == "exit_group" or .syscall == "execve")] | length' $out)" -ge 145 ]
	not says events $err
}

# made WHO CALL WANT - did processes with this name, or the process with this id, make the call so often?
made() {
	local count
	count=$(jq -s --arg who "$1" --arg call "$2" \
		'[.[] | select((.comm == $who or (.pid | tostring) == $who) and .syscall == $call) | .count] | add // 0' $out)
	[ "$count" -eq "$3" ] || { echo "$1: $2 $count times, not $3"; return 1; }
}

# A call may change its number, its caller or its return: it counts once.
test_syscallbypid_counts_each_call_once() {
	local threads
	start syscallbypid --json -T 0
	$odd forks
	$odd threads 101
	$odd signals 47
	$odd denied
	$odd traced
	finish
	if [ "$machine" = x86_64 ]; then
		made forks fork 7
		made forks vfork 5
		made forks clone 3
		made forks 'fork(ia32)' 2
	else
		made forks clone 17
	fi
	made forks clone3 4
	made forks exit_group 22
	threads=$(($(calls threads clone) + $(calls threads clone3)))
	[ $threads -eq 101 ]
	made threads exit 101
	made threads exit_group 1
	made signals rt_sigreturn 47
	made denied getppid 9
	made denied getuid 5
	made denied getgid 4
	made denied geteuid 6
	# With that of the shell
	made denied execve 3
	made traced getppid 2
	made traced unknown 4
}

test_syscallbypid_counts_execs_by_who_calls() {
	start syscallbypid --json -T 0
	$odd execs &
	wait $!
	finish
	# The one by which it began is the shell's.
	made $! execve "$(with32 5 1)"
	made $! execveat 1
	if [ "$machine" = x86_64 ]; then
		made $! 'execve(ia32)' 1
		made $! 'sigreturn(ia32)' 6
		made $! 'rt_sigreturn(ia32)' 5
		made $! 'kill(ia32)' 11
	fi
	made $! exit_group 1
}

# After a signal, the kernel begins a call again, or the call fails.
test_syscallbypid_counts_interrupted_calls_once() {
	start syscallbypid --json -T 0
	$odd anew
	$odd interrupted
	$odd stopped
	finish
	made anew readv 1
	made anew rt_sigreturn 3
	made interrupted readv 3
	made interrupted nanosleep 1
	made stopped nanosleep 1
	made stopped pause 1
	jq -e -s 'all(.syscall != "restart_syscall")' $out
}

test_syscallbypid_x_counts_calls_that_failed_for_the_program() {
	start syscallbypid --json -T 0 -x
	$odd forks
	$odd signals 47
	$odd denied
	$odd anew
	$odd interrupted
	$odd stopped
	$odd execs
	finish
	made denied getppid 9
	made denied getuid 0
	made denied getgid 4
	made denied execve 2
	made interrupted readv 3
	made interrupted nanosleep 1
	made execs execve 3
	jq -e -s 'all(.comm != "forks" and .comm != "signals" and .comm != "anew" and .comm != "stopped")' $out
}

# All numbers that are no system calls are one row.
test_syscallbypid_shows_made_up_numbers_as_one_row() {
	start syscallbypid --json -T 0
	$odd numbers
	finish
	made numbers unknown 32271
	jq -e -s 'all(.syscall | test("^[0-9]+$") | not)' $out
}

# A report may be larger than the buffer, 1 MiB, if the reader reads.
test_syscallbypid_shows_22400_rows() {
	local rows lost
	start syscallbypid --json -T 0 -n keys-of-childre
	$odd keys 1400
	finish || [ $? -eq 5 ]
	# On a slow host some find no place. That is told apart from what found no room in the buffer.
	not grep -q 'lost' $err
	lost=$(sed -n 's/^lwload: warning: syscallbypid: \([0-9]*\) events .*/\1/p' $err | tail -n 1)
	rows=$(jq -s 'map(select(.syscall != "prctl" and .comm == "keys-of-childre" and .count == 1)) | length' $out)
	echo "$rows rows, ${lost:-0} not counted"
	[ "$rows" -ge 21000 ]
	[ $((rows + ${lost:-0})) -ge 22400 ]
}

# PID did each of its deeds 3 times; see whose.sh.
syscallbypid_of_one_source() {
	records syscallbypid 'map(select(.syscall == "getppid") | [.pid, .count]) == [[PID, 3]]'
}
