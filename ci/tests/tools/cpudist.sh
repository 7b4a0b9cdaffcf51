# shellcheck shell=bash
# cpudist.sh - tests of cpudist: its times are those that the kernel keeps of each task
# shellcheck disable=SC2154,SC2086 # names from lib.sh; none has a space

# lengths_of_napper - prints their sum in microseconds and their count
lengths_of_napper() {
	jq -r "select(.pid == $pid) | .length | \"\(.sum) \(.count)\"" $out
}

# The kernel leaves out the time of interrupts.
test_cpudist_adds_up_to_what_the_kernel_keeps() {
	local sum count ran kept
	crowd 2 taskset -c 0
	start cpudist --json -P
	napper 101 taskset -c 0
	finish
	read -r sum count < <(lengths_of_napper)
	read -r ran _ kept < /proc/$pid/schedstat
	end_napper
	uncrowd
	echo "$sum us, $count times; the kernel has $ran ns, $kept times"
	[ "$count" -eq "$kept" ]
	[ $((1000 * sum)) -ge $((ran * 9 / 10)) ]
	[ $((1000 * sum)) -le $((ran * 3)) ]
	jq -e -s 'all(.pid > 0)' $out
}

# It sleeps 5 ms each time, but on a slow machine the time may be over before it leaves the processor. It is without a
# processor once less than it has one.
test_cpudist_O_counts_sleep() {
	local sum count kept before
	start cpudist --json -O -P
	before=$(date +%s%N)
	napper 101
	finish
	read -r sum count < <(lengths_of_napper)
	read -r _ _ kept < /proc/$pid/schedstat
	end_napper
	echo "$sum us, $count times; the kernel has $kept times"
	[ "$count" -eq $((kept - 1)) ]
	[ "$sum" -ge 400000 ]
	[ $((1000 * sum)) -le $(($(date +%s%N) - before)) ]
	jq -e -s "map(select(.pid == $pid)) | .[0].length.buckets | map(select(.low >= 4096).count) | add >= 80" $out
}

test_cpudist_has_one_distribution_of_all() {
	local seconds
	seconds=$(stretched 1)
	crowd 1
	start cpudist -m "$seconds" 2
	wait $lwload
	uncrowd
	[ "$(grep -c 'msecs  *: count *distribution' $out)" -eq 2 ]
}

# PID did each of its deeds 3 times; see whose.sh. The first thread of the source whose other thread has another name is wanted.
cpudist_of_one_source() {
	records cpudist 'map(select(.comm != "ap-x")) | length == 1 and .[0].pid == PID and .[0].length.count >= 3'
}
