# shellcheck shell=bash
# runqslower.sh - tests of runqslower: its waits are those that the kernel keeps of each task, and its options
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# The sum is of microseconds, each cut from nanoseconds that were cut to 64.
test_runqslower_adds_up_to_what_the_kernel_keeps() {
	local delay kept sum count
	crowd 2 taskset -c 0
	start runqslower --json -m 0
	napper 101 taskset -c 0
	finish
	read -r sum count < <(jq -r -s "map(select(.pid == $pid) | .us) | \"\(add) \(length)\"" $out)
	read -r _ delay kept < /proc/$pid/schedstat
	end_napper
	uncrowd
	echo "$count waits, $sum us; the kernel has $kept, $delay ns"
	[ "$count" -eq "$kept" ]
	[ $((delay - 1000 * sum)) -ge -100 ]
	[ $((delay - 1000 * sum)) -le $((1100 * count)) ]
}

# Two tasks that never sleep take the processor by turns.
test_runqslower_P_shows_who_had_the_processor() {
	crowd 2 taskset -c 0
	start runqslower --json -m 500 -P -p ${crowded[0]}
	eventually 60 has_lines 20 $out
	finish
	uncrowd
	jq -e -s "length >= 3 and all(.us >= 500 and .pid == ${crowded[0]})" $out
	# The other one had it most of the time.
	jq -e -s "(map(select(.prevtid == ${crowded[1]} and .prevcomm == .comm)) | length) * 2 > length" $out
}

test_runqslower_m_and_T_show_slow_ones_with_times() {
	crowd 3 taskset -c 0
	start runqslower -T -m 1000 -t ${crowded[0]}
	eventually 60 has_lines 5 $out
	finish
	uncrowd
	head -n 1 $out | grep -qE '^TIME +UID +PID +COMM +TID +US$'
	grep -qE "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9][.][0-9]{3} +0 +${crowded[0]} +[^ ]+ +${crowded[0]} +[0-9]{4,}$" $out
	[ "$(tail -n +2 $out | grep -cvE "^[^ ]+ +0 +${crowded[0]} ")" -eq 0 ]
	# No task waits for half an hour.
	start runqslower --json -m 2147483647
	pause 1
	finish
	[ ! -s $out ]
}

# Turns while a task has another name are not added to the next one that is wanted.
test_runqslower_comm_forgets_what_was_not_wanted() {
	cat > $work/renamed <<- 'END'
		work() {
			local end=$(($(date +%s%N) + 1000000 * $1))
			while [ "$(date +%s%N)" -lt $end ]; do :; done
		}
		echo again > /proc/$$/comm
		work 200
		echo other > /proc/$$/comm
		work 3000
		echo again > /proc/$$/comm
		work 200
	END
	crowd 2 taskset -c 0
	start runqslower --json -m 0 --comm again
	taskset -c 0 bash $work/renamed
	finish
	uncrowd
	# The processor was shared with two others, and no single wait is so long.
	jq -e -s 'length > 0 and all(.us < 500000)' $out
}

# Only few of the deeds wait so long; see whose.sh. The first thread of the source whose other thread has another name is wanted.
runqslower_of_one_source() {
	records runqslower 'map(select(.comm != "ap-x")) | all(.pid == PID)'
}
