# shellcheck shell=bash
# execsnoop.sh - tests of execsnoop: what it shows of a known workload, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

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
	block exec 24
	for i in 1 2 3 4 5; do /bin/true mark$i; done
	unblock
	finish
	jq -e -s 'map(.args[1] // "" | select(startswith("mark"))) | length == 5' $out
	jq -e -s 'map(select(.args == ["blocked"] and .uid == 65534)) | length == 24' $out
	not says events $err
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

# -n means the new program's name. Only the program that is a child of this shell is shown.
test_execsnoop_filters_by_lists() {
	start execsnoop --json -u 12345,0 -n nobody,tru -P "4194303,$BASHPID"
	sh -c '/bin/true; :'
	/bin/true
	cat /dev/null
	finish
	jq -e -s "map([.ppid, .args[0]]) == [[$BASHPID, \"/bin/true\"]]" $out
}

# More arguments than a record holds are cut and marked, and the tool goes on.
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

# Before 6.14 the kernel does not know the flag, and the call fails.
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

# The tool is most of the cost of a call that fails at once.
test_execsnoop_x_outlives_calls_that_fail_at_once() {
	start execsnoop --json -x --buffer 1
	$changes misses 0 &
	missing=$!
	pause 2
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

# PID did each of its deeds 3 times; see whose.sh.
execsnoop_of_one_source() {
	records execsnoop 'map(select(.args == ["deed"]) | .pid) == [PID]'
}
