# shellcheck shell=bash
# dummies.sh - small tools in ci/tests/stp, one of each shape that HACKING.md has, count a known workload exactly
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

dummy=/lw/tests/dummy

# with_dummies TEST - runs it with the tools of ci/tests/stp instead of the others
with_dummies() {
	local status
	rm -rf /tmp/lw-dummy
	mkdir /tmp/lw-dummy
	mount --bind /lw/dummies "$modules"
	strictly "$@"
	umount "$modules"
	rm -rf /tmp/lw-dummy
	return $status
}

# shows TOOL [OPTION...] - runs the tool and $load, whose output is in $work/want
shows() {
	start "$@" --json
	$dummy $load > $work/want
	finish
}

# held COMMAND... - sets pid to that of a process which executes the command when $work/go is written to
held() {
	mkfifo $work/go
	bash -c "read -r < $work/go; exec $* > $work/want" &
	pid=$!
}

# let_go - waits for that process
let_go() {
	echo go > $work/go
	wait $pid
}

# ours FILTER FILE - prints the results of jq's filter for the rows of dummy, sorted
ours() {
	jq -c "select(.comm == \"dummy\") | $1" "$2" | sort
}

# ---- event ----

test_dummyevent_sees_17_mkdirs() {
	with_dummies mkdirs_are_seen
}

mkdirs_are_seen() {
	load=mkdirs
	shows dummyevent
	[ "$(wc -l < $work/want)" -eq 17 ]
	jq -c 'select(.comm == "dummy" and .uid == 0) | {pid, ret, mode, path}' $out > $work/got
	same $work/want $work/got
}

test_dummyevent_p_shows_one_process_and_x_failures() {
	with_dummies some_mkdirs_are_seen
}

some_mkdirs_are_seen() {
	held $dummy mkdirs
	start dummyevent --json -p $pid -x -T
	let_go
	mkdir /tmp/lw-dummy/0 && return 1
	finish
	jq -e -s "length == 6 and all(.pid == $pid and (.ret | . == -17) and (.time | length > 0))" $out
}

# ---- pair ----

test_dummypair_times_67_sleeps() {
	with_dummies sleeps_are_timed
}

# Sleeps last at least as long as was asked for.
sleeps_are_timed() {
	load=sleeps
	shows dummypair
	[ "$(wc -l < $work/want)" -eq 67 ]
	jq -c '{pid, tid}' $work/want | sort > $work/wanted
	ours '{pid, tid}' $out > $work/got
	same $work/wanted $work/got
	jq -s 'map(select(.comm == "dummy" and .usecs >= 1000)) | length' $out | grep -qx 67
	jq -s 'map(select(.comm == "dummy" and .usecs >= 500000)) | length >= 61' $out | grep -qx true
}

test_dummypair_m_shows_long_sleeps_and_p_one_process() {
	with_dummies long_sleeps_are_timed
}

long_sleeps_are_timed() {
	held $dummy sleeps
	start dummypair --json -m 500 -p $pid
	let_go
	finish
	jq -e -s "length >= 61 and length <= 67 and all(.pid == $pid and .usecs >= 500000)" $out
}

# ---- count, top ----

test_dummycount_counts_by_process_and_error() {
	with_dummies unlinks_are_counted
}

unlinks_are_counted() {
	load=unlinks
	shows dummycount
	sort $work/want > $work/wanted
	ours '{pid, comm, errno, calls}' $out > $work/got
	same $work/wanted $work/got
	[ "$(wc -l < $work/got)" -eq 6 ]
}

test_dummycount_reports_each_interval() {
	with_dummies intervals_are_counted
}

# All intervals together have each call once.
intervals_are_counted() {
	start dummycount --json --interval 1
	$dummy unlinks > $work/want
	await '"comm":"dummy"' $out
	$dummy unlinks >> $work/want
	finish
	sort $work/want > $work/wanted
	ours '{pid, errno, calls}' $out | jq -c -s 'group_by([.pid, .errno])[] | {pid: .[0].pid, comm: "dummy",
		errno: .[0].errno, calls: (map(.calls) | add)}' | sort > $work/got
	same $work/wanted $work/got
	[ "$(wc -l < $work/got)" -eq 12 ]
}

test_dummytop_shows_the_n_highest_with_sums() {
	with_dummies writers_are_ranked
}

writers_are_ranked() {
	load=writes
	held $dummy writes
	start dummytop --json -p $pid
	let_go
	finish
	jq -c '{pid, comm, fd, calls, bytes}' $out > $work/all
	head -n 4 $work/all > $work/got
	same $work/want $work/got
	[ "$(wc -l < $work/all)" -eq 6 ]
	start dummytop --json -n 3
	$dummy writes > $work/want
	finish
	head -n 3 $work/want > $work/wanted
	jq -c '{pid, comm, fd, calls, bytes}' $out > $work/got
	same $work/wanted $work/got
}

# ---- all in one ----

test_dummymany_counts_three_tracepoints_a_distribution_and_two_calls() {
	with_dummies all_is_counted
}

# rows KIND FILTER - prints the number of rows of that kind that the filter selects
rows() {
	jq -s "map(select(.what == \"$1\" and ($2))) | length" $out
}

all_is_counted() {
	local parent children
	load=many
	shows dummymany
	read -r parent children < $work/want
	children=.pid==${children// / or .pid==}
	[ "$(rows fork ".pid == $parent and .count == 7")" -eq 1 ]
	[ "$(rows exec "($children) and .count == 1")" -eq 5 ]
	[ "$(rows exit "($children) and .count == 1")" -eq 7 ]
	[ "$(rows sync ".pid == $parent and .count == 1 and .usecs > 0")" -eq 3 ]
	# With what it prints
	jq -e -s "map(select(.what == \"write\" and .pid == $parent).dist) | length == 1 and
		(.[0] | .unit == \"bytes\" and .count == 14 and .sum == 39 + $(wc -c < $work/want) and
		(.buckets[0] | .low == 2 and .count == 13))" $out
	jq -e -s "map(select(.what == \"sleep\" and .pid == $parent).dist) | length == 1 and
		(.[0] | .unit == \"usecs\" and .count == 4 and .sum >= 4000)" $out
}

# ---- C in place of one probe, and not of the others ----

test_dummyboth_shows_programs_and_renames() {
	with_dummies both_are_seen
}

# true is executed thrice, and mv renames twice.
both_are_seen() {
	local i
	start dummyboth --json
	for i in 1 2 3; do
		/bin/true $i
	done
	echo > /tmp/lw-dummy/1
	mv /tmp/lw-dummy/1 /tmp/lw-dummy/2
	mv /tmp/lw-dummy/2 /tmp/lw-dummy/3
	finish
	jq -c 'select(.comm == "true") | [.ret, .args]' $out > $work/got
	printf '[0,["/bin/true","%s"]]\n' 1 2 3 > $work/want
	same $work/want $work/got
	jq -c 'select(.comm == "mv") | .ret' $out | tr '\n' ' ' > $work/got
	printf '0 1 0 1 ' > $work/want
	same $work/want $work/got
}

# ---- errors ----

test_dummywrong_shows_empty_fields_and_takes_no_time_for_one() {
	with_dummies wrong_fields_are_empty
}

# io does 47 calls of getuid(2) and 124 of getppid(2).
wrong_fields_are_empty() {
	start dummywrong --json
	/lw/tests/io calls
	finish
	jq -e -s 'length == 2' $out
	jq -e -s 'map(select(.what == "count")) | length == 1 and
		(.[0] | .first == 0 and .count >= 47 and (.name | length > 0) and .dist == null)' $out
	jq -e -s 'map(select(.what == "dist")) | length == 1 and
		(.[0] | .first == 0 and .count == 0 and .name == "" and .dist.count >= 47)' $out
	jq -e -s '.[1].dist // .[0].dist | .unit == "aunitthatislonge"' $out
	not grep -v tracing $err
}
