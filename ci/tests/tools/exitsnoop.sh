# shellcheck shell=bash
# exitsnoop.sh - tests of exitsnoop: ends of processes in each way, as wait(2) tells them, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# ends_of PPID - prints the ends of this process's children
ends_of() {
	jq -c "select(.ppid == $1) | {pid, ppid, code, signal, core}" $out
}

# Before Linux 6.0, the code of a process whose threads all end at once, the last one here, may not be known yet.
unknown_may_be_last() {
	case $(uname -r) in
	5.*) ! tail -n 1 $work/got | grep -q '"code":null' || { sed -i '$d' $work/got && tail -n 1 $work/want >> $work/got; } ;;
	esac
}

test_exitsnoop_sees_11_ends_as_wait_tells_them() {
	local exits
	start exitsnoop --json
	(cd $work && exec /lw/tests/exits) > $work/told
	finish
	exits=$(jq -s '.[0].ppid' $work/told)
	jq -c 'del(.most)' $work/told > $work/want
	[ "$(wc -l < $work/want)" -eq 11 ]
	ends_of "$exits" > $work/got
	unknown_may_be_last
	same $work/want $work/got
	# A process lives no longer than its parent waits. The fourth sleeps 300 ms.
	jq -e -s --slurpfile told $work/told "map(select(.ppid == $exits) | .ms) as \$ms |
		(\$ms | length) == 11 and all(range(11); \$ms[.] <= \$told[.].most) and \$ms[3] >= 300" $out
	# One of them has executed /proc/self/exe.
	jq -e -s "map(select(.ppid == $exits)) | all(.uid == 0 and .tid == null) and
		(map(.comm) | group_by(.) | map([.[0], length]) == [[\"exe\", 1], [\"exits\", 10]])" $out
}

test_exitsnoop_x_shows_failures_only() {
	start exitsnoop --json -x
	(cd $work && exec /lw/tests/exits) > $work/told
	finish
	jq -c 'select(.code != 0 or .signal != "") | del(.most)' $work/told > $work/want
	[ "$(wc -l < $work/want)" -ge 8 ]
	ends_of "$(jq -s '.[0].ppid' $work/told)" > $work/got
	unknown_may_be_last
	same $work/want $work/got
	jq -e -s 'all(.code != 0 or .signal != "")' $out
}

# The main thread keeps the process's name; four others have names of their own.
test_exitsnoop_T_shows_each_thread() {
	start exitsnoop --json -T
	$io threads &
	pid=$!
	wait $pid
	finish
	jq -e -s "map(select(.pid == $pid)) | (map(.tid) | unique | length) == 5
		and (map(.comm) | sort) == [\"connection\", \"ib_io\", \"io\", \"page_cleaner\", \"signal\"]
		and (map(select(.tid == .pid) | .comm) == [\"io\"])" $out
}

test_exitsnoop_p_and_t() {
	mkfifo $work/go
	bash -c "read -r < $work/go; exit 3" &
	pid=$!
	start exitsnoop -t -p $pid
	/bin/true
	echo go > $work/go
	wait $pid || :
	finish
	[ "$(wc -l < $out)" -eq 2 ]
	grep -qE "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9][.][0-9]{3} +0 +$pid +$BASHPID +bash +[0-9.]+ +3 +0$" $out
}

# PID did each of its deeds 3 times, and ran a program; see whose.sh.
exitsnoop_of_one_source() {
	records exitsnoop 'map(.pid) == [PID]'
}
