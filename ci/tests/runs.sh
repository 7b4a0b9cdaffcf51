# shellcheck shell=bash
# runs.sh - several runs of one tool at the same time
# shellcheck disable=SC2034,SC2154,SC2086 # names for lib.sh and from it; none has a space

# begin_run NAME [OPTION...] - begins a run of opensnoop, whose files and process have that name
declare -A pids
begin_run() {
	local name=$1
	shift
	: > $work/$name.err
	lwload opensnoop "$@" --json --verbose > $work/$name.out 2> $work/$name.err < /dev/null &
	pids[$name]=$!
	await tracing $work/$name.err 30
}

# end_run NAME - ends it, and returns its status; it has said nothing but that it traces, and what --where left out
end_run() {
	kill -INT ${pids[$1]}
	wait ${pids[$1]} || return
	not grep -v -e tracing -e 'did not meet --where' $work/$1.err
}

# opens COUNT FILE [USER] - opens a file so many times
opens() {
	# shellcheck disable=SC2016 # the inner shell expands it
	setpriv --reuid "${3-0}" --regid "${3-0}" --clear-groups bash -c 'for ((i = 0; i < $1; i++)); do : < "$2"; done' opens $1 $2
}

# saw NAME COUNT FILE - does that run have so many records of that file, and none of the other test files?
saw() {
	[ "$(grep -c "\"$3\"" $work/$1.out)" -eq $2 ] && not grep -v "\"$3\"" $work/$1.out
}

inserted() {
	sed -n 's/^lw_\(opensnoop[_0-9]*\) .*/\1/p' /proc/modules | sort | paste -sd ' '
}

prepare_files() {
	local name
	for name; do
		echo x > /tmp/runs-$name
	done
}

test_runs_of_two_users_see_each_their_own() {
	prepare_files a b
	begin_run one --uid 1001 --where path=/tmp/runs-a
	begin_run two --uid 1002 --where path=/tmp/runs-b
	[ "$(inserted)" = 'opensnoop opensnoop_2' ]
	lwload status > $work/status
	opens 13 /tmp/runs-a 1001
	opens 17 /tmp/runs-b 1002
	opens 19 /tmp/runs-a
	end_run one
	opens 11 /tmp/runs-b 1002
	end_run two
	grep -qE "^opensnoop +running +${pids[one]} +root .* lwload opensnoop --uid 1001 " $work/status
	grep -qE "^opensnoop_2 +running +${pids[two]} +root .* lwload opensnoop --uid 1002 " $work/status
	saw one 13 /tmp/runs-a
	saw two 28 /tmp/runs-b
	nothing_is_inserted
}

# times_over COUNT COMMAND...
times_over() {
	local i
	for ((i = 0; i < $1; i++)); do
		"${@:2}" > /dev/null
	done
}

# The names of the programs differ.
test_runs_of_eight_at_once() {
	local i counts=(0 2 3 5 7 11 13 17 19)
	for i in 1 2 3 4 5 6 7 8; do
		cp /bin/cat $work/eight$i
		begin_run run$i --process eight$i --where path=/etc/hostname
	done
	[ "$(inserted)" = 'opensnoop opensnoop_2 opensnoop_3 opensnoop_4 opensnoop_5 opensnoop_6 opensnoop_7 opensnoop_8' ]
	exits 1 'opensnoop: running: 8 runs' lwload opensnoop
	lwload status > $work/status
	[ "$(grep -c ' running ' $work/status)" -eq 8 ]
	for i in 1 2 3 4 5 6 7 8; do
		times_over ${counts[i]} $work/eight$i /etc/hostname
	done
	for i in 8 1 5 3 2 7 4 6; do
		kill -INT ${pids[run$i]}
		wait ${pids[run$i]}
	done
	for i in 1 2 3 4 5 6 7 8; do
		saw run$i ${counts[i]} /etc/hostname
	done
	nothing_is_inserted
}

# The others go on; the next run takes the place and removes what the killed one has left.
test_runs_when_one_is_killed() {
	prepare_files a
	begin_run one --where path=/tmp/runs-a
	begin_run two --where path=/tmp/runs-a
	begin_run three --where path=/tmp/runs-a
	kill -KILL ${pids[two]}
	wait ${pids[two]} || :
	opens 7 /tmp/runs-a
	lwload status > $work/status
	lwload opensnoop --duration 0.3 > $out 2> $work/next
	exits 2 "opensnoop has 2 runs: opensnoop_1 (pid ${pids[one]}), opensnoop_3 (pid ${pids[three]})" lwload stop opensnoop
	prints 0 "opensnoop_3: stopped (pid ${pids[three]})" lwload stop ${pids[three]}
	wait ${pids[three]}
	end_run one
	grep -qE '^opensnoop_2 +left ' $work/status
	says 'opensnoop: removed module lw_opensnoop_2' $work/next
	saw one 7 /tmp/runs-a
	saw three 7 /tmp/runs-a
	nothing_is_inserted
}

test_runs_that_begin_at_the_same_moment() {
	local i j
	dmesg -C
	for i in 1 2 3 4 5; do
		for j in 1 2 3; do
			lwload opensnoop --duration 0.5 > $work/out$j 2> $work/err$j < /dev/null &
			pids[$j]=$!
		done
		for j in 1 2 3; do
			wait ${pids[$j]}
			[ ! -s $work/err$j ]
			[ -s $work/out$j ]
		done
		nothing_is_inserted
	done
	# They ran at the same time.
	dmesg | grep -q 'lw_opensnoop_3 '
}

# has_kept RUN COUNT
has_kept() {
	[ "$(lwload dump $1 | grep -c /tmp/runs-a)" -eq $2 ]
}

# Two recorders, by name and by process
test_runs_of_two_recorders() {
	prepare_files a
	lwload start opensnoop --where path=/tmp/runs-a > $work/first
	lwload start opensnoop --where path=/tmp/runs-a --uid 1001 > $work/second
	opens 3 /tmp/runs-a
	opens 4 /tmp/runs-a 1001
	eventually 10 has_kept opensnoop_2 4
	eventually 10 has_kept opensnoop_1 7
	exits 2 'opensnoop has 2 runs: opensnoop_1 (pid *), opensnoop_2 (pid *)' lwload dump opensnoop
	lwload dump opensnoop_2 > $work/dump
	lwload dump "$(sed 's/.*pid \([0-9]*\).*/\1/' $work/first)" > $work/dump1
	lwload stop --all opensnoop > $work/stopped
	says 'opensnoop: recording (pid ' $work/first
	says 'opensnoop_2: recording (pid ' $work/second
	[ "$(grep -c /tmp/runs-a $work/dump)" -eq 4 ]
	[ "$(grep -c /tmp/runs-a $work/dump1)" -eq 7 ]
	[ "$(grep -c 'recorder stopped' $work/stopped)" -eq 2 ]
	prints 0 '' lwload status
	nothing_is_inserted
}

# runs_of TOOL COUNT - begins so many and ends them
runs_of() {
	local i
	for ((i = 0; i < $2; i++)); do
		: > $work/err$i
		lwload $1 --verbose > $work/out$i 2> $work/err$i < /dev/null &
		pids[$i]=$!
		await tracing $work/err$i 30
	done
	[ "$(grep -c '^lw_' /proc/modules)" -eq $2 ]
	for ((i = 0; i < $2; i++)); do
		kill -INT ${pids[$i]}
	done
	for ((i = 0; i < $2; i++)); do
		wait ${pids[$i]}
	done
	nothing_is_inserted
}

# weblatency has most of what all modules share: variables of each processor.
test_runs_of_each_tool() {
	local tool
	for tool in $(lwload list | awk '{ print $1 }'); do
		runs_of $tool 2
	done
	runs_of weblatency 8
}

# Files of metrics of two runs would have the same names.
test_runs_that_write_metrics() {
	mkdir -p $work/metrics
	lwload bitesize 1 --metrics $work/metrics/a.prom --verbose > $out 2> $err &
	lwload=$!
	await tracing $err
	exits 1 "bitesize: another run *metrics (pid $lwload)" lwload bitesize --metrics $work/metrics/b.prom
	finish
	[ -z "$(ls $work/metrics)" ]
}

# The one shows all calls, the other those that move most bytes: the same ones, in that order.
test_runs_with_all_and_with_the_top() {
	start fsslower --json -m 0 -n io --fields bytes,offset
	mv $out $work/all
	pids[all]=$lwload
	start fsslower --json -m 0 -n io --fields bytes,offset --sort bytes --top 7
	/lw/tests/io files
	kill -INT ${pids[all]}
	wait ${pids[all]}
	finish
	says '32 records *--top, 7 shown' $err
	jq -c -s 'sort_by(-.bytes)[:7][]' $work/all > $work/want
	same $work/want $out
}

# A later run takes the first place, which is free, and removes what is left in another.
test_runs_sweep_what_killed_ones_have_left() {
	begin_run one --uid 1001
	begin_run two --uid 1001
	kill -KILL ${pids[two]}
	wait ${pids[two]} || :
	end_run one
	[ "$(inserted)" = opensnoop_2 ]
	prints 0 'running    warn a killed run has left module lw_opensnoop_2' lwload check opensnoop
	lwload opensnoop --duration 0.3 > $out 2> $err
	says 'opensnoop: removed module lw_opensnoop_2' $err
	nothing_is_inserted
}
