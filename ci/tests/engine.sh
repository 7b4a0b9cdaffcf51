# shellcheck shell=bash
# engine.sh - a run starts, ends and fails as lwload(8) says, and leaves nothing
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

test_the_guest_has_no_compiler_headers_or_stap() {
	local name
	for name in cc gcc clang make as ld stap staprun stapio; do
		not command -v $name
	done
	[ ! -e "/lib/modules/$(uname -r)/build" ]
	[ -z "$(find /usr/src -mindepth 1 2>/dev/null)" ]
}

test_lwload_needs_no_library() {
	ldd /usr/sbin/lwload > $out 2>&1 || :
	grep -q 'statically linked' $out
}

stops_on() {
	local status=0
	start opensnoop -n workload
	$workload opens > $work/all
	finish "$1" || status=$?
	[ $status -eq 0 ]
	[ "$(wc -l < $out)" -eq 25 ]
}

test_stops_on_SIGINT() { stops_on INT; }
test_stops_on_SIGTERM() { stops_on TERM; }
test_stops_on_SIGHUP() { stops_on HUP; }

test_SIGHUP_begins_the_output_anew() {
	start opensnoop --json -n workload --output $work/rows
	$workload repeat 97 /etc/hostname
	eventually 10 grep -q hostname $work/rows
	mv $work/rows $work/rows.1
	kill -HUP $lwload
	eventually 10 test -e $work/rows
	$workload repeat 89 /etc/passwd
	finish
	[ "$(cat $work/rows.1 $work/rows | grep -c /etc/hostname)" -eq 97 ]
	[ "$(grep -c /etc/passwd $work/rows)" -eq 89 ]
	not grep /etc/passwd $work/rows.1
}

test_stops_when_its_reader_is_gone() {
	local status
	set +e
	# A reader that takes the heading and goes; then one that goes while all is quiet.
	(lwload opensnoop -n nobody; echo $? > $work/status) 2> $err | head -n 1 > $out
	set -e
	status=$(cat $work/status)
	[ "$status" -eq 0 ]
	[ ! -s $err ]
	[ "$(wc -l < $out)" -eq 1 ]
}

test_stops_after_a_duration() {
	local before after
	before=$(date +%s%N)
	lwload opensnoop -n nobody --duration 1.5 > $out
	after=$(date +%s%N)
	[ $((after - before)) -ge 1500000000 ]
	[ $((after - before)) -le 60000000000 ]
}

test_stops_after_a_count() {
	start opensnoop --json -n workload -c 7
	$workload opens > $work/all
	wait $lwload
	[ "$(wc -l < $out)" -eq 7 ]
}

test_loses_nothing_after_the_signal() {
	start opensnoop --json -n workload
	$workload repeat 997 /etc/hostname
	finish
	[ "$(wc -l < $out)" -eq 997 ]
}

test_keeps_the_order_of_both_cpus() {
	start opensnoop --json -n workload
	taskset -c 0 $workload repeat 499 /etc/hostname &
	taskset -c 1 $workload repeat 499 /etc/passwd
	wait $!
	finish
	[ "$(jq -s 'map(select(.path == "/etc/hostname")) | length' $out)" -eq 499 ]
	[ "$(jq -s 'map(select(.path == "/etc/passwd")) | length' $out)" -eq 499 ]
	jq -r .time $out > $work/got
	sort $work/got > $work/want
	# Numbers are taken when a record is finished, a moment after its time.
	[ "$(diff $work/want $work/got | grep -c '^<')" -le 20 ]
}

test_shows_a_single_event_within_300_ms() {
	local made shown percent
	lwload opensnoop -n workload --verbose 2> $err < /dev/null | $workload stamp > $out &
	await tracing $err
	pause 1
	made=$($workload once /etc/hostname)
	pause 1
	pkill -INT -x lwload
	wait
	shown=$(sed -n 's/ .*hostname$//p' $out)
	echo "shown $(((shown - made) / 1000)) us later"
	[ $((shown - made)) -gt 0 ]
	read -r _ percent < $pace
	[ $((shown - made)) -lt $((percent * 3000000)) ]
}

start_into_pipe() {
	lwload opensnoop -n workload --verbose "$@" > $work/pipe 2> $err < /dev/null &
	lwload=$!
	await tracing $err
}

test_counts_lost_records_and_says_so() {
	local status=0
	# The reader stands still while more comes than the buffers hold.
	hold_pipe
	start_into_pipe --buffer 1
	$workload repeat 60000 /etc/hostname
	finish || status=$?
	release
	says 'warning: opensnoop: *records*lost*shown' $err
	# The workload's first steps open a file or two more.
	lost=$(sed -n 's/.*: \([0-9]*\) records .*lost.* \([0-9]*\) shown.*/\1 + \2/p' $err)
	[ $((lost)) -ge 60000 ]
	[ $((lost)) -le 60100 ]
	[ $status -eq 5 ]
}

test_ends_though_its_reader_stands_still() {
	local before after status=0
	hold_pipe
	start_into_pipe
	$workload repeat 5000 /etc/hostname
	before=$(date +%s%N)
	finish || status=$?
	after=$(date +%s%N)
	release
	# Records that the reader did not take are lost.
	[ $status -eq 5 ]
	[ $((after - before)) -lt 60000000000 ]
}

test_changes_no_kernel_setting() {
	sysctl -a 2>/dev/null | grep -E 'kptr_restrict|kprobes-optimization' > $work/want
	[ "$(wc -l < $work/want)" -ge 1 ]
	lwload opensnoop --duration 0.3 > $out
	sysctl -a 2>/dev/null | grep -E 'kptr_restrict|kprobes-optimization' > $work/got
	same $work/want $work/got
}

test_works_where_kptr_restrict_is_2() {
	sysctl -q kernel.kptr_restrict=2
	start opensnoop -n workload
	$workload once /etc/hostname
	finish
	[ "$(sysctl -n kernel.kptr_restrict)" -eq 2 ]
	sysctl -q kernel.kptr_restrict=0
	grep -q /etc/hostname $out
}

test_uses_no_shell_and_no_helper() {
	start execsnoop --json
	lwload opensnoop --duration 0.3 > /dev/null
	finish
	# start() itself waits by these two programs.
	jq -r '.args[0] | select(. != "grep" and . != "sleep")' $out > $work/got
	echo lwload > $work/want
	same $work/want $work/got
}

test_three_tools_run_at_once() {
	local others
	start execsnoop --json
	others=$lwload
	mv $out $work/execs
	start killsnoop --json
	others="$others $lwload"
	mv $out $work/kills
	start opensnoop --json
	kill -0 $$
	/bin/true
	sleep 0.2
	finish
	for lwload in $others; do
		finish
	done
	[ -s $out ]
	[ -s $work/execs ]
	[ -s $work/kills ]
}

test_removes_the_leftover_of_a_killed_run() {
	start opensnoop
	kill -KILL $lwload
	wait $lwload || :
	lsmod | grep -q '^lw_opensnoop '
	start opensnoop -n workload
	$workload once /etc/hostname
	finish
	says 'warning: opensnoop: removed*lw_opensnoop' $err
	grep -q /etc/hostname $out
}

test_twenty_runs_leave_nothing() {
	local i
	for i in $(seq 20); do
		lwload opensnoop --duration 0.05 > /dev/null || { echo "run $i"; return 1; }
	done
}

test_lists_the_tools() {
	lwload list > $out
	awk '{ print $1 }' $out | sort > $work/got
	find "/lib/modules/$(uname -r)/systemtap" -name 'lw_*.ko' | sed 's/.*lw_\(.*\).ko/\1/' | sort > $work/want
	same $work/want $work/got
	[ "$(grep -Ec '^[a-z0-9]+ +[a-z]' $out)" -eq "$(wc -l < $out)" ]
}

test_tells_about_a_tool() {
	lwload info opensnoop > $out
	grep -qx "tool:      opensnoop" $out
	grep -q "^vermagic:  $(uname -r) " $out
	grep -qF "$(uname -v)" $out
}

test_helps_with_each_tool() {
	local tool
	for tool in $(lwload list | awk '{ print $1 }'); do
		lwload "$tool" --help > $out
		grep -q "^usage: lwload $tool" $out
		grep -q -- '--duration' $out
		sed -i '/^options of every tool:/,/^$/d; /^options that choose tasks/,/^$/d; /^fields that --/,/^$/d' $out
		sed -n "/^# lwload $tool --help/,/^lwload(8) has/{//!p}" /usr/share/doc/lwtools/examples/${tool}_example.txt |
			diff - $out
	done
	lwload --help | grep -q '^usage: lwload TOOL'
	lwload --version | grep -qE '^lwload [0-9]+[.][0-9]+'
}
